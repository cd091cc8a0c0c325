package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"fargate-stack/internal/complaint"
	"fargate-stack/preview/plan"
)

// preview returns what deploying a stack would change. A preview that failed has
// a plan too, with the errors in it: those of the plan, or else what the CLI said
// while it made none. All that it says goes to problems as well.
func preview(ctx context.Context, stack string, problems io.Writer) (*plan.Plan, error) {
	// Rules look at resources that stay as they are, too.
	command := exec.CommandContext(ctx, "pulumi", "preview", "--json", "--show-sames", "--non-interactive", "--stack", stack)
	// Interrupted, it ends its plugins and frees the stack.
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	var output, said bytes.Buffer
	command.Stdout, command.Stderr = &output, io.MultiWriter(&said, problems)
	failed := command.Run()
	switch {
	case errors.Is(failed, exec.ErrNotFound):
		return nil, complaint.NoPulumi(failed)
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	}
	p, err := plan.Read(output.Bytes())
	if failed == nil {
		return p, err
	}
	if err != nil {
		p = &plan.Plan{}
	}
	if len(p.Errors) == 0 {
		p.Errors = []string{strings.TrimSpace(fmt.Sprintf("%s\npulumi preview: %v", said.String(), failed))}
	}
	return p, nil
}
