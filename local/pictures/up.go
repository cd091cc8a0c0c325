package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// recordUp deploys the stack with make up, beside others, and destroys it
// again. It returns what was on the terminal.
func recordUp(ctx context.Context) (frames []frame, err error) {
	directory := filepath.Join(os.TempDir(), "fargate-stack")
	if err := os.Mkdir(directory, 0o755); err != nil {
		return nil, fmt.Errorf("%w; if it is left over from a recording that was cut off, run FARGATE_STACK_STATE=%s make down and remove it", err, stateIn(directory))
	}
	environment, err := neutral(directory)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(directory))
	}
	defer func() { err = errors.Join(err, destroy(directory, environment)) }()
	// The shell tells the command behind PS4, as if it had been typed.
	command := exec.CommandContext(ctx, "sh", "-xc", "make up")
	command.Env = append(environment, "PS4=$ ", "TERM=xterm-256color")
	if frames, err = record(command); err != nil {
		return nil, err
	}
	return withoutWaits(frames), nil
}

func stateIn(directory string) string { return filepath.Join(directory, "state") }

// neutral returns an environment in which make up tells no paths of this
// machine's user: those of its state and its cache are in directory.
func neutral(directory string) ([]string, error) {
	cache := os.Getenv("FARGATE_STACK_CACHE")
	if cache == "" {
		users, err := os.UserCacheDir()
		if err != nil {
			return nil, err
		}
		cache = filepath.Join(users, "fargate-stack")
	}
	link := filepath.Join(directory, "cache")
	if err := errors.Join(os.MkdirAll(cache, 0o755), os.Symlink(cache, link)); err != nil {
		return nil, err
	}
	// A make that is run by make tells about itself.
	environment := slices.DeleteFunc(os.Environ(), func(variable string) bool { return strings.HasPrefix(variable, "MAKE") })
	return append(environment, "FARGATE_STACK_STATE="+stateIn(directory), "FARGATE_STACK_CACHE="+link), nil
}

// destroy destroys the stack, and removes what was kept of it. If the stack
// can't be destroyed that stays, to be destroyed by hand.
func destroy(directory string, environment []string) error {
	command := exec.Command("make", "down")
	command.Env = environment
	if said, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("make down: %w: %s", err, said)
	}
	return os.RemoveAll(directory)
}
