package api

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fargate-stack/local/fargate/loadbalancer"
	"fargate-stack/local/fargate/scheduler"
)

const (
	region  = "eu-central-1"
	account = "111122223333"

	clusterARN    = "arn:aws:ecs:eu-central-1:111122223333:cluster/main"
	serviceARN    = "arn:aws:ecs:eu-central-1:111122223333:service/main/app"
	definitionARN = "arn:aws:ecs:eu-central-1:111122223333:task-definition/app:"
)

// An emulator has the cluster main and the task definitions app:1, app:2 and,
// which is inactive, app:3.
type emulator struct{}

func (emulator) DescribeClusters(_ context.Context, in *ecs.DescribeClustersInput, _ ...func(*ecs.Options)) (*ecs.DescribeClustersOutput, error) {
	switch in.Clusters[0] {
	case "main":
		return &ecs.DescribeClustersOutput{Clusters: []types.Cluster{{
			ClusterArn: aws.String(clusterARN), Status: aws.String("ACTIVE"), CapacityProviders: []string{"FARGATE", "FARGATE_SPOT"},
		}}}, nil
	case "former":
		return &ecs.DescribeClustersOutput{Clusters: []types.Cluster{{Status: aws.String("INACTIVE")}}}, nil
	case "broken":
		return nil, errors.New("the emulator is gone")
	default:
		return &ecs.DescribeClustersOutput{}, nil
	}
}

func (emulator) DescribeTaskDefinition(_ context.Context, in *ecs.DescribeTaskDefinitionInput, _ ...func(*ecs.Options)) (*ecs.DescribeTaskDefinitionOutput, error) {
	_, revision, _ := strings.Cut(*in.TaskDefinition, "app:")
	number, err := strconv.Atoi(revision)
	if err != nil || number > 3 {
		return nil, &types.ClientException{Message: aws.String("Unable to describe task definition.")}
	}
	status := types.TaskDefinitionStatusActive
	if number == 3 {
		status = types.TaskDefinitionStatusInactive
	}
	return &ecs.DescribeTaskDefinitionOutput{TaskDefinition: &types.TaskDefinition{
		TaskDefinitionArn: aws.String(definitionARN + revision), Status: status,
	}}, nil
}

// targets are those of all target groups.
type targets struct {
	mu sync.Mutex
	of map[string][]loadbalancer.TargetHealth
}

func (t *targets) Register(group string, registered ...loadbalancer.Target) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, target := range registered {
		t.of[group] = append(t.of[group], loadbalancer.TargetHealth{Target: target, State: elbtypes.TargetHealthStateEnumHealthy})
	}
}

func (t *targets) Deregister(group string, deregistered ...loadbalancer.Target) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.of[group] {
		health := &t.of[group][i]
		for _, target := range deregistered {
			if health.Target == target {
				health.State = elbtypes.TargetHealthStateEnumDraining
				health.Reason = elbtypes.TargetHealthReasonEnumDeregistrationInProgress
				health.Description = "Target deregistration is in progress"
			}
		}
	}
}

func (t *targets) Health(group string) []loadbalancer.TargetHealth {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.of[group]
}

// A task runs from its launch until it is stopped.
type task struct {
	mu     sync.Mutex
	record types.Task
}

func (t *task) Record() types.Task {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.record
}

func (t *task) Condition() scheduler.Condition {
	return scheduler.Condition{Health: types.HealthStatusHealthy}
}

func (t *task) Stop(code types.TaskStopCode, reason string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.record.StoppedAt != nil {
		return
	}
	t.record.DesiredStatus, t.record.LastStatus = aws.String("STOPPED"), aws.String("STOPPED")
	t.record.StopCode, t.record.StoppedReason = code, &reason
	t.record.StoppedAt = aws.Time(time.Now())
}

// A cloud is a server with clients of the AWS SDK.
type cloud struct {
	*testing.T
	url     string
	ecs     *ecs.Client
	elb     *elasticloadbalancingv2.Client
	targets *targets
	log     *bytes.Buffer

	mu    sync.Mutex
	tasks []*task
}

func newCloud(t *testing.T) *cloud {
	c := &cloud{T: t, targets: &targets{of: map[string][]loadbalancer.TargetHealth{}}, log: &bytes.Buffer{}}
	services := scheduler.New(scheduler.Options{Account: account, Region: region, Launch: c.launch})
	var running sync.WaitGroup
	running.Go(func() { services.Run(t.Context()) })
	t.Cleanup(running.Wait) // the context has ended then
	server := httptest.NewServer(&Server{Scheduler: services, Targets: c.targets, ECS: emulator{}, Log: slog.New(slog.NewTextHandler(c.log, nil))})
	t.Cleanup(server.Close)
	c.url = server.URL
	settings := aws.Config{
		Region: region, BaseEndpoint: &server.URL, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
	c.ecs = ecs.NewFromConfig(settings)
	c.elb = elasticloadbalancingv2.NewFromConfig(settings)
	return c
}

func (c *cloud) launch(launch scheduler.Launch) scheduler.Task {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	launched := &task{record: types.Task{
		TaskArn:           aws.String("arn:aws:ecs:eu-central-1:111122223333:task/main/" + strconv.Itoa(len(c.tasks))),
		ClusterArn:        launch.Service.ClusterArn,
		TaskDefinitionArn: &launch.TaskDefinition,
		Group:             aws.String("service:" + *launch.Service.ServiceName),
		StartedBy:         &launch.Deployment,
		CreatedAt:         &now,
		StartedAt:         &now,
		DesiredStatus:     aws.String("RUNNING"),
		LastStatus:        aws.String("RUNNING"),
		Tags:              launch.Service.Tags,
		Containers:        []types.Container{{Name: aws.String("app"), ExitCode: aws.Int32(0), LastStatus: aws.String("RUNNING")}},
	}}
	c.tasks = append(c.tasks, launched)
	return launched
}

func must[T any](t *testing.T, output T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return output
}

// create creates the service app, with as many tasks.
func (c *cloud) create(desired int32) *types.Service {
	c.Helper()
	created, err := c.ecs.CreateService(c.Context(), &ecs.CreateServiceInput{
		Cluster: aws.String("main"), ServiceName: aws.String("app"), TaskDefinition: aws.String("app:1"), DesiredCount: &desired,
		Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}},
	})
	return must(c.T, created, err).Service
}

// app names the service app.
func app() *ecs.DescribeServicesInput {
	return &ecs.DescribeServicesInput{Cluster: aws.String(clusterARN), Services: []string{serviceARN}}
}

// waitUntilStable waits as the CLI does.
func (c *cloud) waitUntilStable() {
	c.Helper()
	waiter := ecs.NewServicesStableWaiter(c.ecs, func(o *ecs.ServicesStableWaiterOptions) {
		o.MinDelay, o.MaxDelay = 20*time.Millisecond, 20*time.Millisecond
	})
	if err := waiter.Wait(c.Context(), app(), 10*time.Second); err != nil {
		c.Fatal(err)
	}
}

func (c *cloud) waitUntilInactive() {
	c.Helper()
	waiter := ecs.NewServicesInactiveWaiter(c.ecs, func(o *ecs.ServicesInactiveWaiterOptions) {
		o.MinDelay, o.MaxDelay = 20*time.Millisecond, 20*time.Millisecond
	})
	if err := waiter.Wait(c.Context(), app(), 10*time.Second); err != nil {
		c.Fatal(err)
	}
}

func (c *cloud) service(include ...types.ServiceField) types.Service {
	c.Helper()
	input := app()
	input.Include = include
	described, err := c.ecs.DescribeServices(c.Context(), input)
	return must(c.T, described, err).Services[0]
}
