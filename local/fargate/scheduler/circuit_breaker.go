package scheduler

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// ECS lets a deployment fail after half as many failed tasks as are desired,
// but never after fewer or more than these.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
const (
	fewestFailures = 3
	mostFailures   = 200
)

func (s *service) failureThreshold() int32 {
	return min(max((s.record.DesiredCount+1)/2, fewestFailures), mostFailures)
}

func (s *service) circuitBreaker() types.DeploymentCircuitBreaker {
	if c := s.record.DeploymentConfiguration.DeploymentCircuitBreaker; c != nil {
		return *c
	}
	return types.DeploymentCircuitBreaker{}
}

func (s *service) circuitBreakerStatus(d *deployment) types.ServiceDeploymentRollbackMonitorsStatus {
	switch {
	case !s.circuitBreaker().Enable:
		return types.ServiceDeploymentRollbackMonitorsStatusDisabled
	case d.RolloutState == types.DeploymentRolloutStateFailed:
		return types.ServiceDeploymentRollbackMonitorsStatusTriggered
	case d.underWay():
		return types.ServiceDeploymentRollbackMonitorsStatusMonitoring
	default:
		return types.ServiceDeploymentRollbackMonitorsStatusMonitoringComplete
	}
}

// forgetFailures begins to count anew: what counts is how many tasks fail
// without one that becomes healthy.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentCircuitBreaker.html
func (s *service) forgetFailures(d *deployment) {
	if reset := s.circuitBreaker().ResetOnHealthyTask; d.inProgress() && (reset == nil || *reset) {
		d.FailedTasks = 0
	}
}

// breakCircuit ends a deployment of which too many tasks have failed, and
// goes back to the last one that was completed.
func (s *service) breakCircuit(d *deployment) {
	breaker := s.circuitBreaker()
	if !breaker.Enable || d.FailedTasks < s.failureThreshold() {
		return
	}
	now := s.scheduler.options.Now()
	const reason = "ECS deployment circuit breaker: tasks failed to start."
	d.enter(now, types.DeploymentRolloutStateFailed, reason)
	s.tell("(deployment %s) deployment failed: tasks failed to start.", *d.Id)
	switch latest := s.history[0]; {
	case latest != d: // d is what the service was going back to
		latest.conclude(now, types.ServiceDeploymentStatusRollbackFailed, reason)
	case breaker.Rollback && s.completed != nil:
		s.rollBack(d)
	default:
		d.conclude(now, types.ServiceDeploymentStatusStopped, reason)
	}
}

// rollBack makes the last completed deployment the primary one again.
func (s *service) rollBack(failed *deployment) {
	now := s.scheduler.options.Now()
	back := s.completed
	reason := fmt.Sprintf("ECS deployment circuit breaker: rolling back to deploymentId %s.", *back.Id)
	failed.Status = aws.String(statusActive)
	failed.history.Status = types.ServiceDeploymentStatusRollbackInProgress
	failed.history.StatusReason = &reason
	failed.history.UpdatedAt = &now
	failed.history.Rollback = &types.Rollback{Reason: &reason, StartedAt: &now, ServiceRevisionArn: back.history.TargetServiceRevision.Arn}
	back.Status = aws.String(statusPrimary)
	back.FailedTasks = 0
	back.DesiredCount = s.record.DesiredCount
	back.enter(now, types.DeploymentRolloutStateInProgress, reason)
	if !slices.Contains(s.deployments, back) {
		s.deployments = append(s.deployments, back)
	}
	setLaunchSettings(&s.record, back.settings)
	s.tell("rolling back to deployment %s.", *back.Id)
}
