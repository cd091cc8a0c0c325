package guardrails

import (
	"fmt"

	"fargate-stack/preview/plan"
)

// capacities are about how much load the app takes, and what it survives.
var capacities = []rule{
	{
		Danger, "A protected stack has a single task: the app is down while that one is replaced, or its zone is lost.",
		"Set minimumTaskCount to 2 or more.",
		singleTask,
	},
	{
		Caution, "Fewer tasks run, or may run.",
		"Look at the dashboard how many there were under load.",
		anyOf(
			lowered(scalableTarget, "minCapacity"), lowered(scalableTarget, "maxCapacity"),
			lowered(scheduledAction, "scalableTargetAction.minCapacity"),
			lowered(scheduledAction, "scalableTargetAction.maxCapacity"),
			lowered(ecsService, "desiredCount"),
		),
	},
	{
		Caution, "The number of tasks no longer follows the load.",
		"Make sure that minimumTaskCount is enough for the highest load.",
		anyOf(deleted(scalableTarget, "aws:appautoscaling/policy:Policy")),
	},
	{
		Caution, "Tasks get smaller.",
		"Look in CloudWatch how much CPU and memory they use.",
		anyOf(lowered(taskDefinition, "cpu"), lowered(taskDefinition, "memory")),
	},
	{
		Caution, "The app is in fewer zones: it loses more with one of them.",
		"Keep three zones for an app that has to stay up.",
		anyOf(fewerZones),
	},
}

// singleTask finds a stack that would have one task and deletion protection, and
// does not now.
func singleTask(p *plan.Plan, s *plan.Step) string {
	if s.Type != loadBalancer || s.After("enableDeletionProtection") != true || tasks(p, (*plan.Step).After) != 1 {
		return ""
	}
	if s.Before("enableDeletionProtection") == true && tasks(p, (*plan.Step).Before) == 1 {
		return ""
	}
	return "is protected, and has a single task behind it"
}

// tasks returns the fewest tasks that run, as autoscaling has it where there is
// any, and 0 where it is not known.
func tasks(p *plan.Plan, side func(*plan.Step, string) any) float64 {
	for _, of := range []struct{ typ, property string }{{scalableTarget, "minCapacity"}, {ecsService, "desiredCount"}} {
		for _, step := range p.Find(of.typ) {
			if count, ok := side(step, of.property).(float64); ok {
				return count
			}
		}
	}
	return 0
}

func fewerZones(s *plan.Step) string {
	before, after := len(list(s.Before("subnets"))), len(list(s.After("subnets")))
	if s.Type != loadBalancer || s.New == nil || after == 0 || after >= before {
		return ""
	}
	return fmt.Sprintf("is in %d zones, was in %d", after, before)
}
