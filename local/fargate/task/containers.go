package task

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/containerd/errdefs"
	docker "github.com/docker/docker/api/types/container"
)

const (
	// healthPoll is how often Docker is asked for the health of a container.
	healthPoll = 500 * time.Millisecond
)

// A container is a container of a task that Docker has made.
type container struct {
	// index is its place in the task definition.
	index      int
	definition types.ContainerDefinition
	id         string
	// exited is closed when it has ended, and logged when all that it wrote is
	// in its log stream.
	exited, logged chan struct{}
}

// startContainers starts the containers in the order of the task definition.
func (t *Task) startContainers(ctx context.Context) error {
	for i, definition := range t.definition.ContainerDefinitions {
		if err := t.startContainer(ctx, i, definition); err != nil {
			return fmt.Errorf("CannotStartContainerError: %w", err)
		}
	}
	return nil
}

func (t *Task) startContainer(ctx context.Context, index int, definition types.ContainerDefinition) error {
	limits, err := t.hostConfig(definition)
	if err != nil {
		return err
	}
	created, err := t.launcher.Docker.ContainerCreate(ctx, t.containerConfig(definition), limits, nil, nil,
		fmt.Sprintf("ecs-%s-%s", t.id[:12], aws.ToString(definition.Name)))
	if err != nil {
		return err
	}
	c := &container{index: index, definition: definition, id: created.ID, exited: make(chan struct{}), logged: make(chan struct{})}
	t.containers = append(t.containers, c)
	if err := t.launcher.Docker.ContainerStart(ctx, c.id, docker.StartOptions{}); err != nil {
		close(c.exited)
		close(c.logged)
		return err
	}
	t.change(func(record *types.Task) {
		record.Containers[index].LastStatus = aws.String(running)
		record.Containers[index].RuntimeId = &c.id
	})
	go t.forwardLogs(c)
	go t.watch(c)
	return nil
}

// watch follows a container until it ends. With an essential one, the task
// ends.
func (t *Task) watch(c *container) {
	defer close(c.exited)
	ticker := time.NewTicker(healthPoll)
	defer ticker.Stop()
	for range ticker.C {
		state, err := t.launcher.Docker.ContainerInspect(context.Background(), c.id)
		switch {
		case errdefs.IsNotFound(err):
			return // removed by somebody else
		case err != nil:
			continue // the engine does not answer at the moment, which tells nothing of the container
		case !state.State.Running:
			t.noteExit(c, state.State)
			return
		}
		if state.State.Health != nil {
			t.noteHealth(c, state.State.Health.Status)
		}
	}
}

// noteExit records how a container has ended.
func (t *Task) noteExit(c *container, state *docker.State) {
	now := time.Now()
	t.change(func(record *types.Task) {
		told := &record.Containers[c.index]
		told.LastStatus = aws.String(stopped)
		told.ExitCode = aws.Int32(int32(state.ExitCode))
		if state.OOMKilled {
			told.Reason = aws.String("OutOfMemoryError: Container killed due to memory usage")
		}
		record.ExecutionStoppedAt = cmp.Or(record.ExecutionStoppedAt, &now)
	})
	if c.definition.Essential == nil || *c.definition.Essential {
		<-c.logged // whoever learns of the end finds its reason in the log
		t.Stop(types.TaskStopCodeEssentialContainerExited, "Essential container in task exited")
	}
}

// noteHealth records what a container's own health check says. The task is as
// well as the worst of its containers that are checked.
func (t *Task) noteHealth(c *container, status string) {
	health := map[string]types.HealthStatus{
		docker.Healthy:   types.HealthStatusHealthy,
		docker.Unhealthy: types.HealthStatusUnhealthy,
	}[status]
	health = cmp.Or(health, types.HealthStatusUnknown)
	if t.Record().Containers[c.index].HealthStatus == health {
		return
	}
	t.change(func(record *types.Task) {
		record.Containers[c.index].HealthStatus = health
		record.HealthStatus = types.HealthStatusHealthy
		for i, definition := range t.definition.ContainerDefinitions {
			told := record.Containers[i].HealthStatus
			if definition.HealthCheck == nil || told == types.HealthStatusHealthy || record.HealthStatus == types.HealthStatusUnhealthy {
				continue
			}
			record.HealthStatus = told
		}
	})
}

// stopContainers asks the containers to end, the last started first, and kills
// what has not within its time.
func (t *Task) stopContainers(ctx context.Context) error {
	var failed []error
	for i := len(t.containers) - 1; i >= 0; i-- {
		c := t.containers[i]
		timeout := int(stopTimeout(c.definition).Seconds())
		if t.closing() {
			timeout = 0
		}
		err := t.launcher.Docker.ContainerStop(ctx, c.id, docker.StopOptions{Timeout: &timeout})
		if err != nil && !errdefs.IsNotFound(err) {
			failed = append(failed, fmt.Errorf("stopping container %s: %w", c.id, err))
			continue
		}
		for _, ended := range []chan struct{}{c.exited, c.logged} {
			select {
			case <-ended:
			case <-ctx.Done():
				failed = append(failed, fmt.Errorf("container %s does not end: %w", c.id, ctx.Err()))
			}
		}
	}
	return errors.Join(failed...)
}

func (t *Task) closing() bool {
	select {
	case <-t.launcher.closing:
		return true
	default:
		return false
	}
}

// removeContainers removes the containers and, after all that use it, the
// network interface.
func (t *Task) removeContainers(ctx context.Context) error {
	var failed []error
	remove := func(id string) {
		err := t.launcher.Docker.ContainerRemove(ctx, id, docker.RemoveOptions{Force: true, RemoveVolumes: true})
		if err != nil && !errdefs.IsNotFound(err) {
			failed = append(failed, fmt.Errorf("removing container %s: %w", id, err))
		}
	}
	for _, c := range t.containers {
		remove(c.id)
	}
	if t.eni != "" {
		remove(t.eni)
	}
	return errors.Join(failed...)
}
