package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"slices"

	"fargate-stack/local/baseimages"
	"fargate-stack/local/cloud"
	"fargate-stack/local/daemon"
	"fargate-stack/local/dockerengine"
	"fargate-stack/local/emulator"
	"fargate-stack/local/fargate"
	"fargate-stack/local/stack"
	"fargate-stack/local/toolchain"
)

// up deploys the stack. It checks first that everything it needs is there or
// can be made. If something fails before the deployment begins, what was
// started is stopped again.
func (m *machine) up(ctx context.Context) error {
	wanted, err := stack.ReadSettings(m.repository)
	if err != nil {
		return err
	}
	lock, err := stack.TakeLock(m.state)
	if err != nil {
		return err
	}
	defer lock.Release()
	if err := m.check(ctx, wanted); err != nil {
		return err
	}

	ready := &preparation{machine: m, wanted: wanted, lock: lock}
	fmt.Fprintln(m.out, "Making ready:")
	if err := ready.prepare(ctx); err != nil {
		return errors.Join(err, ready.undo())
	}
	if err := ready.stack.Recover(ctx); err != nil {
		return fmt.Errorf("%w; it is needed because an earlier deployment was cut off", err)
	}
	fmt.Fprintln(m.out, "\nDeploying with pulumi up:")
	if err := ready.stack.Up(); err != nil {
		return fmt.Errorf("%w; make up goes on from here, make down removes what was deployed", err)
	}
	return m.showDeployed(ctx, ready)
}

// check returns everything that stands in the way, one problem a line.
func (m *machine) check(ctx context.Context, wanted *stack.Settings) error {
	_, noPython := emulator.FindPython(ctx)
	return errors.Join(
		checkGo(),
		noPython,
		dockerengine.Check(ctx, m.engineOptions()),
		fargate.Check(ctx),
		m.checkEmulator(ctx, wanted),
	)
}

func checkGo() error {
	if _, err := exec.LookPath("go"); err != nil {
		return errors.New("the program is compiled with Go, which is not on PATH; get it from https://go.dev/dl")
	}
	return nil
}

// checkEmulator returns an error if the emulator that runs is not the one that
// is wanted, or if there is none and its port is taken.
func (m *machine) checkEmulator(ctx context.Context, wanted *stack.Settings) error {
	running, err := m.findEmulator(ctx)
	switch {
	case errors.Is(err, daemon.ErrNotRunning):
		return emulator.CheckPort(ctx, m.port)
	case err != nil:
		return err
	case running.Port != m.port:
		return fmt.Errorf("the stack is deployed on port %d already; go on there with FARGATE_STACK_PORT=%d make up, or run make down first", running.Port, running.Port)
	case running.Region != wanted.Region:
		return fmt.Errorf("the stack is deployed in region %s already; run make down before deploying it in %s", running.Region, wanted.Region)
	}
	return nil
}

// findEmulator returns the emulator if it runs and answers. One that does not
// answer any more is ended: what was deployed to it is out of reach.
func (m *machine) findEmulator(ctx context.Context) (*cloud.Cloud, error) {
	running, err := cloud.Find(m.state)
	if err != nil {
		return nil, err
	}
	if err := running.Check(ctx); err != nil {
		m.report.Note("the AWS emulator (process %d) does not answer and is ended: %s", running.PID(), err)
		if err := running.Stop(); err != nil {
			return nil, err
		}
		return nil, daemon.ErrNotRunning
	}
	return running, nil
}

// A preparation makes ready what a deployment needs, and keeps how to stop
// what it has started.
type preparation struct {
	*machine

	wanted  *stack.Settings
	lock    *stack.Lock
	started []func() error

	tools  *toolchain.Toolchain
	engine *dockerengine.Engine
	aws    *cloud.Cloud
	stack  *stack.Stack
}

// undo stops what was started, the last first.
func (p *preparation) undo() error {
	var failed []error
	for _, stop := range slices.Backward(p.started) {
		failed = append(failed, stop())
	}
	return errors.Join(failed...)
}

func (p *preparation) prepare(ctx context.Context) (err error) {
	if p.tools, err = toolchain.Prepare(ctx, p.toolchainOptions()); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{p.ensureEngine, p.ensureBaseImages, p.ensureEmulator} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if err := p.engine.CheckRegistry(ctx, p.aws.Registry()); err != nil {
		return err
	}
	p.stack, err = stack.Open(ctx, p.stackOptions(p.tools, p.aws, p.engine.Host), p.lock)
	return err
}

func (p *preparation) ensureEngine(ctx context.Context) error {
	engine, started, err := dockerengine.Ensure(ctx, p.engineOptions())
	if err != nil {
		return err
	}
	if started {
		p.started = append(p.started, engine.Stop)
	} else {
		p.report.Ready("Docker engine at " + engine.Host)
	}
	p.engine = engine
	return nil
}

// ensureBaseImages leaves a Dockerfile that is not there to the program, which
// reports it together with whatever else is wrong with its settings.
func (p *preparation) ensureBaseImages(ctx context.Context) error {
	if _, err := os.Stat(p.wanted.Dockerfile); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	client, err := p.engine.Client()
	if err != nil {
		return err
	}
	defer client.Close()
	return baseimages.Ensure(ctx, client, baseimages.Options{
		Dockerfile: p.wanted.Dockerfile,
		Platform:   p.wanted.Platform,
		Cache:      p.cache,
		Report:     p.report,
	})
}

// ensureEmulator starts the emulator unless it runs. A new one knows nothing
// of what the state of an earlier one describes.
func (p *preparation) ensureEmulator(ctx context.Context) error {
	running, err := p.findEmulator(ctx)
	if err == nil {
		p.report.Ready("AWS emulator on " + running.URL())
		p.aws = running
		return nil
	}
	if !errors.Is(err, daemon.ErrNotRunning) {
		return err
	}
	if stack.Exists(p.state) {
		p.report.Note("the AWS emulator has ended since the last deployment, which is gone with it; its state is discarded")
		if err := stack.Discard(p.state); err != nil {
			return err
		}
	}
	p.aws, err = cloud.Start(ctx, cloud.Options{
		Port:           p.port,
		Region:         p.wanted.Region,
		StateDirectory: p.state,
		Cache:          p.cache,
		Programs:       p.tools.Fargate,
		DockerHost:     p.engine.Host,
		Report:         p.report,
	})
	if err != nil {
		return err
	}
	discard := func() error { return stack.Discard(p.state) }
	p.started = append(p.started, discard, p.aws.Stop)
	return nil
}

func (m *machine) showDeployed(ctx context.Context, ready *preparation) error {
	deployed, err := stack.Describe(ctx, m.stackOptions(ready.tools, ready.aws, ready.engine.Host))
	if err != nil {
		return err
	}
	fmt.Fprintf(m.out, "\nDeployed to %s:\n", ready.aws.URL())
	m.table(outputs(deployed))
	fmt.Fprintf(m.out, `
  curl %s    asks the app
  make status    shows what runs
  make down      destroys it
  %s    is the emulator's log
  %s    is the log of tasks and traffic
`, deployed.Outputs["url"], ready.aws.Log(), ready.aws.TaskLog())
	return nil
}
