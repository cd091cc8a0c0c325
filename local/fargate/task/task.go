package task

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"fargate-stack/local/fargate/loadbalancer"
	"fargate-stack/local/fargate/scheduler"
	"fargate-stack/local/fargate/vpc"
)

// The states of a task's life.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
const (
	provisioning   = "PROVISIONING"
	pending        = "PENDING"
	activating     = "ACTIVATING"
	running        = "RUNNING"
	deactivating   = "DEACTIVATING"
	stopping       = "STOPPING"
	deprovisioning = "DEPROVISIONING"
	stopped        = "STOPPED"
)

// A Task is one task on Fargate.
type Task struct {
	launcher *Launcher
	launch   scheduler.Launch
	// id is the end of the ARN.
	id string
	// turn is which of all launches this one is.
	turn int

	// asked is closed when the task is to stop.
	asked chan struct{}

	mutex  sync.Mutex
	record types.Task
	// started is when containers were, by name.
	started map[string]time.Time

	// These are set once, while the task starts, by the goroutine of its life.
	definition types.TaskDefinition
	// secrets are the variables that are read from secrets, by container.
	secrets    map[string][]string
	attached   vpc.NetworkInterface
	directory  string
	eni        string
	metadata   *http.Server
	containers []*container
	targets    []target
}

// A target is a task's place in a target group.
type target struct {
	group string
	loadbalancer.Target
}

func (l *Launcher) newTask(launch scheduler.Launch, turn int) *Task {
	var random [16]byte
	rand.Read(random[:])
	t := &Task{launcher: l, launch: launch, turn: turn, id: hex.EncodeToString(random[:]), asked: make(chan struct{}), started: map[string]time.Time{}}
	now := time.Now()
	service := launch.Service
	cluster := aws.ToString(service.ClusterArn)
	t.record = types.Task{
		TaskArn: aws.String(fmt.Sprintf("arn:aws:ecs:%s:%s:task/%s/%s", l.Region, l.Account,
			cluster[lastSlash(cluster)+1:], t.id)),
		ClusterArn:           service.ClusterArn,
		TaskDefinitionArn:    &launch.TaskDefinition,
		Group:                aws.String("service:" + aws.ToString(service.ServiceName)),
		StartedBy:            &launch.Deployment,
		CreatedAt:            &now,
		DesiredStatus:        aws.String(running),
		LastStatus:           aws.String(provisioning),
		Connectivity:         types.ConnectivityConnected,
		HealthStatus:         types.HealthStatusUnknown,
		LaunchType:           types.LaunchTypeFargate,
		PlatformFamily:       service.PlatformFamily,
		PlatformVersion:      aws.String(scheduler.PlatformVersion),
		EnableExecuteCommand: service.EnableExecuteCommand,
		Version:              1,
	}
	if launch.CapacityProvider != "" {
		t.record.CapacityProviderName = &launch.CapacityProvider
	}
	if service.PropagateTags == types.PropagateTagsService {
		t.record.Tags = service.Tags
	}
	return t
}

// Record returns the task as DescribeTasks tells of it.
func (t *Task) Record() types.Task {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	record := t.record
	record.Containers = slices.Clone(record.Containers)
	return record
}

// change changes the record, which counts its versions.
func (t *Task) change(change func(*types.Task)) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	change(&t.record)
	t.record.Version++
}

// startOf returns when a container was started, or nil.
func (t *Task) startOf(container string) *time.Time {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if at, ok := t.started[container]; ok {
		return &at
	}
	return nil
}

// enter notes that the task has come to a state of its life.
func (t *Task) enter(state string) {
	t.change(func(record *types.Task) { record.LastStatus = &state })
}

// Stop has the task end in good order: it is taken out of its target groups,
// then asked to end, then killed. The first call counts.
func (t *Task) Stop(code types.TaskStopCode, reason string) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if *t.record.DesiredStatus == stopped {
		return
	}
	now := time.Now()
	t.record.DesiredStatus = aws.String(stopped)
	t.record.StopCode = code
	t.record.StoppedReason = &reason
	t.record.StoppingAt = &now
	t.record.Version++
	close(t.asked)
}
