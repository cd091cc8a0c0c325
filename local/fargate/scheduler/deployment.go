package scheduler

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// The states of a deployment. PRIMARY is what the service is to become.
const (
	statusPrimary  = "PRIMARY"
	statusActive   = "ACTIVE"
	statusInactive = "INACTIVE"
)

// A deployment is a version of a service.
type deployment struct {
	// Deployment is what DescribeServices tells of it.
	types.Deployment

	// settings are the service's at the time, with which its tasks run.
	settings types.Service
	// history is what DescribeServiceDeployments tells of how its rollout
	// went. It stays when the service goes back to it later.
	history types.ServiceDeployment
	// deadlocked tells that the event of its standstill is told.
	deadlocked bool
}

func (s *service) newDeployment() *deployment {
	now := s.scheduler.options.Now()
	number := fmt.Sprintf("%019d", randomNumber())
	d := &deployment{settings: s.record}
	d.Deployment = types.Deployment{
		Id:                       aws.String("ecs-svc/" + number),
		Status:                   aws.String(statusPrimary),
		TaskDefinition:           s.record.TaskDefinition,
		DesiredCount:             s.record.DesiredCount,
		CreatedAt:                &now,
		UpdatedAt:                &now,
		LaunchType:               s.record.LaunchType,
		CapacityProviderStrategy: s.record.CapacityProviderStrategy,
		PlatformVersion:          aws.String(PlatformVersion),
		PlatformFamily:           s.record.PlatformFamily,
		NetworkConfiguration:     s.record.NetworkConfiguration,
		RolloutState:             types.DeploymentRolloutStateInProgress,
		RolloutStateReason:       aws.String(fmt.Sprintf("ECS deployment ecs-svc/%s in progress.", number)),
	}
	d.history = types.ServiceDeployment{
		ServiceDeploymentArn: aws.String(s.arnOf("service-deployment", rand.Text())),
		ServiceArn:           s.record.ServiceArn,
		ClusterArn:           s.record.ClusterArn,
		CreatedAt:            &now,
		StartedAt:            &now,
		UpdatedAt:            &now,
		Status:               types.ServiceDeploymentStatusInProgress,
		// Who waits for a deployment finds its history by this ARN.
		TargetServiceRevision:   &types.ServiceRevisionSummary{Arn: aws.String(s.arnOf("service-revision", number))},
		DeploymentConfiguration: s.record.DeploymentConfiguration,
	}
	return d
}

// arnOf returns the ARN of something that belongs to the service.
func (s *service) arnOf(kind, id string) string {
	options := s.scheduler.options
	return fmt.Sprintf("arn:aws:ecs:%s:%s:%s/%s/%s/%s", options.Region, options.Account, kind, s.cluster, aws.ToString(s.record.ServiceName), id)
}

// randomNumber returns nineteen digits at most, as ECS has them in the ids of
// deployments.
func randomNumber() uint64 {
	var bytes [8]byte
	rand.Read(bytes[:])
	return binary.BigEndian.Uint64(bytes[:]) % 10_000_000_000_000_000_000
}

func (d *deployment) inProgress() bool {
	return d.RolloutState == types.DeploymentRolloutStateInProgress
}

// enter brings the rollout to a state.
func (d *deployment) enter(now time.Time, state types.DeploymentRolloutState, reason string) {
	d.RolloutState = state
	d.RolloutStateReason = &reason
	d.UpdatedAt = &now
}

// conclude ends the history of the rollout.
func (d *deployment) conclude(now time.Time, status types.ServiceDeploymentStatus, reason string) {
	d.history.Status = status
	d.history.StatusReason = &reason
	d.history.UpdatedAt = &now
	d.history.FinishedAt = &now
}

// underWay tells whether the rollout, or the way back from it, goes on.
func (d *deployment) underWay() bool { return d.history.FinishedAt == nil }

// describe returns the history as DescribeServiceDeployments tells it.
func (d *deployment) describe(s *service) types.ServiceDeployment {
	described := d.history
	described.DeploymentCircuitBreaker = &types.ServiceDeploymentCircuitBreaker{
		FailureCount: d.FailedTasks, Threshold: s.failureThreshold(), Status: s.circuitBreakerStatus(d),
	}
	return described
}
