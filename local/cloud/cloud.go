// Package cloud is the AWS on this machine: the emulator of its APIs, and what
// runs the tasks and carries the traffic that are deployed through them. Both
// keep all they know in memory, so that one is of no use without the other.
package cloud

import (
	"context"
	"errors"

	"fargate-stack/local/daemon"
	"fargate-stack/local/emulator"
	"fargate-stack/local/fargate"
	"fargate-stack/local/progress"
)

// Options says how it is run.
type Options struct {
	// Port is the port of the APIs, on the loopback address only.
	Port int
	// Region is the region that there is.
	Region string
	// StateDirectory keeps what is known of what runs, and logs.
	StateDirectory string
	// Cache keeps the installation of the emulator.
	Cache string
	// Programs run tasks and carry traffic.
	Programs fargate.Programs
	// DockerHost is the address of the Docker engine that tasks run on.
	DockerHost string
	// CallLog is the path of a file that each call of the APIs is written down in;
	// empty for none.
	CallLog string
	// Report takes what is made ready.
	Report *progress.Reporter
}

// A Cloud is an AWS that runs.
type Cloud struct {
	*emulator.Emulator

	// fargate is nil if it has ended by itself.
	fargate *fargate.Fargate
}

// Start starts it and returns when it takes requests. It goes on running when
// the command ends.
func Start(ctx context.Context, options Options) (*Cloud, error) {
	socket, err := fargate.Socket(options.StateDirectory)
	if err != nil {
		return nil, err
	}
	c := &Cloud{}
	c.Emulator, err = emulator.Start(ctx, emulator.Options{
		Port:           options.Port,
		Region:         options.Region,
		StateDirectory: options.StateDirectory,
		Cache:          options.Cache,
		Handover:       socket,
		CallLog:        options.CallLog,
		Report:         options.Report,
	})
	if err != nil {
		return nil, err
	}
	c.fargate, err = fargate.Start(ctx, fargate.Options{
		Programs:       options.Programs,
		Endpoint:       c.URL(),
		Account:        emulator.Account,
		Region:         options.Region,
		DockerHost:     options.DockerHost,
		StateDirectory: options.StateDirectory,
		Report:         options.Report,
	})
	if err != nil {
		return nil, errors.Join(err, c.Emulator.Stop())
	}
	return c, nil
}

// Find returns what was started with the same state directory. The error is
// [daemon.ErrNotRunning] if the emulator does not run.
func Find(stateDirectory string) (*Cloud, error) {
	running, err := emulator.Find(stateDirectory)
	if err != nil {
		return nil, err
	}
	c := &Cloud{Emulator: running}
	c.fargate, err = fargate.Find(stateDirectory)
	if err != nil && !errors.Is(err, daemon.ErrNotRunning) {
		return nil, err
	}
	return c, nil
}

// Check returns an error if what runs is of no use any more.
func (c *Cloud) Check(ctx context.Context) error {
	if c.fargate == nil {
		return errors.New("what ran the tasks has ended")
	}
	_, err := c.Version(ctx)
	return err
}

// Stop ends all tasks, and with the emulator all that was deployed to it.
func (c *Cloud) Stop() error {
	var failed error
	if c.fargate != nil {
		failed = c.fargate.Stop()
	}
	return errors.Join(failed, c.Emulator.Stop())
}

// TaskLog returns the path of the log of what runs tasks and carries traffic.
// It is empty if that has ended.
func (c *Cloud) TaskLog() string {
	if c.fargate == nil {
		return ""
	}
	return c.fargate.Log()
}
