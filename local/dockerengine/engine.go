// Package dockerengine finds the Docker engine of this machine, and starts one
// where there is none and the machine allows it.
package dockerengine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/docker/docker/api/types/versions"
	"github.com/docker/docker/client"

	"fargate-stack/local/daemon"
	"fargate-stack/local/progress"
)

const (
	// oldestAPI is the API of Docker 18.09, the first one with BuildKit.
	oldestAPI = "1.39"

	// answerLimit is how long an engine may take to answer a ping.
	answerLimit = 5 * time.Second
)

// ErrNotFound says that no engine answers.
var ErrNotFound = errors.New("no Docker engine answers")

// Options says where an engine is started if there is none.
type Options struct {
	// StateDirectory keeps what is known of a started engine, and its log.
	StateDirectory string
	// Report takes what is made ready.
	Report *progress.Reporter
	// Socket is where a started engine listens: [DefaultSocket] if empty.
	Socket string
	// Arguments are given to a started engine besides those it needs.
	Arguments []string
}

// An Engine is a Docker engine that answers.
type Engine struct {
	// Host is its address, in the form that DOCKER_HOST has.
	Host string
	// APIVersion is the newest version of the API that it speaks.
	APIVersion string

	process *daemon.Process
}

// Started tells whether the engine runs because this package started it.
func (e *Engine) Started() bool { return e.process != nil }

// Client returns a client of the engine. The caller closes it.
func (e *Engine) Client() (*client.Client, error) { return connect(e.Host) }

// Check returns nil if [Ensure] will find or can start an engine, and an error
// that says what to do otherwise. It changes nothing.
func Check(ctx context.Context, options Options) error {
	_, err := Find(ctx, options)
	if errors.Is(err, ErrNotFound) {
		return checkStart(err)
	}
	return err
}

// Ensure returns the engine of this machine. If there is none, it installs and
// starts one, which goes on running when the command ends, and says so.
func Ensure(ctx context.Context, options Options) (engine *Engine, started bool, err error) {
	engine, err = Find(ctx, options)
	if !errors.Is(err, ErrNotFound) {
		return engine, false, err
	}
	if err := checkStart(err); err != nil {
		return nil, false, err
	}
	if err := installMissing(ctx, options); err != nil {
		return nil, false, err
	}
	// Where systemd runs, a package starts the service that it installs.
	engine, err = Find(ctx, options)
	if !errors.Is(err, ErrNotFound) {
		return engine, false, err
	}
	engine, err = start(ctx, options)
	return engine, err == nil, err
}

// connect returns a client for the engine at an address. Certificates and
// the like come from Docker's environment variables.
func connect(host string) (*client.Client, error) {
	return client.NewClientWithOpts(client.FromEnv, client.WithHost(host), client.WithAPIVersionNegotiation())
}

// ask returns the engine at an address if it answers and can be used.
func ask(ctx context.Context, host string) (*Engine, error) {
	connection, err := connect(host)
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	ping, err := connection.Ping(ctx)
	switch {
	case err != nil:
		return nil, err
	case ping.OSType != "linux":
		return nil, fmt.Errorf("the Docker engine at %s runs %s containers; switch it to Linux containers", host, ping.OSType)
	case versions.LessThan(ping.APIVersion, oldestAPI):
		return nil, fmt.Errorf("the Docker engine at %s speaks API %s, which is too old for BuildKit; install Docker 18.09 (API %s) or newer", host, ping.APIVersion, oldestAPI)
	}
	return &Engine{Host: host, APIVersion: ping.APIVersion}, nil
}
