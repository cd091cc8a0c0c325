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
	types.Deployment

	// settings are the service's at the time, with which its tasks run.
	settings types.Service
	// finished is when the rollout was completed or had failed.
	finished time.Time
	// outcome is how it ended, for ListServiceDeployments.
	outcome types.ServiceDeploymentStatus
	// arn is the one of the service deployment.
	arn string
}

func (s *service) newDeployment() *deployment {
	now := s.scheduler.options.Now()
	number := randomNumber()
	d := &deployment{settings: s.record, outcome: types.ServiceDeploymentStatusInProgress}
	d.arn = fmt.Sprintf("arn:aws:ecs:%s:%s:service-deployment/%s/%s/%s", s.scheduler.options.Region, s.scheduler.options.Account,
		s.cluster, aws.ToString(s.record.ServiceName), rand.Text())
	d.Deployment = types.Deployment{
		Id:                       aws.String(fmt.Sprintf("ecs-svc/%019d", number)),
		Status:                   aws.String(statusPrimary),
		TaskDefinition:           s.record.TaskDefinition,
		DesiredCount:             s.record.DesiredCount,
		CreatedAt:                &now,
		UpdatedAt:                &now,
		LaunchType:               s.record.LaunchType,
		CapacityProviderStrategy: s.record.CapacityProviderStrategy,
		PlatformVersion:          s.record.PlatformVersion,
		PlatformFamily:           s.record.PlatformFamily,
		NetworkConfiguration:     s.record.NetworkConfiguration,
		RolloutState:             types.DeploymentRolloutStateInProgress,
	}
	d.Deployment.RolloutStateReason = aws.String(fmt.Sprintf("ECS deployment %s in progress.", *d.Id))
	return d
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

// settle ends the rollout with a state, its reason, and how it is listed.
func (d *deployment) settle(now time.Time, state types.DeploymentRolloutState, outcome types.ServiceDeploymentStatus, reason string) {
	d.RolloutState = state
	d.RolloutStateReason = &reason
	d.UpdatedAt = &now
	d.outcome = outcome
	d.finished = now
}

// describe returns the deployment as DescribeServiceDeployments tells of it.
func (d *deployment) describe(s *service) types.ServiceDeployment {
	described := types.ServiceDeployment{
		ServiceDeploymentArn:    &d.arn,
		ServiceArn:              s.record.ServiceArn,
		ClusterArn:              s.record.ClusterArn,
		CreatedAt:               d.CreatedAt,
		StartedAt:               d.CreatedAt,
		UpdatedAt:               d.UpdatedAt,
		Status:                  d.outcome,
		StatusReason:            d.RolloutStateReason,
		DeploymentConfiguration: d.settings.DeploymentConfiguration,
		DeploymentCircuitBreaker: &types.ServiceDeploymentCircuitBreaker{
			FailureCount: d.FailedTasks, Threshold: s.failureThreshold(), Status: types.ServiceDeploymentRollbackMonitorsStatusMonitoring,
		},
	}
	if d.outcome == types.ServiceDeploymentStatusRollbackSuccessful || d.outcome == types.ServiceDeploymentStatusRollbackInProgress {
		described.DeploymentCircuitBreaker.Status = types.ServiceDeploymentRollbackMonitorsStatusTriggered
	}
	if !d.finished.IsZero() {
		described.FinishedAt = &d.finished
	}
	return described
}
