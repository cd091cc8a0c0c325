package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/docker/docker/client"

	"fargate-stack/local/dockerengine"
	"fargate-stack/local/progress"
	"fargate-stack/local/settings"
)

// A machine is this machine, with what all parts need made ready.
type machine struct {
	// repository is the top directory of this repository.
	repository string
	// scratch is a directory for what is of no use when all is measured.
	scratch string
	cache   string
	report  *progress.Reporter
	engine  *dockerengine.Engine
	docker  *client.Client
}

// newMachine makes the machine ready. The caller closes it.
func newMachine(ctx context.Context, report *progress.Reporter) (*machine, error) {
	m := &machine{report: report}
	if err := m.prepare(ctx); err != nil {
		return nil, errors.Join(err, m.close())
	}
	return m, nil
}

func (m *machine) prepare(ctx context.Context) (err error) {
	if m.repository, err = os.Getwd(); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(m.repository, "Pulumi.yaml")); err != nil {
		return fmt.Errorf("%w; run make in the repository's top directory", err)
	}
	if m.cache, err = settings.Cache(); err != nil {
		return err
	}
	if m.scratch, err = os.MkdirTemp("", "fargate-stack-bench-"); err != nil {
		return err
	}
	m.engine, _, err = dockerengine.Ensure(ctx, dockerengine.Options{
		StateDirectory: filepath.Join(m.scratch, "engine"), Report: m.report,
	})
	if err != nil {
		return err
	}
	m.docker, err = m.engine.Client()
	return err
}

// close stops what was started, and removes what was written.
func (m *machine) close() error {
	var failed []error
	if m.docker != nil {
		failed = append(failed, m.docker.Close())
	}
	if m.engine != nil {
		failed = append(failed, m.engine.Stop())
	}
	if m.scratch != "" {
		failed = append(failed, os.RemoveAll(m.scratch))
	}
	return errors.Join(failed...)
}
