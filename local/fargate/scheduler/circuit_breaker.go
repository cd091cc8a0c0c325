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
	if c := s.record.DeploymentConfiguration; c != nil && c.DeploymentCircuitBreaker != nil {
		return *c.DeploymentCircuitBreaker
	}
	return types.DeploymentCircuitBreaker{}
}

// breakCircuit ends a deployment of which too many tasks have failed, and
// goes back to the last one that was completed.
func (s *service) breakCircuit(d *deployment) {
	breaker := s.circuitBreaker()
	if !breaker.Enable || d.FailedTasks < s.failureThreshold() {
		return
	}
	outcome := types.ServiceDeploymentStatusStopped
	if breaker.Rollback && s.completed != nil {
		outcome = types.ServiceDeploymentStatusRollbackInProgress
	}
	d.settle(s.scheduler.options.Now(), types.DeploymentRolloutStateFailed, outcome, "ECS deployment circuit breaker: tasks failed to start.")
	s.tell("(deployment %s) deployment failed: tasks failed to start.", *d.Id)
	if outcome == types.ServiceDeploymentStatusRollbackInProgress {
		s.rollBack(d)
	}
}

// rollBack makes the last completed deployment the primary one again.
func (s *service) rollBack(failed *deployment) {
	now := s.scheduler.options.Now()
	back := s.completed
	failed.Status = aws.String(statusActive)
	back.Status = aws.String(statusPrimary)
	back.RolloutState = types.DeploymentRolloutStateInProgress
	back.RolloutStateReason = aws.String(fmt.Sprintf("ECS deployment circuit breaker: rolling back to deploymentId %s.", *back.Id))
	back.UpdatedAt = &now
	back.FailedTasks = 0
	back.DesiredCount = s.record.DesiredCount
	s.record.TaskDefinition = back.TaskDefinition
	s.record.NetworkConfiguration = back.NetworkConfiguration
	s.record.LoadBalancers = back.settings.LoadBalancers
	if !slices.Contains(s.deployments, back) {
		s.deployments = append(s.deployments, back)
	}
	s.tell("rolling back to deployment %s.", *back.Id)
}

// rolledBack notes of deployments that were rolled back that this is done.
func (s *service) rolledBack() {
	now := s.scheduler.options.Now()
	for _, d := range s.history {
		if d.outcome == types.ServiceDeploymentStatusRollbackInProgress {
			d.outcome = types.ServiceDeploymentStatusRollbackSuccessful
			d.finished, d.UpdatedAt = now, &now
		}
	}
}
