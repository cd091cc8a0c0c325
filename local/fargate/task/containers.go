package task

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/containerd/errdefs"
	docker "github.com/docker/docker/api/types/container"
)

// statePoll is how often Docker is asked whether a container runs, and how
// healthy it is.
const statePoll = 500 * time.Millisecond

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

// essential tells whether the task ends with the container.
func (c *container) essential() bool { return isEssential(c.definition) }

func isEssential(definition types.ContainerDefinition) bool {
	return definition.Essential == nil || *definition.Essential
}

// startContainers starts the containers in the order of the task definition.
func (t *Task) startContainers(ctx context.Context) error {
	for i, definition := range t.definition.ContainerDefinitions {
		c, err := t.createContainer(ctx, i, definition)
		if err != nil {
			return fmt.Errorf("CannotCreateContainerError: %w", err)
		}
		if err := t.startContainer(ctx, c); err != nil {
			return fmt.Errorf("CannotStartContainerError: %w", err)
		}
	}
	return nil
}

func (t *Task) createContainer(ctx context.Context, index int, definition types.ContainerDefinition) (*container, error) {
	limits, err := t.hostConfig(definition)
	if err != nil {
		return nil, err
	}
	// Not given up midway, when the engine may have made a container that
	// nobody knows of.
	created, err := t.launcher.Docker.ContainerCreate(context.WithoutCancel(ctx), t.containerConfig(definition), limits, nil, nil,
		fmt.Sprintf("ecs-%s-%s", t.id[:12], aws.ToString(definition.Name)))
	if err != nil {
		return nil, err
	}
	return &container{index: index, definition: definition, id: created.ID, exited: make(chan struct{}), logged: make(chan struct{})}, nil
}

func (t *Task) startContainer(ctx context.Context, c *container) error {
	t.containers = append(t.containers, c)
	if err := t.launcher.Docker.ContainerStart(ctx, c.id, docker.StartOptions{}); err != nil {
		close(c.exited)
		close(c.logged)
		return err
	}
	t.noteStart(c)
	go t.forwardLogs(c)
	go t.watch(c)
	return nil
}

// noteStart notes that a container runs.
func (t *Task) noteStart(c *container) {
	t.change(func(record *types.Task) {
		record.Containers[c.index].LastStatus = aws.String(running)
		record.Containers[c.index].RuntimeId = &c.id
		t.started[aws.ToString(c.definition.Name)] = time.Now()
	})
}

// watch follows a container until it ends.
func (t *Task) watch(c *container) {
	defer close(c.exited)
	ticker := time.NewTicker(statePoll)
	defer ticker.Stop()
	for range ticker.C {
		state, err := t.launcher.Docker.ContainerInspect(context.Background(), c.id)
		switch {
		case errdefs.IsNotFound(err):
			t.noteExit(c, func(told *types.Container) {
				told.Reason = aws.String("The container was removed from the Docker engine")
			})
			return
		case err != nil:
			continue // the engine does not answer at the moment, which tells nothing of the container
		case !state.State.Running:
			t.noteExit(c, func(told *types.Container) {
				told.ExitCode = aws.Int32(int32(state.State.ExitCode))
				if state.State.OOMKilled {
					told.Reason = aws.String("OutOfMemoryError: Container killed due to memory usage")
				}
			})
			return
		}
		if state.State.Health != nil {
			t.noteHealth(c, state.State.Health.Status)
		}
	}
}

// noteExit records that a container has ended, and how. With an essential one,
// the task ends.
func (t *Task) noteExit(c *container, how func(*types.Container)) {
	now := time.Now()
	t.change(func(record *types.Task) {
		told := &record.Containers[c.index]
		told.LastStatus = aws.String(stopped)
		how(told)
		record.ExecutionStoppedAt = cmp.Or(record.ExecutionStoppedAt, &now)
	})
	if c.essential() {
		<-c.logged // whoever learns of the end finds its reason in the log
		t.Stop(types.TaskStopCodeEssentialContainerExited, "Essential container in task exited")
	}
}

// noteHealth records what a container's own health check says.
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
		record.HealthStatus = t.overallHealth(record.Containers)
	})
}

// overallHealth returns the health of the task: that of the worst of its
// essential containers that are checked.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html
func (t *Task) overallHealth(containers []types.Container) types.HealthStatus {
	var told []types.HealthStatus
	for i, definition := range t.definition.ContainerDefinitions {
		if isChecked(definition) {
			told = append(told, containers[i].HealthStatus)
		}
	}
	for _, health := range []types.HealthStatus{types.HealthStatusUnhealthy, types.HealthStatusUnknown, types.HealthStatusHealthy} {
		if slices.Contains(told, health) {
			return health
		}
	}
	return types.HealthStatusUnknown
}

// isChecked tells whether the health of a container is the task's too.
func isChecked(definition types.ContainerDefinition) bool {
	return isEssential(definition) && definition.HealthCheck != nil
}

// stopContainers asks the containers to end, all at once, and kills what has
// not within its time.
func (t *Task) stopContainers(ctx context.Context) error {
	failed := make([]error, len(t.containers))
	var stopping sync.WaitGroup
	for i, c := range t.containers {
		stopping.Go(func() { failed[i] = t.stopContainer(ctx, c) })
	}
	stopping.Wait()
	return errors.Join(failed...)
}

// stopContainer returns when the container has ended and its log is sent.
func (t *Task) stopContainer(ctx context.Context, c *container) error {
	timeout := int(stopTimeout(c.definition).Seconds())
	if t.closing() {
		timeout = 0
	}
	err := t.launcher.Docker.ContainerStop(ctx, c.id, docker.StopOptions{Timeout: &timeout})
	if err != nil && !errdefs.IsNotFound(err) {
		return fmt.Errorf("stopping container %s: %w", c.id, err)
	}
	for _, ended := range []chan struct{}{c.exited, c.logged} {
		select {
		case <-ended:
		case <-ctx.Done():
			return fmt.Errorf("container %s does not end: %w", c.id, ctx.Err())
		}
	}
	return nil
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
