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

// recordUp deploys the stack with make up, beside one that may be deployed, and
// destroys it again. It returns what was on the terminal.
func recordUp(ctx context.Context) (frames []frame, err error) {
	directory := filepath.Join(os.TempDir(), "fargate-stack")
	if err := os.Mkdir(directory, 0o755); err != nil {
		return nil, fmt.Errorf("%w; it is left over from a recording that was cut off: run FARGATE_STACK_STATE=%s/state make down, and remove it", err, directory)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(directory)) }()
	environment, err := neutral(directory)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, down(environment)) }()
	// The shell tells the command behind PS4, as if it had been typed.
	command := exec.CommandContext(ctx, "sh", "-xc", "make up")
	command.Env = append(environment, "PS4=$ ", "TERM=xterm-256color")
	return record(command)
}

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
	if err := os.Symlink(cache, link); err != nil {
		return nil, err
	}
	// A make that is run by make tells about itself.
	environment := slices.DeleteFunc(os.Environ(), func(variable string) bool { return strings.HasPrefix(variable, "MAKE") })
	return append(environment, "FARGATE_STACK_STATE="+filepath.Join(directory, "state"), "FARGATE_STACK_CACHE="+link), nil
}

// down destroys the stack, also where its recording was interrupted.
func down(environment []string) error {
	command := exec.Command("make", "down")
	command.Env = environment
	if said, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("make down: %w: %s", err, said)
	}
	return nil
}
