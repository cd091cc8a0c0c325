package toolchain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// A tool is one or more programs that are built into one folder.
type tool struct {
	name string
	// programs are in the folder under their own names.
	programs []program
	// scripts are copied to it, from the paths within the repository, by name.
	scripts map[string]string
	// why is what the person who waits for the build is told.
	why string
}

// A program is built from a Go package.
type program struct {
	name string
	// recipe is the folder in local/toolchain with the module that pins the
	// versions of a package of someone else. Without one, the package is in
	// the module local.
	recipe string
	pkg    string
	// flags are for the linker.
	flags string
	// static leaves out what needs the system's libraries.
	static bool
}

// module returns the folder of the program's module, within the repository.
func (p program) module() string {
	if p.recipe == "" {
		return "local"
	}
	return filepath.Join("local", "toolchain", p.recipe)
}

// build returns the arguments of the go command that builds the program.
func (p program) build(output string) []string {
	return []string{"build", "-ldflags", "-s -w " + p.flags, "-o", output, p.pkg}
}

// A builder builds tools into the cache.
type builder struct {
	Options
	// goVersion is the version of the Go toolchain, with its platform.
	goVersion string
}

func newBuilder(ctx context.Context, options Options) (*builder, error) {
	command := exec.CommandContext(ctx, "go", "env", "GOVERSION", "GOOS", "GOARCH")
	command.Dir = filepath.Join(options.Repository, "local")
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("asking Go for its version (install it from https://go.dev/dl): %w", err)
	}
	return &builder{Options: options, goVersion: strings.Join(strings.Fields(string(output)), " ")}, nil
}

// build returns the folder with a tool's programs, and builds them if no
// earlier run has.
func (b *builder) build(ctx context.Context, t tool) (string, error) {
	hash, err := b.hash(t)
	if err != nil {
		return "", fmt.Errorf("reading what %s is built of: %w", t.name, err)
	}
	folder := filepath.Join(b.tools(), t.name+"-"+hash)
	if exists(folder) {
		return folder, nil
	}
	unlock, err := lock(ctx, filepath.Join(b.tools(), t.name+".lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	if exists(folder) { // another run has built it meanwhile
		return folder, nil
	}
	err = b.Report.Step("building "+t.why, func() error { return b.compile(ctx, t, folder) })
	return folder, err
}

// compile builds all of a tool's programs into a folder that is there only
// once they are complete. It needs the tool's lock.
func (b *builder) compile(ctx context.Context, t tool, folder string) error {
	unfinished := filepath.Join(b.tools(), t.name+".unfinished")
	if err := os.RemoveAll(unfinished); err != nil {
		return err
	}
	defer os.RemoveAll(unfinished)
	for _, p := range t.programs {
		if err := b.compileProgram(ctx, p, filepath.Join(unfinished, p.name)); err != nil {
			return fmt.Errorf("building %s: %w", p.name, err)
		}
	}
	for name, source := range t.scripts {
		script, err := os.ReadFile(filepath.Join(b.Repository, source))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(unfinished, name), script, 0o755); err != nil {
			return err
		}
	}
	return os.Rename(unfinished, folder)
}

func (b *builder) compileProgram(ctx context.Context, p program, output string) error {
	command := exec.CommandContext(ctx, "go", p.build(output)...)
	command.Dir = filepath.Join(b.Repository, p.module())
	command.Env = append(os.Environ(), "GOWORK=off") // a workspace would change the versions
	if p.static {
		command.Env = append(command.Env, "CGO_ENABLED=0")
	}
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 5 * time.Second
	var messages bytes.Buffer
	command.Stderr = &messages
	if err := command.Run(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("go build %s in %s: %w:\n%s", p.pkg, command.Dir, err, lastLines(messages.String(), 15))
	}
	return nil
}

func (b *builder) tools() string {
	return filepath.Join(b.Cache, "tools")
}

// lock waits until no other process holds the lock of the name.
func lock(ctx context.Context, name string) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { file.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.Join(fmt.Errorf("locking %s: %w", name, err), file.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), file.Close())
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

func lastLines(text string, count int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-count):], "\n")
}
