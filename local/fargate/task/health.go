package task

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fargate-stack/local/fargate/loadbalancer"
	"fargate-stack/local/fargate/scheduler"
)

// Condition tells whether the task does its work: its containers by their own
// health checks, and its targets by those of the load balancer. A task is
// healthy when all that is checked is.
func (t *Task) Condition() scheduler.Condition {
	record := t.Record()
	if aws.ToString(record.LastStatus) != running {
		return scheduler.Condition{Health: types.HealthStatusUnknown}
	}
	if record.HealthStatus == types.HealthStatusUnhealthy {
		return scheduler.Condition{Health: types.HealthStatusUnhealthy, Reason: scheduler.FailedHealthChecks + "container health checks"}
	}
	condition := scheduler.Condition{Health: types.HealthStatusHealthy}
	if record.HealthStatus == types.HealthStatusUnknown && slices.ContainsFunc(t.definition.ContainerDefinitions, isChecked) {
		condition.Health = types.HealthStatusUnknown
	}
	for _, entry := range t.targets {
		health := t.launcher.targetHealth(entry)
		switch health.State {
		case elbtypes.TargetHealthStateEnumHealthy:
		case elbtypes.TargetHealthStateEnumUnhealthy:
			return scheduler.Condition{Health: types.HealthStatusUnhealthy, Reason: fmt.Sprintf(
				"%sELB health checks in (target-group %s) due to (reason %s)", scheduler.FailedHealthChecks, entry.group, health.Description)}
		default:
			condition.Health = types.HealthStatusUnknown
		}
	}
	return condition
}

// targetHealth returns what the load balancer says of a target.
func (l *Launcher) targetHealth(entry target) loadbalancer.TargetHealth {
	for _, health := range l.Balancers.Health(entry.group) {
		if health.Target == entry.Target {
			return health
		}
	}
	return loadbalancer.TargetHealth{}
}
