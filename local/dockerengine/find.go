package dockerengine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"

	"fargate-stack/local/daemon"
)

// DefaultSocket is where an engine listens unless it is told otherwise.
const DefaultSocket = "/var/run/docker.sock"

// Find returns the engine that DOCKER_HOST names, or else the first one that
// answers at the usual places. The error is [ErrNotFound] if none does.
func Find(ctx context.Context, options Options) (*Engine, error) {
	if host := os.Getenv("DOCKER_HOST"); host != "" {
		engine, err := ask(ctx, host)
		if err != nil {
			return nil, fmt.Errorf("the Docker engine that DOCKER_HOST names cannot be used; correct or unset it: %w", err)
		}
		return engine.withProcess(options)
	}
	notFound := ErrNotFound
	for _, socket := range sockets(options) {
		engine, err := askSocket(ctx, socket)
		if err == nil {
			return engine.withProcess(options)
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if !errors.Is(err, ErrNotFound) && errors.Is(notFound, ErrNotFound) {
			notFound = err
		}
	}
	return nil, notFound
}

// sockets returns where engines listen: that of the system, a rootless one,
// and those of the usual desktop products.
func sockets(options Options) []string {
	if options.Socket != "" {
		return []string{options.Socket}
	}
	found := []string{DefaultSocket}
	if runtime := os.Getenv("XDG_RUNTIME_DIR"); runtime != "" {
		found = append(found, filepath.Join(runtime, "docker.sock"))
	}
	if home, err := os.UserHomeDir(); err == nil {
		for _, socket := range []string{
			".docker/run/docker.sock",     // Docker rootless, Docker Desktop on macOS
			".docker/desktop/docker.sock", // Docker Desktop on Linux
			".colima/default/docker.sock", // Colima
			".orbstack/run/docker.sock",   // OrbStack
			".rd/docker.sock",             // Rancher Desktop
		} {
			found = append(found, filepath.Join(home, socket))
		}
	}
	return found
}

// askSocket returns the engine at a socket. The error is [ErrNotFound] if
// nobody listens there.
func askSocket(ctx context.Context, socket string) (*Engine, error) {
	connection, err := (&net.Dialer{Timeout: answerLimit}).DialContext(ctx, "unix", socket)
	if errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("there is a Docker engine at %s that you may not use; join its group (sudo usermod -aG docker $USER) and log in again", socket)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	connection.Close()
	return ask(ctx, "unix://"+socket)
}

// withProcess notes whether the engine is the one that was started with the
// same state directory.
func (e *Engine) withProcess(options Options) (*Engine, error) {
	process, err := daemon.Find(directory(options))
	switch {
	case errors.Is(err, daemon.ErrNotRunning):
		return e, nil
	case err != nil:
		return nil, err
	case sameHost(process.Detail, e.Host):
		e.process = process
	}
	return e, nil
}

// sameHost tells whether two addresses lead to the same engine.
func sameHost(a, b string) bool {
	real := func(host string) string {
		path := strings.TrimPrefix(host, "unix://")
		if resolved, err := filepath.EvalSymlinks(path); err == nil {
			return resolved
		}
		return path
	}
	return real(a) == real(b)
}
