package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Programs of the repository that look at a stack, wherever it is deployed.
const (
	doctorProgram   = "doctor"
	recoveryProgram = "recovery"
)

// ErrUnwell says that something is wrong with what is deployed.
var ErrUnwell = errors.New("something is wrong with what is deployed")

// Examine finds out why what is deployed does not answer, and tells it at the
// terminal. The error is [ErrUnwell] if something was found. It needs no lock.
func Examine(ctx context.Context, options Options) error {
	s := &Stack{options: options}
	err := s.runProgram(ctx, doctorProgram)
	if exit := new(exec.ExitError); errors.As(err, &exit) && exit.ExitCode() == 1 {
		return ErrUnwell
	}
	return err
}

// runProgram runs a program of the repository on the stack.
func (s *Stack) runProgram(ctx context.Context, name string) error {
	program := filepath.Join(s.options.Repository, "bin", name)
	command := exec.CommandContext(ctx, program, "-stack", Name)
	command.Dir = s.projectDirectory()
	command.Env = Environ(Environment(s.options))
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	if err := command.Run(); err != nil {
		return fmt.Errorf("%s (built by make): %w", name, err)
	}
	return nil
}
