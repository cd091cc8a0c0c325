package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"fargate-stack/internal/complaint"
)

// export returns the state of a stack, without its secrets. With no name, it
// is the selected stack.
func export(ctx context.Context, stack string) ([]byte, error) {
	arguments := []string{"stack", "export", "--non-interactive"}
	if stack != "" {
		arguments = append(arguments, "--stack", stack)
	}
	command := exec.CommandContext(ctx, "pulumi", arguments...)
	var problems bytes.Buffer
	command.Stderr = &problems
	state, err := command.Output()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return nil, complaint.NoPulumi(err)
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, fmt.Errorf("pulumi %s: %w: %s", strings.Join(arguments, " "), err, strings.Join(strings.Fields(problems.String()), " "))
	}
	return state, nil
}
