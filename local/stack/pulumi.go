package stack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"

	"golang.org/x/term"
)

// ask runs a short command of the CLI on the stack and returns its output.
func (s *Stack) ask(ctx context.Context, arguments ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, s.options.Toolchain.Pulumi, append(arguments, "--non-interactive")...)
	command.Dir = s.projectDirectory()
	command.Env = environ(Environment(s.options))
	var problems bytes.Buffer
	command.Stderr = &problems
	output, err := command.Output()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("pulumi %s: %w: %s", strings.Join(arguments, " "), err, strings.Join(strings.Fields(problems.String()), " "))
	}
	return output, nil
}

// show runs an operation on the stack, with the terminal as its input and
// output. It ends in good order when this command is interrupted.
func (s *Stack) show(operation, directory string, arguments ...string) error {
	arguments = append([]string{operation, "--stack", Name, "--yes", "--skip-preview",
		"--suppress-outputs", "--suppress-permalink=true"}, arguments...)
	interactive := term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd()))
	if !interactive {
		arguments = append(arguments, "--non-interactive", "--suppress-progress")
	}
	command := exec.Command(s.options.Toolchain.Pulumi, arguments...)
	command.Dir = directory
	command.Env = environ(Environment(s.options))
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	if interactive {
		command.Stdin = os.Stdin
	} else {
		// What the terminal sends to all its processes comes once, from here:
		// a second signal makes the CLI leave everything as it is.
		command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	}
	err := runPassingSignals(command, interactive, s.lock.Name)
	if _, ok := errors.AsType[*exec.ExitError](err); ok {
		return fmt.Errorf("pulumi %s failed; what it said is above", operation)
	}
	return err
}

// runPassingSignals runs a command, tells its process id when it has started,
// and passes to it the requests to end.
// Ctrl-C goes to an interactive command by itself.
func runPassingSignals(command *exec.Cmd, interactive bool, started func(pid int) error) error {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	defer signal.Stop(signals)
	if err := command.Start(); err != nil {
		return err
	}
	failed := started(command.Process.Pid)
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	for {
		select {
		case err := <-ended:
			return errors.Join(err, failed)
		case received := <-signals:
			if received == syscall.SIGINT && interactive {
				continue
			}
			if err := command.Process.Signal(received); err != nil && !errors.Is(err, os.ErrProcessDone) {
				return err
			}
		}
	}
}
