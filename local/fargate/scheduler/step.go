package scheduler

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// step takes the service one step towards what is wanted of it. Each part
// looks at the tasks as they are, so that it does not matter what came before.
func (s *service) step() {
	if aws.ToString(s.record.Status) == statusInactive {
		return
	}
	s.welcome()
	s.replaceUnhealthy()
	s.countFailures()
	if aws.ToString(s.record.Status) == statusDraining {
		s.end()
		return
	}
	s.launch()
	s.retire()
	s.complete()
}

// welcome tells of tasks that have become ready for requests.
func (s *service) welcome() {
	for _, t := range s.tasks {
		if t.welcomed || !t.healthy() {
			continue
		}
		t.welcomed = true
		for _, balancer := range t.deployment.settings.LoadBalancers {
			s.tell("registered 1 targets in (target-group %s)", aws.ToString(balancer.TargetGroupArn))
		}
	}
}

// replaceUnhealthy stops tasks that fail their health checks, once their time
// of grace is over.
func (s *service) replaceUnhealthy() {
	grace := time.Duration(aws.ToInt32(s.record.HealthCheckGracePeriodSeconds)) * time.Second
	for _, t := range s.tasks {
		condition := t.Condition()
		if !t.wanted() || condition.Health != types.HealthStatusUnhealthy {
			continue
		}
		started := t.Record().StartedAt
		if started == nil || s.scheduler.options.Now().Before(started.Add(grace)) {
			continue
		}
		s.tell("(task %s) %s", t.id(), condition.Reason)
		t.Stop(types.TaskStopCodeServiceSchedulerInitiated, "Task "+condition.Reason)
	}
}

// countFailures has the circuit breaker look at each task that has failed.
func (s *service) countFailures() {
	for _, t := range s.tasks {
		if t.counted || !t.failed() {
			continue
		}
		t.counted = true
		s.steady = false
		if d := t.deployment; d == s.primary() && d.inProgress() {
			d.FailedTasks++
			s.breakCircuit(d)
		}
	}
}

// launch launches as many tasks of the primary deployment as are missing, and
// fit under the maximum.
func (s *service) launch() {
	primary := s.primary()
	if primary == nil || primary.RolloutState == types.DeploymentRolloutStateFailed {
		return
	}
	_, maximum := s.bounds()
	missing := int(s.record.DesiredCount) - len(s.wanted(primary))
	room := maximum - len(s.wanted(nil))
	var launched []*task
	for range min(missing, room) {
		launched = append(launched, &task{deployment: primary, Task: s.scheduler.options.Launch(Launch{
			Service:        primary.settings,
			Deployment:     *primary.Id,
			TaskDefinition: *primary.TaskDefinition,
		})})
	}
	if len(launched) == 0 {
		return
	}
	s.tasks = append(s.tasks, launched...)
	s.steady = false
	s.tell("has started %d tasks:%s.", len(launched), list(launched))
}

// wanted returns the tasks that are to run, of a deployment or of all.
func (s *service) wanted(d *deployment) []*task {
	return s.choose(func(t *task) bool { return t.wanted() && (d == nil || t.deployment == d) })
}

func (s *service) choose(fits func(*task) bool) []*task {
	var chosen []*task
	for _, t := range s.tasks {
		if fits(t) {
			chosen = append(chosen, t)
		}
	}
	return chosen
}

// retire stops what is more than wanted: tasks of earlier deployments as far
// as enough healthy ones remain, and the latest of the primary's own when the
// service was scaled in.
func (s *service) retire() {
	minimum, maximum := s.bounds()
	primary := s.primary()
	wanted := s.wanted(nil)
	excess := len(wanted) - int(s.record.DesiredCount)
	if missing := int(s.record.DesiredCount) - len(s.wanted(primary)); missing > 0 && len(wanted) >= maximum {
		excess = max(excess, missing) // to make room for those that are missing
	}
	spare := len(s.choose((*task).healthy)) - minimum
	slices.SortStableFunc(wanted, func(a, b *task) int { return cmp.Compare(retirement(a, primary), retirement(b, primary)) })
	var stopped []*task
	for _, t := range wanted {
		if excess <= len(stopped) || t.deployment == primary && len(s.wanted(primary)) <= int(s.record.DesiredCount) {
			break
		}
		if t.healthy() {
			if spare <= 0 {
				continue
			}
			spare--
		}
		t.Stop(types.TaskStopCodeServiceSchedulerInitiated, s.reasonToStop(t))
		stopped = append(stopped, t)
	}
	if len(stopped) > 0 {
		s.tell("has begun draining connections on %d tasks.", len(stopped))
		s.tell("has stopped %d running tasks:%s.", len(stopped), list(stopped))
	}
}

// retirement orders tasks by who goes first: those of earlier deployments, of
// them the unhealthy ones, and then the latest.
func retirement(t *task, primary *deployment) int64 {
	const class = int64(1) << 62
	order := class/2 - t.Record().CreatedAt.Unix()
	if t.deployment == primary {
		order += class
	}
	if t.healthy() {
		order += class / 2
	}
	return order
}

func (s *service) reasonToStop(t *task) string {
	return fmt.Sprintf("Scaling activity initiated by (deployment %s)", *cmp.Or(s.primary(), t.deployment).Id)
}

// complete ends the rollout when the primary deployment has as many healthy
// tasks as wanted, and the tasks of all others are gone.
func (s *service) complete() {
	primary := s.primary()
	healthy := s.choose(func(t *task) bool { return t.deployment == primary && t.healthy() })
	if primary == nil || len(healthy) != int(s.record.DesiredCount) {
		return
	}
	s.deployments = slices.DeleteFunc(s.deployments, func(d *deployment) bool {
		return d != primary && len(s.choose(func(t *task) bool { return t.deployment == d && !t.stopped() })) == 0
	})
	if len(s.deployments) > 1 {
		return
	}
	if primary.inProgress() {
		outcome := types.ServiceDeploymentStatusSuccessful
		primary.settle(s.scheduler.options.Now(), types.DeploymentRolloutStateCompleted, outcome,
			fmt.Sprintf("ECS deployment %s completed.", *primary.Id))
		s.completed = primary
		s.rolledBack()
		s.tell("(deployment %s) deployment completed.", *primary.Id)
	}
	if !s.steady {
		s.steady = true
		s.tell("has reached a steady state.")
	}
}

// end makes a deleted service inactive when its tasks have stopped.
func (s *service) end() {
	running := s.choose(func(t *task) bool { return !t.stopped() })
	for _, t := range running {
		t.Stop(types.TaskStopCodeServiceSchedulerInitiated, "Service deleted")
	}
	if len(running) > 0 {
		return
	}
	s.record.Status = aws.String(statusInactive)
	s.deployments = nil
	s.scheduler.departed = append(s.scheduler.departed, s.tasks...)
	s.tasks = nil
}
