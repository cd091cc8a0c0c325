package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"fargate-stack/local/architecture"
	"fargate-stack/local/cloud"
	"fargate-stack/local/daemon"
	"fargate-stack/local/stack"
)

var errNothingToDraw = errors.New("the stack is not deployed, or not all of it; run make up first")

// pictures writes what is deployed as a diagram, which the program in
// local/pictures draws.
func (m *machine) pictures(ctx context.Context) error {
	aws, err := cloud.Find(m.state)
	if errors.Is(err, daemon.ErrNotRunning) {
		return errNothingToDraw
	}
	if err != nil {
		return err
	}
	tools, err := m.toolchain(ctx)
	if err != nil {
		return err
	}
	options := m.stackOptions(tools, aws, "")
	deployed, err := stack.Describe(ctx, options)
	if err != nil {
		return err
	}
	if !deployed.Complete() {
		return errNothingToDraw
	}
	resources, err := stack.Export(ctx, options)
	if err != nil {
		return err
	}
	path := filepath.Join("docs", "architecture.d2")
	if err := os.WriteFile(filepath.Join(m.repository, path), []byte(architecture.Diagram(resources)), 0o644); err != nil {
		return err
	}
	fmt.Fprintln(m.out, "wrote", path)
	return nil
}
