package task

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"fargate-stack/local/fargate/eni"
	"fargate-stack/local/fargate/loadbalancer"
)

// cleanupLimit is how long each step of a task's end may take, besides the time
// its containers have to stop.
const cleanupLimit = time.Minute

// live takes the task through its life.
func (t *Task) live() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-t.asked:
		case <-t.launcher.closing:
			t.Stop(types.TaskStopCodeUserInitiated, "The emulator is stopped")
		case <-ctx.Done():
		}
		cancel()
	}()
	if err := t.start(ctx); err != nil {
		t.Stop(types.TaskStopCodeTaskFailedToStart, err.Error())
	}
	<-t.asked
	if err := t.end(); err != nil {
		t.launcher.Log.Error("task did not end in good order", "task", t.id, "error", err)
	}
	record := t.Record()
	t.launcher.Log.Info("task stopped", "task", t.id, "code", record.StopCode, "reason", aws.ToString(record.StoppedReason))
}

// start takes the task to RUNNING.
func (t *Task) start(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		t.describe, t.provision, t.prepare, t.startContainers, t.activate,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// describe looks up the task definition.
func (t *Task) describe(ctx context.Context) error {
	output, err := t.launcher.ECS.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: &t.launch.TaskDefinition})
	if err != nil {
		return fmt.Errorf("ResourceInitializationError: reading the task definition: %w", err)
	}
	t.definition = *output.TaskDefinition
	t.change(func(record *types.Task) {
		record.Cpu, record.Memory = t.definition.Cpu, t.definition.Memory
		for _, definition := range t.definition.ContainerDefinitions {
			record.Containers = append(record.Containers, types.Container{
				ContainerArn: aws.String(fmt.Sprintf("%s/%s", strings.Replace(*record.TaskArn, ":task/", ":container/", 1), aws.ToString(definition.Name))),
				TaskArn:      record.TaskArn,
				Name:         definition.Name,
				Image:        definition.Image,
				LastStatus:   aws.String(pending),
				HealthStatus: types.HealthStatusUnknown,
			})
		}
	})
	return t.checkSupported()
}

// provision attaches the network interface.
func (t *Task) provision(ctx context.Context) error {
	settings := t.launch.Service.NetworkConfiguration
	if settings == nil || settings.AwsvpcConfiguration == nil || len(settings.AwsvpcConfiguration.Subnets) == 0 {
		return errors.New("ResourceInitializationError: a task on Fargate needs a networkConfiguration with subnets")
	}
	subnets := settings.AwsvpcConfiguration.Subnets
	subnet := subnets[t.turn%len(subnets)]
	public := settings.AwsvpcConfiguration.AssignPublicIp == types.AssignPublicIpEnabled
	attached, err := t.launcher.Network.Attach(ctx, subnet, settings.AwsvpcConfiguration.SecurityGroups, public)
	if err != nil {
		return fmt.Errorf("ResourceInitializationError: attaching a network interface: %w", err)
	}
	t.attached = attached
	if err := t.startInterface(ctx); err != nil {
		return fmt.Errorf("ResourceInitializationError: starting the network interface: %w", err)
	}
	t.launcher.attach(t)
	t.change(func(record *types.Task) {
		record.AvailabilityZone = &attached.AvailabilityZone
		record.Attachments = []types.Attachment{{
			Id: aws.String("eni-attach-" + t.id[:17]), Type: aws.String("ElasticNetworkInterface"), Status: aws.String("ATTACHED"),
			Details: []types.KeyValuePair{
				{Name: aws.String("subnetId"), Value: &subnet},
				{Name: aws.String("networkInterfaceId"), Value: &attached.ID},
				{Name: aws.String("privateIPv4Address"), Value: aws.String(attached.Address.String())},
			},
		}}
	})
	return nil
}

// startInterface starts the network interface, and what answers for the
// metadata endpoint behind it.
func (t *Task) startInterface(ctx context.Context) (err error) {
	t.directory = filepath.Join(t.launcher.Directory, t.id)
	// Not given up midway, as when a container is created.
	t.eni, err = eni.Start(context.WithoutCancel(ctx), t.launcher.Docker, eni.Options{
		Image:        t.launcher.InterfaceImage,
		Directory:    t.directory,
		Hostname:     t.hostname(),
		MetadataPort: t.metadataPort(),
		Labels:       t.labels(),
	})
	if err != nil {
		return err
	}
	return t.serveMetadata()
}

// hostname is the name that EC2 gives to an address, which Fargate's containers
// have as their host name.
func (t *Task) hostname() string {
	return fmt.Sprintf("ip-%s.%s.compute.internal", strings.ReplaceAll(t.attached.Address.String(), ".", "-"), t.launcher.Region)
}

// labels are on all of the task's containers.
func (t *Task) labels() map[string]string {
	labels := maps.Clone(t.launcher.Labels)
	labels["com.amazonaws.ecs.task-arn"] = *t.Record().TaskArn
	return labels
}

// activate registers the task in the target groups of its service.
func (t *Task) activate(context.Context) error {
	t.enter(activating)
	for _, balancer := range t.launch.Service.LoadBalancers {
		entry := target{group: aws.ToString(balancer.TargetGroupArn), Target: loadbalancer.Target{
			Address: t.attached.Address.String(), Port: int(aws.ToInt32(balancer.ContainerPort)),
		}}
		t.launcher.Balancers.Register(entry.group, entry.Target)
		t.targets = append(t.targets, entry)
	}
	now := time.Now()
	t.change(func(record *types.Task) {
		record.LastStatus = aws.String(running)
		record.StartedAt = &now
	})
	return nil
}

// end takes the task from wherever it is to STOPPED. Everything is tried,
// whatever fails before.
func (t *Task) end() error {
	t.enter(deactivating)
	t.drain()
	t.enter(stopping)
	failed := []error{within(cleanupLimit+t.longestStop(), t.stopContainers)}
	t.enter(deprovisioning)
	failed = append(failed, within(cleanupLimit, t.removeContainers))
	if t.attached.Address.IsValid() {
		t.launcher.detach(t)
		t.launcher.Network.Detach(t.attached)
	}
	if t.metadata != nil {
		failed = append(failed, t.metadata.Close())
	}
	if t.directory != "" {
		failed = append(failed, os.RemoveAll(t.directory))
	}
	now := time.Now()
	t.change(func(record *types.Task) {
		record.LastStatus = aws.String(stopped)
		record.StoppedAt = &now
		record.ExecutionStoppedAt = cmp.Or(record.ExecutionStoppedAt, &now)
		for i := range record.Containers {
			record.Containers[i].LastStatus = aws.String(stopped)
		}
	})
	return errors.Join(failed...)
}

// within calls something that may take so long.
func within(limit time.Duration, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return call(ctx)
}

// drain takes the task out of its target groups and waits for the requests in
// flight, as long as the groups allow.
func (t *Task) drain() {
	for _, entry := range t.targets {
		t.launcher.Balancers.Deregister(entry.group, entry.Target)
	}
	for _, entry := range t.targets {
		select {
		case <-t.launcher.Balancers.Drained(entry.group, entry.Target):
		case <-t.launcher.closing:
			return
		}
	}
}

func lastSlash(text string) int { return strings.LastIndexByte(text, '/') }
