package main

import (
	"context"
	"errors"
	"fmt"

	"fargate-stack/local/cloud"
	"fargate-stack/local/daemon"
	"fargate-stack/local/stack"
)

// doctor finds out why what is deployed does not answer. It changes nothing.
func (m *machine) doctor(ctx context.Context) error {
	aws, err := cloud.Find(m.state)
	if err != nil && !errors.Is(err, daemon.ErrNotRunning) {
		return err
	}
	if aws == nil || !stack.Exists(m.state) {
		fmt.Fprintln(m.out, "nothing is deployed on this machine; make up deploys it")
		return errNotDeployed
	}
	if err := aws.Check(ctx); err != nil {
		return fmt.Errorf("the AWS emulator is of no use any more: %w; make up deploys anew", err)
	}
	tools, err := m.toolchain(ctx)
	if err != nil {
		return err
	}
	return stack.Examine(ctx, m.stackOptions(tools, aws, ""))
}
