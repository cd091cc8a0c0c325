// Package task runs ECS tasks on Fargate as containers of a Docker engine,
// from what their task definition and the other AWS APIs say of them: what
// keeps a task from starting, from being healthy or from running on AWS does
// so here too, and is told in the same words.
package task

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/docker/docker/client"

	"fargate-stack/local/fargate/eni"
	"fargate-stack/local/fargate/loadbalancer"
	"fargate-stack/local/fargate/scheduler"
	"fargate-stack/local/fargate/secrets"
	"fargate-stack/local/fargate/vpc"
)

// Options says what tasks are run with.
type Options struct {
	// Docker is the engine that runs the containers.
	Docker client.APIClient
	// InterfaceImage is the image of a task's network interface.
	InterfaceImage string
	// Directory gets the sockets of the network interfaces.
	Directory string
	// Labels are put on every container.
	Labels map[string]string

	// Account and Region are where the tasks are, as the parts of an ARN.
	Account, Region string

	Network   Network
	Roles     Roles
	Balancers Balancers
	ECS       ECS
	ECR       ECR
	Secrets   Secrets
	Logs      Logs

	Log *slog.Logger
}

// A Network has the network interfaces. [vpc.Network] is one.
type Network interface {
	Attach(ctx context.Context, subnetID string, securityGroups []string, public bool) (vpc.NetworkInterface, error)
	Detach(vpc.NetworkInterface)
	Allows(ctx context.Context, from, to vpc.NetworkInterface, port int) (bool, error)
	Reaches(ctx context.Context, from vpc.NetworkInterface, region, service string) error
}

// Roles know what a role may do. [permissions.Roles] are such.
type Roles interface {
	Check(ctx context.Context, roleARN, resourceARN string, actions ...string) error
	CheckTrust(ctx context.Context, roleARN, account, taskARN string) error
}

// Balancers carry traffic to tasks. [loadbalancer.Balancers] are such.
type Balancers interface {
	Register(group string, targets ...loadbalancer.Target)
	Deregister(group string, targets ...loadbalancer.Target)
	Health(group string) []loadbalancer.TargetHealth
	Drained(group string, target loadbalancer.Target) <-chan struct{}
}

// ECS has the task definitions. An [ecs.Client] asks for them.
type ECS interface {
	DescribeTaskDefinition(context.Context, *ecs.DescribeTaskDefinitionInput, ...func(*ecs.Options)) (*ecs.DescribeTaskDefinitionOutput, error)
}

// ECR has the images. An [ecr.Client] asks it.
type ECR interface {
	ecr.DescribeRepositoriesAPIClient
	BatchGetImage(context.Context, *ecr.BatchGetImageInput, ...func(*ecr.Options)) (*ecr.BatchGetImageOutput, error)
	GetAuthorizationToken(context.Context, *ecr.GetAuthorizationTokenInput, ...func(*ecr.Options)) (*ecr.GetAuthorizationTokenOutput, error)
}

// Secrets have values. A [secrets.Client] asks for them.
type Secrets interface {
	Value(context.Context, secrets.Reference) (string, error)
}

// Logs takes what containers write. A [cloudwatchlogs.Client] sends it.
type Logs interface {
	CreateLogStream(context.Context, *cloudwatchlogs.CreateLogStreamInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.CreateLogStreamOutput, error)
	PutLogEvents(context.Context, *cloudwatchlogs.PutLogEventsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.PutLogEventsOutput, error)
}

// A Launcher launches tasks and knows those that have not ended.
type Launcher struct {
	Options

	// closing is closed when all tasks are to end at once.
	closing chan struct{}
	tasks   sync.WaitGroup

	mutex      sync.Mutex
	interfaces map[place]*Task
	// launched counts the launches, to spread tasks over subnets.
	launched int
}

// A place is where a task is: VPCs may have the same addresses.
type place struct{ vpcID, address string }

// NewLauncher returns a Launcher without tasks.
func NewLauncher(options Options) *Launcher {
	return &Launcher{Options: options, closing: make(chan struct{}), interfaces: map[place]*Task{}}
}

// Launch launches a task. It returns at once; the task's record tells how far
// it is.
func (l *Launcher) Launch(launch scheduler.Launch) scheduler.Task {
	l.mutex.Lock()
	turn := l.launched
	l.launched++
	l.mutex.Unlock()
	t := l.newTask(launch, turn)
	l.tasks.Go(t.live)
	return t
}

// Close ends all tasks at once, without draining them, and returns when they
// have.
func (l *Launcher) Close() {
	close(l.closing)
	l.tasks.Wait()
}

// Dial connects a network interface to a port of the task that has an address in
// its VPC.
// Packets that security groups don't let through are lost, as on AWS: the
// connection is waited for until ctx ends.
func (l *Launcher) Dial(ctx context.Context, from vpc.NetworkInterface, address string, port int) (net.Conn, error) {
	l.mutex.Lock()
	to := l.interfaces[place{from.VPCID, address}]
	l.mutex.Unlock()
	if to == nil {
		// Nobody answers for an address that no network interface has.
		return nil, unanswered(ctx, address, port)
	}
	allowed, err := l.Network.Allows(ctx, from, to.attached, port)
	if err != nil {
		return nil, err
	}
	if !allowed {
		return nil, unanswered(ctx, address, port)
	}
	return eni.Dial(ctx, to.directory, port)
}

func unanswered(ctx context.Context, address string, port int) error {
	<-ctx.Done()
	return fmt.Errorf("dialing %s:%d: %w (%w)", address, port, syscall.ETIMEDOUT, context.Cause(ctx))
}

// attach makes a task known by its place.
func (l *Launcher) attach(t *Task) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.interfaces[t.place()] = t
}

func (l *Launcher) detach(t *Task) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	delete(l.interfaces, t.place())
}

func (t *Task) place() place { return place{t.attached.VPCID, t.attached.Address.String()} }
