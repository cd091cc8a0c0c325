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

// A cli is the Pulumi CLI on PATH, for one stack.
type cli struct{ stack string }

func (c cli) export(ctx context.Context) ([]byte, error) {
	return c.run(ctx, nil, "stack", "export")
}

func (c cli) replace(ctx context.Context, state []byte) error {
	_, err := c.run(ctx, state, "stack", "import")
	return err
}

// refresh has resources read from their providers, and forgets those that are
// not there. Operations that changed them are then no longer pending.
func (c cli) refresh(ctx context.Context, urns []string) error {
	arguments := []string{"refresh", "--yes", "--skip-preview", "--suppress-outputs"}
	for _, urn := range urns {
		arguments = append(arguments, "--target", urn)
	}
	_, err := c.run(ctx, nil, arguments...)
	return err
}

// run returns what the CLI writes. What it says goes into the error if it
// fails.
func (c cli) run(ctx context.Context, input []byte, arguments ...string) ([]byte, error) {
	arguments = append(arguments, "--non-interactive")
	if c.stack != "" {
		arguments = append(arguments, "--stack", c.stack)
	}
	command := exec.CommandContext(ctx, "pulumi", arguments...)
	command.Stdin = bytes.NewReader(input)
	var output, problems bytes.Buffer
	command.Stdout, command.Stderr = &output, &problems
	err := command.Run()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return nil, complaint.NoPulumi(err)
	case err != nil:
		said := strings.TrimSpace(problems.String() + output.String())
		return nil, fmt.Errorf("pulumi %s: %w\n%s", strings.Join(arguments, " "), err, said)
	}
	return output.Bytes(), nil
}
