package eni

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/client"
)

const (
	// startLimit is how long a network interface may take to answer, and
	// removeLimit how long it may take to remove one that does not.
	startLimit  = 30 * time.Second
	removeLimit = 10 * time.Second

	// mountPoint is the directory of the sockets in the container.
	mountPoint = "/eni"
)

// Options says how a network interface is started.
type Options struct {
	// Name is the container's name.
	Name string
	// Image is its image, from [EnsureImage].
	Image string
	// Directory gets the sockets. It is made if there is none, and open to all
	// users, since the one in the container may be any other to this machine:
	// the directory above it has to be closed to them.
	Directory string
	// Hostname is the host name of all containers of the task.
	Hostname string
	// MetadataPort is where the metadata endpoint is, on the task's own
	// 127.0.0.1. See [ListenForMetadata].
	MetadataPort int
	// Labels are put on the container.
	Labels map[string]string
}

// Start starts a network interface and returns the id of its container when it
// answers. The containers of the task join its network, container:<id>. It ends
// when the container is stopped or removed.
func Start(ctx context.Context, docker client.ContainerAPIClient, options Options) (id string, err error) {
	if err := os.MkdirAll(options.Directory, 0o777); err != nil {
		return "", err
	}
	if err := os.Chmod(options.Directory, 0o777); err != nil { // whatever the umask is
		return "", err
	}
	created, err := docker.ContainerCreate(ctx, &container.Config{
		Image:    options.Image,
		Cmd:      []string{mountPoint, strconv.Itoa(options.MetadataPort)},
		Hostname: options.Hostname,
		Labels:   options.Labels,
	}, confined(options.Directory), nil, nil, options.Name)
	if err != nil {
		return "", fmt.Errorf("creating the network interface: %w", err)
	}
	if err := start(ctx, docker, created.ID, options.Directory); err != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeLimit)
		defer cancel()
		removed := docker.ContainerRemove(ctx, created.ID, container.RemoveOptions{Force: true})
		return "", fmt.Errorf("starting the network interface: %w", errors.Join(err, removed))
	}
	return created.ID, nil
}

// confined returns what a network interface may do: nothing but use its sockets.
func confined(directory string) *container.HostConfig {
	return &container.HostConfig{
		NetworkMode:    "none",
		ReadonlyRootfs: true,
		CapDrop:        []string{"ALL"},
		SecurityOpt:    []string{"no-new-privileges"},
		Mounts:         []mount.Mount{{Type: mount.TypeBind, Source: directory, Target: mountPoint}},
	}
}

// start starts a container and waits until it answers.
func start(ctx context.Context, docker client.ContainerAPIClient, id, directory string) error {
	if err := docker.ContainerStart(ctx, id, container.StartOptions{}); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		connection, err := connect(ctx, directory)
		if err == nil {
			return connection.Close()
		}
		if !errors.Is(err, ErrDetached) {
			return err
		}
		if err := checkRuns(ctx, docker, id); err != nil {
			return err
		}
		select {
		case <-time.After(retryInterval):
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		}
	}
}

// checkRuns returns an error if a container has ended.
func checkRuns(ctx context.Context, docker client.ContainerAPIClient, id string) error {
	found, err := docker.ContainerInspect(ctx, id)
	if err != nil {
		return err
	}
	if !found.State.Running {
		return fmt.Errorf("its program ended with exit code %d %s", found.State.ExitCode, found.State.Error)
	}
	return nil
}
