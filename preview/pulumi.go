package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"

	"fargate-stack/preview/plan"
)

// preview returns what deploying a stack would change. A preview that failed has
// a plan too, with the errors in it; what the CLI has to say beside it goes to
// problems.
func preview(ctx context.Context, stack string, problems io.Writer) (*plan.Plan, error) {
	// Rules look at resources that stay as they are, too.
	command := exec.CommandContext(ctx, "pulumi", "preview", "--json", "--show-sames", "--non-interactive", "--stack", stack)
	// Interrupted, it ends its plugins and frees the stack.
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, problems
	failed := command.Run()
	switch {
	case errors.Is(failed, exec.ErrNotFound):
		return nil, fmt.Errorf("%w; install it from https://www.pulumi.com/docs/iac/download-install/", failed)
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	}
	p, err := plan.Read(output.Bytes())
	switch {
	case failed != nil && (err != nil || len(p.Errors) == 0):
		return nil, fmt.Errorf("pulumi preview of stack %s: %w; what it said is above", stack, failed)
	case err != nil:
		return nil, err
	}
	return p, nil
}
