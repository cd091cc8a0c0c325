// Command fargate runs the tasks of ECS services in containers and carries the
// traffic of load balancers, for an emulator of AWS that hands this over. It is
// started by package fargate, with its settings in the environment:
//
//	AWS_ENDPOINT_URL       the emulator, with AWS_REGION and credentials
//	DOCKER_HOST            the Docker engine
//	FARGATE_SOCKET         where it listens for what is handed over
//	FARGATE_INTERFACES     the directory for the sockets of network interfaces
//	FARGATE_INTERFACE      the program of a network interface
//	FARGATE_ACCOUNT        the account of all that it runs
//	FARGATE_OWNER          the value of the label on its containers
//
// On SIGTERM it ends all tasks and then itself.
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/docker/docker/client"

	"fargate-stack/local/fargate"
	"fargate-stack/local/fargate/api"
	"fargate-stack/local/fargate/eni"
	"fargate-stack/local/fargate/loadbalancer"
	"fargate-stack/local/fargate/permissions"
	"fargate-stack/local/fargate/scheduler"
	"fargate-stack/local/fargate/secrets"
	"fargate-stack/local/fargate/task"
	"fargate-stack/local/fargate/vpc"
)

// answerLimit is how long requests that are being answered may take at the end.
const answerLimit = 2 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, slog.New(slog.NewTextHandler(os.Stderr, nil))); err != nil {
		fmt.Fprintln(os.Stderr, "fargate:", err)
		os.Exit(1)
	}
}

// run runs tasks until ctx ends.
func run(ctx context.Context, log *slog.Logger) error {
	docker, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err != nil {
		return err
	}
	defer docker.Close()
	owner := os.Getenv("FARGATE_OWNER")
	if err := fargate.RemoveContainers(ctx, docker, owner); err != nil {
		return err
	}
	image, err := eni.EnsureImage(ctx, docker, os.Getenv("FARGATE_INTERFACE"))
	if err != nil {
		return err
	}
	listener, err := listen(os.Getenv("FARGATE_SOCKET"))
	if err != nil {
		return err
	}
	options := task.Options{
		Docker:         docker,
		InterfaceImage: image,
		Directory:      os.Getenv("FARGATE_INTERFACES"),
		Labels:         map[string]string{fargate.OwnerLabel: owner},
		Account:        os.Getenv("FARGATE_ACCOUNT"),
		Log:            log,
	}
	return serve(ctx, listener, options)
}

// listen makes the socket, in the place of one that was left behind.
func listen(socket string) (net.Listener, error) {
	if err := os.Remove(socket); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return net.Listen("unix", socket)
}

// serve connects the parts and has them work until ctx ends. Traffic and
// scheduling end before the tasks, so that none is launched in place of
// another.
func serve(ctx context.Context, listener net.Listener, options task.Options) error {
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	network := vpc.New(ec2.NewFromConfig(settings))
	way := newDialer(network)
	balancers := loadbalancer.New(loadbalancer.Options{
		Client: elasticloadbalancingv2.NewFromConfig(settings), Certificates: acm.NewFromConfig(settings),
		Dialer: way, Log: options.Log,
	})
	client := ecs.NewFromConfig(settings)
	options.Region = settings.Region
	options.Network = network
	options.Roles = permissions.New(iam.NewFromConfig(settings))
	options.Balancers = balancers
	options.ECS = client
	options.ECR = ecr.NewFromConfig(settings)
	options.Secrets = secrets.New(secretsmanager.NewFromConfig(settings), ssm.NewFromConfig(settings))
	options.Logs = cloudwatchlogs.NewFromConfig(settings)
	launcher := task.NewLauncher(options)
	defer launcher.Close()
	way.tasks = launcher
	services := scheduler.New(scheduler.Options{Account: options.Account, Region: options.Region, Launch: launcher.Launch})

	var working sync.WaitGroup
	defer working.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	working.Go(func() { balancers.Run(ctx) })
	working.Go(func() { services.Run(ctx) })
	return answer(ctx, listener, &api.Server{Scheduler: services, Targets: balancers, ECS: client, Log: options.Log})
}

// answer answers what is handed over until ctx ends.
func answer(ctx context.Context, listener net.Listener, handler http.Handler) error {
	mux := http.NewServeMux()
	mux.Handle("POST /", handler)
	mux.HandleFunc("GET "+fargate.ReadyPath, func(http.ResponseWriter, *http.Request) {})
	server := &http.Server{Handler: mux} //nolint:gosec // the one client is the emulator
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerLimit)
	defer cancel()
	if err := server.Shutdown(closing); err != nil {
		return errors.Join(err, server.Close())
	}
	return nil
}
