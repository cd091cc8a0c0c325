// Package fargate runs, on this machine, the part of AWS that an emulator only
// simulates: the tasks of ECS services, as containers of a Docker engine, and
// the traffic of Application Load Balancers to them. That is done by a program
// of its own, the one in the directory server; this package starts, finds and
// stops it.
//
// The program knows nothing of what is deployed but what the AWS APIs say.
package fargate

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/client"

	"fargate-stack/local/daemon"
	"fargate-stack/local/progress"
)

const (
	// OwnerLabel is on every container, and says whose it is.
	OwnerLabel = "io.fargate-stack.fargate"

	// ReadyPath is what the program answers when it is ready.
	ReadyPath = "/ready"

	startLimit = 60 * time.Second
	// stopLimit is enough to kill and remove all containers.
	stopLimit = 60 * time.Second

	// longestSocket is what the system takes as the path of a socket.
	longestSocket = 107
)

// Programs are the paths of the two programs.
type Programs struct {
	// Server runs tasks and carries traffic.
	Server string
	// Interface is the network interface of a task, in a container of its own.
	Interface string
}

// Options says how the program is run.
type Options struct {
	Programs Programs
	// Endpoint is the address of the emulator, and Account and Region whose
	// tasks are run.
	Endpoint, Account, Region string
	// DockerHost is the address of the Docker engine.
	DockerHost string
	// StateDirectory keeps what is known of the running program, its log and
	// its sockets.
	StateDirectory string
	// Report takes what is made ready.
	Report *progress.Reporter
}

// A Fargate is the program while it runs.
type Fargate struct {
	*daemon.Process
}

// Socket is where the program listens that is started with a state directory.
func Socket(stateDirectory string) (string, error) {
	socket := filepath.Join(directory(stateDirectory), "socket")
	if len(socket) > longestSocket {
		return "", fmt.Errorf("the path %s is too long for a socket (%d characters at most); set FARGATE_STACK_STATE to a shorter one", socket, longestSocket)
	}
	return socket, nil
}

func directory(stateDirectory string) string { return filepath.Join(stateDirectory, "fargate") }

// Start starts the program and returns when it is ready. It goes on running
// when the command ends.
func Start(ctx context.Context, options Options) (*Fargate, error) {
	socket, err := Socket(options.StateDirectory)
	if err != nil {
		return nil, err
	}
	if err := StopStarted(options.StateDirectory); err != nil {
		return nil, err
	}
	// Closed to others: whoever reaches the socket of a network interface
	// reaches the task.
	interfaces := filepath.Join(directory(options.StateDirectory), "eni")
	if err := os.MkdirAll(interfaces, 0o700); err != nil {
		return nil, err
	}
	command := exec.Command(options.Programs.Server)
	command.Dir = directory(options.StateDirectory)
	command.Env = []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + os.Getenv("HOME"),
		"AWS_ENDPOINT_URL=" + options.Endpoint,
		"AWS_REGION=" + options.Region,
		"AWS_ACCESS_KEY_ID=test",
		"AWS_SECRET_ACCESS_KEY=test",
		"AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE=" + os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
		"DOCKER_HOST=" + options.DockerHost,
		"DOCKER_CERT_PATH=" + os.Getenv("DOCKER_CERT_PATH"),
		"DOCKER_TLS_VERIFY=" + os.Getenv("DOCKER_TLS_VERIFY"),
		"FARGATE_SOCKET=" + socket,
		"FARGATE_INTERFACES=" + interfaces,
		"FARGATE_INTERFACE=" + options.Programs.Interface,
		"FARGATE_ACCOUNT=" + options.Account,
		"FARGATE_OWNER=" + Owner(options.StateDirectory),
	}
	var process *daemon.Process
	err = options.Report.Step("starting what runs tasks and carries traffic", func() error {
		process, err = daemon.Start(ctx, command, daemon.Options{
			Directory:  directory(options.StateDirectory),
			Ready:      func(ctx context.Context) error { return ready(ctx, socket) },
			StartLimit: startLimit,
			StopLimit:  stopLimit,
		})
		return err
	})
	return &Fargate{process}, err
}

// ready returns nil when the program takes requests.
func ready(ctx context.Context, socket string) error {
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://fargate"+ReadyPath, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("it answers %s", response.Status)
	}
	return nil
}

// Find returns the program that was started with the same state directory. The
// error is [daemon.ErrNotRunning] if it does not run.
func Find(stateDirectory string) (*Fargate, error) {
	process, err := daemon.Find(directory(stateDirectory))
	if err != nil {
		return nil, err
	}
	return &Fargate{process}, nil
}

// Stop ends the program, and with it all tasks.
func (f *Fargate) Stop() error {
	return f.Process.Stop(stopLimit)
}

// StopStarted stops the program that was started with a state directory, if it
// runs.
func StopStarted(stateDirectory string) error {
	running, err := Find(stateDirectory)
	if errors.Is(err, daemon.ErrNotRunning) {
		return nil
	}
	if err != nil {
		return err
	}
	return running.Stop()
}

// Owner is the value of the label [OwnerLabel] on all containers of the
// program that is started with a state directory.
func Owner(stateDirectory string) string { return stateDirectory }

// RemoveContainers removes the containers that a program left behind, because
// it was killed.
func RemoveContainers(ctx context.Context, docker client.ContainerAPIClient, owner string) error {
	left, err := docker.ContainerList(ctx, container.ListOptions{
		All: true, Filters: filters.NewArgs(filters.Arg("label", OwnerLabel+"="+owner)),
	})
	if err != nil {
		return fmt.Errorf("listing containers: %w", err)
	}
	var failed []error
	for _, c := range left {
		err := docker.ContainerRemove(ctx, c.ID, container.RemoveOptions{Force: true, RemoveVolumes: true})
		if err != nil && !errdefs.IsNotFound(err) && !errdefs.IsConflict(err) {
			failed = append(failed, fmt.Errorf("removing container %s: %w", c.ID, err))
		}
	}
	return errors.Join(failed...)
}
