package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"

	"fargate-stack/internal/complaint"
)

// login leads the Pulumi CLI to a backend.
func login(ctx context.Context, url string, out io.Writer) error {
	command := exec.CommandContext(ctx, "pulumi", "login", url, "--non-interactive")
	command.Stdout, command.Stderr = out, out
	err := command.Run()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return complaint.NoPulumi(err)
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return fmt.Errorf("pulumi login %s: %w; it has said why above", url, err)
	}
	return nil
}
