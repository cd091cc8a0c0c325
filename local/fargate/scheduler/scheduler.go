// Package scheduler keeps ECS services running as they are described: it
// launches and stops their tasks, rolls deployments, and rolls bad ones back.
// It words records and events as ECS does.
package scheduler

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const (
	// pace is how often services are looked at.
	pace = 200 * time.Millisecond

	// stoppedTaskMemory is how long ECS tells of a task that has stopped.
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-errors.html
	stoppedTaskMemory = time.Hour
)

// A Task is one copy of what a task definition describes, from its launch to
// its end. Its states only go forward.
type Task interface {
	// Record returns the task as DescribeTasks tells of it.
	Record() types.Task
	// Condition tells whether the task does its work.
	Condition() Condition
	// Stop has the task end in good order. The first call counts.
	Stop(code types.TaskStopCode, reason string)
}

// A Launch is what a task is launched with.
type Launch struct {
	// Service is what the task is a copy for, as it was at the launch.
	Service types.Service
	// Deployment is the id of the deployment that the task belongs to.
	Deployment string
	// TaskDefinition is the ARN of the task definition.
	TaskDefinition string
	// CapacityProvider is what the task runs on, empty where the service has a
	// launch type.
	CapacityProvider string
}

// Options says what a scheduler works with.
type Options struct {
	// Account and Region are where the services are, as the parts of an ARN.
	Account, Region string
	// Launch launches a task. It returns at once.
	Launch func(Launch) Task
	// Now is the clock; time.Now if nil.
	Now func() time.Time
}

// A Scheduler keeps services running.
type Scheduler struct {
	options Options

	mutex    sync.Mutex
	services []*service
	// stopped are the tasks that have stopped.
	stopped []*task
}

// New returns a Scheduler without services.
func New(options Options) *Scheduler {
	if options.Now == nil {
		options.Now = time.Now
	}
	return &Scheduler{options: options}
}

// Run keeps the services running until ctx ends.
func (s *Scheduler) Run(ctx context.Context) {
	ticker := time.NewTicker(pace)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			s.schedule()
		}
	}
}

// schedule takes every service one step towards what is wanted of it.
func (s *Scheduler) schedule() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, service := range s.services {
		service.step()
	}
	s.forgetStopped()
}

// forgetStopped drops tasks as ECS does.
func (s *Scheduler) forgetStopped() {
	long := s.options.Now().Add(-stoppedTaskMemory)
	s.stopped = slices.DeleteFunc(s.stopped, func(t *task) bool { return t.Record().StoppedAt.Before(long) })
}

// Tasks returns all tasks of a cluster, the latest first.
func (s *Scheduler) Tasks(clusterARN string) []types.Task {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var records []types.Task
	for _, t := range s.all() {
		if record := t.Record(); aws.ToString(record.ClusterArn) == clusterARN {
			records = append(records, record)
		}
	}
	slices.SortStableFunc(records, func(a, b types.Task) int {
		return cmp.Compare(b.CreatedAt.UnixNano(), a.CreatedAt.UnixNano())
	})
	return records
}

// StopTask stops a task by its ARN. It tells whether there is one. A service
// that wants the task launches another.
func (s *Scheduler) StopTask(arn, reason string) (types.Task, bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, t := range s.all() {
		if aws.ToString(t.Record().TaskArn) == arn {
			t.Stop(types.TaskStopCodeUserInitiated, cmp.Or(reason, "Task stopped by user"))
			return t.Record(), true
		}
	}
	return types.Task{}, false
}

func (s *Scheduler) all() []*task {
	tasks := slices.Clone(s.stopped)
	for _, service := range s.services {
		tasks = append(tasks, service.tasks...)
	}
	return tasks
}
