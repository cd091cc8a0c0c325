package main

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"
	"github.com/docker/docker/pkg/stdcopy"
)

const (
	// noNetwork leaves a container nothing but its own loopback interface, so
	// that it can be reached from nowhere but containers that share it.
	noNetwork = "none"

	// noLogs has the engine read what a container prints and drop it. What
	// else an engine does with it would be measured with the app.
	noLogs = "none"

	// keptLogs keeps what a container prints, to be read.
	keptLogs = "json-file"
)

// A containerOptions says what a container runs.
type containerOptions struct {
	image string
	// entrypoint is run in place of the image's own. It may be empty.
	entrypoint []string
	// arguments are given to it.
	arguments   []string
	environment []string
	// network is noNetwork or that of another container.
	network string
	// logs is noLogs or keptLogs.
	logs string
	// program is the path of a program here that the container gets at /. It
	// may be empty.
	program string
}

// A runningContainer is a container that was started here.
type runningContainer struct {
	id     string
	docker *client.Client
}

// network is what a container has for its network to share this one's.
func (c *runningContainer) network() string { return "container:" + c.id }

// startContainer starts a container. The caller removes it.
func (m *machine) startContainer(ctx context.Context, options containerOptions) (*runningContainer, error) {
	created, err := m.docker.ContainerCreate(ctx,
		&container.Config{Image: options.image, Entrypoint: options.entrypoint, Cmd: options.arguments, Env: options.environment},
		&container.HostConfig{NetworkMode: container.NetworkMode(options.network), LogConfig: container.LogConfig{Type: options.logs}},
		nil, nil, "")
	if err != nil {
		return nil, fmt.Errorf("making a container of %s: %w", options.image, err)
	}
	c := &runningContainer{id: created.ID, docker: m.docker}
	if err := c.start(ctx, options.program); err != nil {
		return nil, errors.Join(fmt.Errorf("starting a container of %s: %w", options.image, err), c.remove(ctx))
	}
	return c, nil
}

func (c *runningContainer) start(ctx context.Context, program string) error {
	if program != "" {
		archive, err := archiveOf(program)
		if err != nil {
			return err
		}
		if err := c.docker.CopyToContainer(ctx, c.id, "/", archive, container.CopyToContainerOptions{}); err != nil {
			return err
		}
	}
	return c.docker.ContainerStart(ctx, c.id, container.StartOptions{})
}

// archiveOf returns an archive with one program in it.
func archiveOf(program string) (*bytes.Buffer, error) {
	content, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	archive := &bytes.Buffer{}
	writer := tar.NewWriter(archive)
	if err := writer.WriteHeader(&tar.Header{Name: path.Base(program), Mode: 0o755, Size: int64(len(content))}); err != nil {
		return nil, err
	}
	if _, err := writer.Write(content); err != nil {
		return nil, err
	}
	return archive, writer.Close()
}

// remove ends a container and removes it, also when the measuring was
// interrupted.
func (c *runningContainer) remove(ctx context.Context) error {
	if err := c.docker.ContainerRemove(context.WithoutCancel(ctx), c.id, container.RemoveOptions{Force: true}); err != nil {
		return fmt.Errorf("removing the container %s: %w", c.id, err)
	}
	return nil
}

// runContainer runs a container to its end and returns what it printed.
func (m *machine) runContainer(ctx context.Context, options containerOptions) (output string, err error) {
	options.logs = keptLogs
	c, err := m.startContainer(ctx, options)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, c.remove(ctx)) }()
	code, err := c.wait(ctx)
	if err != nil {
		return "", err
	}
	output, problems, err := c.output(ctx)
	if err == nil && code != 0 {
		err = fmt.Errorf("%s in a container of %s exited with %d: %s", strings.Join(append(options.entrypoint, options.arguments...), " "), options.image, code, lastLines(output+problems))
	}
	return output, err
}

// wait waits until a container has ended, and returns with what.
func (c *runningContainer) wait(ctx context.Context) (int64, error) {
	ended, failed := c.docker.ContainerWait(ctx, c.id, container.WaitConditionNotRunning)
	select {
	case end := <-ended:
		return end.StatusCode, nil
	case err := <-failed:
		return 0, err
	}
}

// output returns what a container has printed, and what of it as problems.
func (c *runningContainer) output(ctx context.Context) (output, problems string, err error) {
	logs, err := c.docker.ContainerLogs(ctx, c.id, container.LogsOptions{ShowStdout: true, ShowStderr: true})
	if err != nil {
		return "", "", err
	}
	defer logs.Close()
	var out, problem bytes.Buffer
	_, err = stdcopy.StdCopy(&out, &problem, logs)
	return out.String(), problem.String(), err
}
