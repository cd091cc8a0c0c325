package task

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/docker/docker/client"

	"fargate-stack/local/fargate/loadbalancer"
	"fargate-stack/local/fargate/scheduler"
	"fargate-stack/local/fargate/secrets"
	"fargate-stack/local/fargate/vpc"
)

const (
	region        = "eu-central-1"
	zone          = "eu-central-1b"
	account       = "111122223333"
	clusterARN    = "arn:aws:ecs:eu-central-1:111122223333:cluster/main"
	executionRole = "arn:aws:iam::111122223333:role/execution"
	taskRole      = "arn:aws:iam::111122223333:role/task"
	registryName  = "111122223333.dkr.ecr.eu-central-1.amazonaws.com"
)

// A fakeCloud has all that a task asks AWS for. What is forbidden, out of reach
// or gone is what a test has put there.
type fakeCloud struct {
	mu sync.Mutex

	// forbidden are actions that no policy allows, distrusting roles that ECS
	// may not assume, and unreachable the services without a way to them.
	forbidden, distrusting, unreachable []string
	// closed are ports that security groups let nothing through to.
	closed []int
	// groups are the log groups, repositories the names of those of ECR, and
	// digests those of its images.
	groups, repositories, digests []string
	// values are those of secrets, by ARN.
	values     map[string]string
	definition types.TaskDefinition

	asked    []string // what was asked of roles
	subnets  []string // where interfaces were attached
	attached []netip.Addr
	targets  []loadbalancer.TargetHealth
	drained  map[loadbalancer.Target]chan struct{}
	lines    []string // all that was logged, with its stream
	batches  []int    // how many lines were logged at once
	// logDelay is how long CloudWatch takes for lines.
	logDelay time.Duration
}

func (f *fakeCloud) DescribeTaskDefinition(context.Context, *ecs.DescribeTaskDefinitionInput, ...func(*ecs.Options)) (*ecs.DescribeTaskDefinitionOutput, error) {
	return &ecs.DescribeTaskDefinitionOutput{TaskDefinition: &f.definition}, nil
}

func (f *fakeCloud) Attach(_ context.Context, subnetID string, _ []string, _ bool) (vpc.NetworkInterface, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.subnets = append(f.subnets, subnetID)
	address := netip.AddrFrom4([4]byte{10, 0, 0, byte(4 + len(f.attached))})
	f.attached = append(f.attached, address)
	return vpc.NetworkInterface{ID: "eni-1", Address: address, VPCID: "vpc-1", AvailabilityZone: zone}, nil
}

func (f *fakeCloud) Detach(i vpc.NetworkInterface) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.attached = slices.DeleteFunc(f.attached, func(a netip.Addr) bool { return a == i.Address })
}

func (f *fakeCloud) Allows(_ context.Context, _, _ vpc.NetworkInterface, port int) (bool, error) {
	return !slices.Contains(f.closed, port), nil
}

func (f *fakeCloud) Reaches(_ context.Context, _ vpc.NetworkInterface, _, service string) error {
	if slices.Contains(f.unreachable, service) {
		return errors.New("no route")
	}
	return nil
}

func (f *fakeCloud) Check(_ context.Context, role, resource string, actions ...string) error {
	for _, action := range actions {
		f.asked = append(f.asked, fmt.Sprintf("%s %s %s", role, action, resource))
		if slices.Contains(f.forbidden, action) {
			return fmt.Errorf("not authorized to perform: %s", action)
		}
	}
	return nil
}

func (f *fakeCloud) CheckTrust(_ context.Context, role, _, _ string) error {
	if slices.Contains(f.distrusting, role) {
		return fmt.Errorf("unable to assume %s", role)
	}
	return nil
}

func (f *fakeCloud) Register(group string, targets ...loadbalancer.Target) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, target := range targets {
		f.targets = append(f.targets, loadbalancer.TargetHealth{Target: target, State: elbtypes.TargetHealthStateEnumInitial})
	}
}

// Deregister has targets drain until the test lets them go.
func (f *fakeCloud) Deregister(_ string, targets ...loadbalancer.Target) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.targets = slices.DeleteFunc(f.targets, func(h loadbalancer.TargetHealth) bool { return slices.Contains(targets, h.Target) })
}

func (f *fakeCloud) Health(string) []loadbalancer.TargetHealth {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.targets)
}

func (f *fakeCloud) Drained(_ string, target loadbalancer.Target) <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.drained[target] == nil {
		f.drained[target] = make(chan struct{})
	}
	return f.drained[target]
}

// finishDraining lets a target go.
func (f *fakeCloud) finishDraining(target loadbalancer.Target) {
	f.Drained("", target)
	f.mu.Lock()
	defer f.mu.Unlock()
	close(f.drained[target])
}

func (f *fakeCloud) setHealth(state elbtypes.TargetHealthStateEnum, description string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.targets {
		f.targets[i].State, f.targets[i].Description = state, description
	}
}

func (f *fakeCloud) registered() []loadbalancer.Target {
	var targets []loadbalancer.Target
	for _, health := range f.Health("") {
		targets = append(targets, health.Target)
	}
	return targets
}

func (f *fakeCloud) DescribeRepositories(_ context.Context, in *ecr.DescribeRepositoriesInput, _ ...func(*ecr.Options)) (*ecr.DescribeRepositoriesOutput, error) {
	output := &ecr.DescribeRepositoriesOutput{}
	for _, name := range f.repositories {
		output.Repositories = append(output.Repositories, ecrtypes.Repository{
			RepositoryUri: &name, RepositoryArn: aws.String("arn:aws:ecr:eu-central-1:111122223333:repository/app"),
		})
	}
	return output, nil
}

func (f *fakeCloud) BatchGetImage(_ context.Context, in *ecr.BatchGetImageInput, _ ...func(*ecr.Options)) (*ecr.BatchGetImageOutput, error) {
	output := &ecr.BatchGetImageOutput{}
	for _, id := range in.ImageIds {
		if slices.Contains(f.digests, *id.ImageDigest) {
			output.Images = append(output.Images, ecrtypes.Image{ImageId: &id})
		}
	}
	return output, nil
}

func (f *fakeCloud) GetAuthorizationToken(context.Context, *ecr.GetAuthorizationTokenInput, ...func(*ecr.Options)) (*ecr.GetAuthorizationTokenOutput, error) {
	return &ecr.GetAuthorizationTokenOutput{AuthorizationData: []ecrtypes.AuthorizationData{{
		AuthorizationToken: aws.String("QVdTOnNlY3JldA=="), // AWS:secret
	}}}, nil
}

func (f *fakeCloud) Value(_ context.Context, r secrets.Reference) (string, error) {
	value, ok := f.values[r.ARN]
	if !ok {
		return "", errors.New("ResourceNotFoundException: " + r.ARN)
	}
	return value, nil
}

func (f *fakeCloud) CreateLogStream(_ context.Context, in *cloudwatchlogs.CreateLogStreamInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.CreateLogStreamOutput, error) {
	if !slices.Contains(f.groups, *in.LogGroupName) {
		return nil, &logstypes.ResourceNotFoundException{}
	}
	return &cloudwatchlogs.CreateLogStreamOutput{}, nil
}

func (f *fakeCloud) PutLogEvents(_ context.Context, in *cloudwatchlogs.PutLogEventsInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.PutLogEventsOutput, error) {
	time.Sleep(f.logDelay)
	f.mu.Lock()
	defer f.mu.Unlock()
	stream := (*in.LogStreamName)[:strings.LastIndexByte(*in.LogStreamName, '/')]
	for _, event := range in.LogEvents {
		f.lines = append(f.lines, stream+": "+*event.Message)
	}
	f.batches = append(f.batches, len(in.LogEvents))
	return &cloudwatchlogs.PutLogEventsOutput{}, nil
}

func (f *fakeCloud) logged() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.lines)
}

// noEngine returns a client of a Docker engine that does not answer.
func noEngine(t *testing.T) client.APIClient {
	t.Helper()
	docker, err := client.NewClientWithOpts(client.WithHost("unix://" + filepath.Join(t.TempDir(), "none")))
	if err != nil {
		t.Fatal(err)
	}
	return docker
}

// newFakeCloud returns one in which tasks of the image from ECR run.
func newFakeCloud() *fakeCloud {
	return &fakeCloud{
		groups:       []string{"/ecs/app"},
		repositories: []string{registryName + "/app"},
		digests:      []string{"sha256:0123"},
		drained:      map[loadbalancer.Target]chan struct{}{},
		definition: types.TaskDefinition{
			TaskDefinitionArn: aws.String("arn:aws:ecs:eu-central-1:111122223333:task-definition/app:1"),
			Family:            aws.String("app"),
			Revision:          1,
			NetworkMode:       types.NetworkModeAwsvpc,
			Cpu:               aws.String("256"),
			Memory:            aws.String("512"),
			ExecutionRoleArn:  aws.String(executionRole),
			TaskRoleArn:       aws.String(taskRole),
			ContainerDefinitions: []types.ContainerDefinition{{
				Name:  aws.String("app"),
				Image: aws.String(registryName + "/app@sha256:0123"),
				LogConfiguration: &types.LogConfiguration{LogDriver: types.LogDriverAwslogs, Options: map[string]string{
					"awslogs-group": "/ecs/app", "awslogs-region": region, "awslogs-stream-prefix": "ecs",
				}},
			}},
		},
	}
}

func (f *fakeCloud) options() Options {
	return Options{
		Labels:  map[string]string{"owner": "test"},
		Account: account, Region: region,
		Network: f, Roles: f, Balancers: f, ECS: f, ECR: f, Secrets: f, Logs: f,
		Log: slog.New(slog.DiscardHandler),
	}
}

// launch is what the tests launch: a copy for the service app.
func launch() scheduler.Launch {
	return scheduler.Launch{
		Deployment: "ecs-svc/1", TaskDefinition: "app:1",
		Service: types.Service{
			ServiceName: aws.String("app"), ClusterArn: aws.String(clusterARN),
			LoadBalancers: []types.LoadBalancer{{TargetGroupArn: aws.String("group"), ContainerName: aws.String("app"), ContainerPort: aws.Int32(8080)}},
			NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{
				Subnets: []string{"subnet-1"}, SecurityGroups: []string{"sg-1"},
			}},
		},
	}
}

// described returns a task that has read its task definition, and does nothing.
func (f *fakeCloud) described(t *testing.T) *Task {
	t.Helper()
	task := NewLauncher(f.options()).newTask(launch(), 0)
	if err := task.describe(t.Context()); err != nil {
		t.Fatal(err)
	}
	return task
}
