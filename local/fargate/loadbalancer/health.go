package loadbalancer

import "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

// A TargetHealth is the health of a target, as DescribeTargetHealth words it.
// A healthy target has neither reason nor description.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html
type TargetHealth struct {
	Target      Target
	State       types.TargetHealthStateEnum
	Reason      types.TargetHealthReasonEnum
	Description string
}

// health is what checks have found out about a target.
type health struct {
	state       types.TargetHealthStateEnum
	reason      types.TargetHealthReasonEnum
	description string

	// successes and failures are those in a row.
	successes, failures int
}

var (
	registering   = health{state: types.TargetHealthStateEnumInitial, reason: types.TargetHealthReasonEnumRegistrationInProgress, description: "Target registration is in progress"}
	initialHealth = health{state: types.TargetHealthStateEnumInitial, reason: types.TargetHealthReasonEnumInitialHealthChecking, description: "Initial health checks in progress"}
	notInUse      = health{state: types.TargetHealthStateEnumUnused, reason: types.TargetHealthReasonEnumNotInUse, description: "Target group is not configured to receive traffic from the load balancer"}
	draining      = health{state: types.TargetHealthStateEnumDraining, reason: types.TargetHealthReasonEnumDeregistrationInProgress, description: "Target deregistration is in progress"}
)

// after returns the health after one more check: failed is nil if it has
// succeeded. An initial target is healthy with its first success; an unhealthy
// one needs as many as the threshold says.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
func (h health) after(failed *failure, check healthCheck) health {
	if failed == nil {
		h.successes, h.failures = h.successes+1, 0
		if h.state == types.TargetHealthStateEnumInitial || h.successes >= check.healthyThreshold {
			return health{state: types.TargetHealthStateEnumHealthy, successes: h.successes}
		}
		return h
	}
	h.successes, h.failures = 0, h.failures+1
	if h.state == types.TargetHealthStateEnumUnhealthy || h.failures >= check.unhealthyThreshold {
		return health{state: types.TargetHealthStateEnumUnhealthy, reason: failed.reason, description: failed.description, failures: h.failures}
	}
	return h
}

func (g *targetGroup) health() []TargetHealth {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := make([]TargetHealth, 0, len(g.targets))
	for _, t := range g.targets {
		now := g.healthOf(t)
		all = append(all, TargetHealth{t.Target, now.state, now.reason, now.description})
	}
	return all
}

// healthOf returns the health of a target as it is told.
func (g *targetGroup) healthOf(t *target) health {
	switch {
	case t.draining:
		return draining
	case g.settings == nil:
		return registering
	case g.settings.loadBalancer == nil:
		return notInUse
	default:
		return t.health
	}
}
