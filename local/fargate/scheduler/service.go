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
	// tasks are those that have not stopped.
	tasks    []*task
	throttle throttle
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
		if d != s.primary() {
			told.DesiredCount = int32(len(s.wanted(d)))
		}
		described.Deployments = append(described.Deployments, told)
	}
	if latest := s.history[0]; latest.underWay() {
		described.CurrentServiceDeployment = latest.history.ServiceDeploymentArn
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

// primary returns the primary deployment, which all services have but those
// that are inactive.
func (s *service) primary() *deployment {
	i := slices.IndexFunc(s.deployments, func(d *deployment) bool { return aws.ToString(d.Status) == statusPrimary })
	return s.deployments[i]
}

// deploy makes the service's settings its primary deployment.
func (s *service) deploy() {
	now := s.scheduler.options.Now()
	s.interrupt("A newer deployment has taken its place.")
	for _, d := range s.deployments {
		d.Status = aws.String(statusActive)
		d.UpdatedAt = &now
	}
	d := s.newDeployment()
	s.deployments = slices.Insert(s.deployments, 0, d)
	s.history = slices.Insert(s.history, 0, d)
	s.throttle = throttle{}
	s.steady = false
}

// interrupt ends the rollout that is under way, if there is one.
func (s *service) interrupt(reason string) {
	if len(s.history) > 0 && s.history[0].underWay() {
		s.history[0].conclude(s.scheduler.options.Now(), types.ServiceDeploymentStatusStopped, reason)
	}
}

// bounds returns how many tasks a deployment may stop down to and start up to.
// ECS rounds the one up and the other down.
func (s *service) bounds() (minimum, maximum int) {
	desired := int(s.record.DesiredCount)
	c := s.record.DeploymentConfiguration
	return (desired*int(*c.MinimumHealthyPercent) + 99) / 100, desired * int(*c.MaximumPercent) / 100
}

// withDefaults returns a configuration with the percentages that ECS takes where
// there are none.
func withDefaults(configuration *types.DeploymentConfiguration) *types.DeploymentConfiguration {
	completed := types.DeploymentConfiguration{}
	if configuration != nil {
		completed = *configuration
	}
	if completed.MinimumHealthyPercent == nil {
		completed.MinimumHealthyPercent = aws.Int32(defaultMinimumHealthyPercent)
	}
	if completed.MaximumPercent == nil {
		completed.MaximumPercent = aws.Int32(defaultMaximumPercent)
	}
	return &completed
}
