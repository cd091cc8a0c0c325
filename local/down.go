package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"fargate-stack/local/cloud"
	"fargate-stack/local/daemon"
	"fargate-stack/local/dockerengine"
	"fargate-stack/local/emulator"
	"fargate-stack/local/fargate"
	"fargate-stack/local/stack"
)

// down destroys the stack and stops what up has started.
func (m *machine) down(ctx context.Context) error {
	lock, err := stack.TakeLock(m.state)
	if err != nil {
		return err
	}
	defer lock.Release()
	// Destroying needs no engine, so one that has ended does not stand in the way.
	engine, err := dockerengine.Find(ctx, m.engineOptions())
	if err != nil && !errors.Is(err, dockerengine.ErrNotFound) {
		return err
	}
	destroyed, err := m.destroy(ctx, lock, engine)
	if err != nil {
		return err
	}
	if err := m.removeTasks(ctx, engine); err != nil {
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
	return m.forget(lock)
}

// destroy destroys the stack and stops its emulator. It tells whether there
// was any of it.
func (m *machine) destroy(ctx context.Context, lock *stack.Lock, engine *dockerengine.Engine) (bool, error) {
	aws, err := m.findEmulator(ctx)
	if errors.Is(err, daemon.ErrNotRunning) {
		return m.discard(ctx, engine)
	}
	if err != nil {
		return false, err
	}
	if stack.Exists(m.state) {
		if err := m.destroyStack(ctx, aws, lock, engine); err != nil {
			return true, err
		}
	}
	// Images that containers use could not be removed.
	if err := aws.Stop(); err != nil {
		return true, err
	}
	if err := removeImages(ctx, engine, aws.Registry()); err != nil {
		return true, err
	}
	m.report.Ready("stopped the AWS emulator")
	return true, nil
}

// discard forgets a stack whose emulator has ended. It tells whether there
// was one.
func (m *machine) discard(ctx context.Context, engine *dockerengine.Engine) (bool, error) {
	if !stack.Exists(m.state) {
		return false, nil
	}
	m.report.Note("the AWS emulator does not run any more, and what was deployed is gone with it")
	return true, errors.Join(stack.Discard(m.state), removeImages(ctx, engine, emulator.Registry(m.port)))
}

// removeTasks removes tasks whose emulator has ended without them.
func (m *machine) removeTasks(ctx context.Context, engine *dockerengine.Engine) error {
	if err := fargate.StopStarted(m.state); err != nil || engine == nil {
		return err
	}
	client, err := engine.Client()
	if err != nil {
		return err
	}
	defer client.Close()
	return fargate.RemoveContainers(ctx, client, fargate.Owner(m.state))
}

// removeImages removes the images from the engine that were built for an
// emulator's registry.
func removeImages(ctx context.Context, engine *dockerengine.Engine, registry string) error {
	if engine == nil {
		return nil
	}
	return engine.RemoveImages(ctx, registry)
}

func (m *machine) destroyStack(ctx context.Context, aws *cloud.Cloud, lock *stack.Lock, engine *dockerengine.Engine) error {
	tools, err := m.toolchain(ctx)
	if err != nil {
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
	err = deployed.Recover(ctx)
	if err == nil {
		err = deployed.Destroy()
	}
	if err != nil {
		return fmt.Errorf("%w; to drop it all, end the emulator (kill %d) and run make down again", err, aws.PID())
	}
	return nil
}

// forget removes what is known of what ran. Only what was put there is removed:
// the directory may be one that the user has for other things too.
func (m *machine) forget(lock *stack.Lock) error {
	return errors.Join(
		os.RemoveAll(filepath.Join(m.state, "docker")),
		os.RemoveAll(filepath.Join(m.state, "emulator")),
		os.RemoveAll(filepath.Join(m.state, "fargate")),
		lock.Remove(),
	)
}
