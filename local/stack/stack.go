// Package stack deploys the program in this repository, unchanged, to an
// emulator: as the stack "local", whose state, settings and passphrase are
// kept apart from the repository and from every other stack.
package stack

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"

	"fargate-stack/local/toolchain"
)

// Name is the name of the stack.
const Name = "local"

// Options says what a stack is deployed with and to.
type Options struct {
	// Repository is the directory of the program.
	Repository string
	// StateDirectory keeps the state of the stack.
	StateDirectory string
	// Toolchain runs the program.
	Toolchain *toolchain.Toolchain
	// Endpoint is the address of the emulated AWS.
	Endpoint string
	// DockerHost is the address of the Docker engine. It is the one that
	// Docker's clients choose if empty.
	DockerHost string
}

// A Stack is the stack on one emulator.
type Stack struct {
	options Options
	// lock names the CLI while it runs, which may go on when this command is
	// killed.
	lock *Lock
}

// Open makes the stack ready for its operations. The first time, it creates
// it; afterwards it takes over the settings in the repository anew, and frees
// the stack from a deployment that was cut off.
func Open(ctx context.Context, options Options, lock *Lock) (*Stack, error) {
	s := &Stack{options: options, lock: lock}
	for _, directory := range []string{backendDirectory(options.StateDirectory), s.projectDirectory()} {
		if err := os.MkdirAll(directory, 0o700); err != nil {
			return nil, err
		}
	}
	if err := makePassphrase(passphraseFile(options.StateDirectory)); err != nil {
		return nil, err
	}
	if err := s.copySettings(); err != nil {
		return nil, err
	}
	if _, err := s.ask(ctx, "stack", "select", "--create", "--stack", Name); err != nil {
		return nil, err
	}
	// Whoever has the lock knows that nobody else is at work.
	if _, err := s.ask(ctx, "cancel", "--yes", "--stack", Name); err != nil {
		return nil, err
	}
	return s, s.recordToolchain()
}

// Up deploys the program. What the CLI says goes to the terminal.
func (s *Stack) Up() error {
	return s.show("up", s.options.Repository, "--config-file", s.settingsPath())
}

// Destroy destroys what is deployed, and removes the stack. The CLI removes
// the settings in its working directory with it.
func (s *Stack) Destroy() error {
	if err := s.show("destroy", s.projectDirectory(), "--remove"); err != nil {
		return err
	}
	return Discard(s.options.StateDirectory)
}

// Recover takes into the state what a deployment that was killed had created
// but not noted yet.
func (s *Stack) Recover(ctx context.Context) error {
	return s.runProgram(ctx, recoveryProgram)
}

// Exists tells whether there is a stack, deployed or not.
func Exists(stateDirectory string) bool {
	_, err := os.Stat(directory(stateDirectory))
	return err == nil
}

// Discard forgets the stack without destroying what it describes, which went
// with its emulator.
func Discard(stateDirectory string) error {
	return os.RemoveAll(directory(stateDirectory))
}

func directory(stateDirectory string) string { return filepath.Join(stateDirectory, "pulumi") }

func backendDirectory(stateDirectory string) string {
	return filepath.Join(directory(stateDirectory), "backend")
}

func passphraseFile(stateDirectory string) string {
	return filepath.Join(directory(stateDirectory), "passphrase")
}

// projectDirectory has a copy of the project's and the stack's settings. The
// CLI writes to them, which must not change the repository.
func (s *Stack) projectDirectory() string { return projectDirectory(s.options.StateDirectory) }

func projectDirectory(stateDirectory string) string {
	return filepath.Join(directory(stateDirectory), "project")
}

// makePassphrase writes the passphrase that encrypts secrets in the state,
// unless there is one. It is never seen half-written.
func makePassphrase(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := os.WriteFile(path+".new", []byte(rand.Text()), 0o600); err != nil {
		return fmt.Errorf("writing the passphrase: %w", err)
	}
	return os.Rename(path+".new", path)
}
