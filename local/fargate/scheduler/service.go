package scheduler

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const (
	// ECS takes these percentages where a service names none.
	// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
	defaultMinimumHealthyPercent = 100
	defaultMaximumPercent        = 200

	// keptEvents is how many events ECS tells of.
	keptEvents = 100
)

// statusDraining is a deleted service's until its tasks have stopped.
const statusDraining = "DRAINING"

// A service is an ECS service with its tasks.
type service struct {
	scheduler *Scheduler
	// cluster is the cluster's name.
	cluster string
	// record has the service's settings; deployments and counts are put into
	// a copy when somebody asks.
	record types.Service
	// deployments are those with tasks, the latest first.
	deployments []*deployment
	// history are all deployments, the latest first.
	history []*deployment
	// completed is the deployment to go back to.
	completed *deployment
	tasks     []*task
	// steady tells that the event of the steady state is told.
	steady bool
}

// describe returns the service as DescribeServices tells of it.
func (s *service) describe() types.Service {
	described := s.record
	described.Events = slices.Clone(s.record.Events)
	described.RunningCount, described.PendingCount = s.count(nil)
	described.Deployments = nil
	for _, d := range s.deployments {
		told := d.Deployment
		told.RunningCount, told.PendingCount = s.count(d)
		described.Deployments = append(described.Deployments, told)
	}
	if len(s.history) > 0 && s.history[0].inProgress() {
		described.CurrentServiceDeployment = &s.history[0].arn
	}
	return described
}

// count returns how many tasks run and how many are about to, of a deployment
// or of all. ECS no longer counts a task that drains.
func (s *service) count(d *deployment) (running, pending int32) {
	for _, t := range s.tasks {
		if d != nil && t.deployment != d {
			continue
		}
		switch aws.ToString(t.Record().LastStatus) {
		case "PROVISIONING", "PENDING", "ACTIVATING":
			pending++
		case statusRunning:
			running++
		}
	}
	return running, pending
}

// tell adds an event, the latest first.
func (s *service) tell(format string, arguments ...any) {
	now := s.scheduler.options.Now()
	event := types.ServiceEvent{
		Id:        aws.String(newID()),
		CreatedAt: &now,
		Message:   aws.String(fmt.Sprintf("(service %s) ", *s.record.ServiceName) + fmt.Sprintf(format, arguments...)),
	}
	s.record.Events = slices.Insert(s.record.Events, 0, event)
	s.record.Events = s.record.Events[:min(len(s.record.Events), keptEvents)]
}

func (s *service) primary() *deployment {
	i := slices.IndexFunc(s.deployments, func(d *deployment) bool { return aws.ToString(d.Status) == statusPrimary })
	if i < 0 {
		return nil
	}
	return s.deployments[i]
}

// deploy makes the service's settings its primary deployment.
func (s *service) deploy() {
	now := s.scheduler.options.Now()
	for _, d := range s.deployments {
		if d.inProgress() {
			d.settle(now, types.DeploymentRolloutStateFailed, types.ServiceDeploymentStatusStopped, "A newer deployment has taken its place.")
		}
		d.Status = aws.String(statusActive)
		d.UpdatedAt = &now
	}
	d := s.newDeployment()
	s.deployments = slices.Insert(s.deployments, 0, d)
	s.history = slices.Insert(s.history, 0, d)
	s.steady = false
}

// bounds returns how many tasks a deployment may stop down to and start up to.
// ECS rounds the one up and the other down.
func (s *service) bounds() (minimum, maximum int) {
	desired := int(s.record.DesiredCount)
	lowest, highest := defaultMinimumHealthyPercent, defaultMaximumPercent
	if c := s.record.DeploymentConfiguration; c != nil {
		if c.MinimumHealthyPercent != nil {
			lowest = int(*c.MinimumHealthyPercent)
		}
		if c.MaximumPercent != nil {
			highest = int(*c.MaximumPercent)
		}
	}
	return (desired*lowest + 99) / 100, desired * highest / 100
}
