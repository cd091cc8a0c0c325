package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"fargate-stack/local/daemon"
	"fargate-stack/local/dockerengine"
	"fargate-stack/local/emulator"
	"fargate-stack/local/stack"
	"fargate-stack/local/toolchain"
)

// down destroys the stack and stops what up has started.
func (m *machine) down(ctx context.Context) error {
	lock, err := stack.TakeLock(m.state)
	if err != nil {
		return err
	}
	defer lock.Release()
	destroyed, err := m.destroy(ctx, lock)
	if err != nil {
		return err
	}
	stopped, err := dockerengine.StopStarted(m.engineOptions())
	if err != nil {
		return err
	}
	if stopped {
		m.report.Ready("stopped the Docker engine")
	}
	if !destroyed && !stopped {
		m.report.Ready("nothing runs")
	}
	return m.forget()
}

// destroy destroys the stack and stops its emulator. It tells whether there
// was any of it.
func (m *machine) destroy(ctx context.Context, lock *stack.Lock) (bool, error) {
	aws, err := m.findEmulator(ctx)
	if errors.Is(err, daemon.ErrNotRunning) {
		existed := stack.Exists(m.state)
		if existed {
			m.report.Note("the AWS emulator does not run any more, and what was deployed is gone with it")
		}
		return existed, stack.Discard(m.state)
	}
	if err != nil {
		return false, err
	}
	if stack.Exists(m.state) {
		if err := m.destroyStack(ctx, aws, lock); err != nil {
			return true, fmt.Errorf("%w; to drop it all, end the emulator (kill %d) and run make down again", err, aws.PID())
		}
	}
	if err := aws.Stop(); err != nil {
		return true, err
	}
	m.report.Ready("stopped the AWS emulator")
	return true, nil
}

func (m *machine) destroyStack(ctx context.Context, aws *emulator.Emulator, lock *stack.Lock) error {
	tools, err := toolchain.Prepare(ctx, m.toolchainOptions())
	if err != nil {
		return err
	}
	// Destroying needs no engine, so one that has ended does not stand in the way.
	engine, err := dockerengine.Find(ctx, m.engineOptions())
	if err != nil && !errors.Is(err, dockerengine.ErrNotFound) {
		return err
	}
	var dockerHost string
	if engine != nil {
		dockerHost = engine.Host
	}
	deployed, err := stack.Open(ctx, m.stackOptions(tools, aws, dockerHost), lock)
	if err != nil {
		return err
	}
	if err := deployed.Destroy(ctx); err != nil {
		return err
	}
	if engine == nil {
		return nil
	}
	return engine.RemoveImages(ctx, aws.Registry())
}

// forget removes what is known of what ran. Only what was put there is removed:
// the directory may be one that the user has for other things too.
func (m *machine) forget() error {
	return errors.Join(
		os.RemoveAll(filepath.Join(m.state, "docker")),
		os.RemoveAll(filepath.Join(m.state, "emulator")),
	)
}
