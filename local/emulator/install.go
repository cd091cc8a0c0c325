package emulator

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

//go:embed requirements.txt
var requirements []byte

// programs are what runs in the environment: the launcher, and what it imports.
//
//go:embed *.py
var programs embed.FS

const (
	// completeFile is written last; an environment without it was cut off.
	completeFile = "complete"
	launcherFile = "launcher.py"

	// lockRetry is how often a lock that another command holds is tried.
	lockRetry = 200 * time.Millisecond
)

// Version is the version of MiniStack.
var Version = func() string {
	return string(regexp.MustCompile(`(?m)^ministack==(\S+)$`).FindSubmatch(requirements)[1])
}()

// environment is a Python environment with MiniStack in it.
type environment string

func (e environment) python() string   { return filepath.Join(string(e), "bin", "python") }
func (e environment) launcher() string { return filepath.Join(string(e), launcherFile) }

// complete tells whether the environment was installed to the end, and still
// has the interpreter that it links to.
func (e environment) complete() bool {
	for _, path := range []string{filepath.Join(string(e), completeFile), e.python()} {
		if _, err := os.Stat(path); err != nil {
			return false
		}
	}
	return true
}

// environmentFor returns where the environment belongs that is made of the
// present requirements, programs and interpreter.
func environmentFor(cache string, python Python) environment {
	made := sha256.New()
	for _, part := range append(programTexts(), requirements, []byte(python.Path), []byte(python.Version)) {
		fmt.Fprintf(made, "%d:%s", len(part), part)
	}
	name := fmt.Sprintf("ministack-%s-%s", Version, hex.EncodeToString(made.Sum(nil)[:6]))
	return environment(filepath.Join(cache, "emulator", name))
}

// programTexts returns the texts of the programs, in the order of their names.
func programTexts() [][]byte {
	var texts [][]byte
	err := fs.WalkDir(programs, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := programs.ReadFile(name)
		texts = append(texts, text)
		return err
	})
	if err != nil {
		panic(err) // what is embedded can be read
	}
	return texts
}

// install makes the environment unless it is there. Several commands may do
// so at once; what one of them was cut off in is made anew.
func install(ctx context.Context, options Options, python Python) (environment, error) {
	e := environmentFor(options.Cache, python)
	if e.complete() {
		return e, nil
	}
	if err := os.MkdirAll(filepath.Dir(string(e)), 0o755); err != nil {
		return "", err
	}
	lock := flock.New(string(e) + ".lock")
	if _, err := lock.TryLockContext(ctx, lockRetry); err != nil {
		return "", fmt.Errorf("waiting for another command to install MiniStack: %w", err)
	}
	defer lock.Close()
	if e.complete() {
		return e, nil
	}
	return e, options.Report.Step("installing MiniStack "+Version+", the AWS emulator", func() error {
		return e.make(ctx, python)
	})
}

func (e environment) make(ctx context.Context, python Python) error {
	if err := os.RemoveAll(string(e)); err != nil {
		return err
	}
	if err := run(ctx, python.Path, "-m", "venv", string(e)); err != nil {
		return fmt.Errorf("making a Python environment in %s: %w", e, err)
	}
	list := filepath.Join(string(e), "requirements.txt")
	if err := os.WriteFile(list, requirements, 0o644); err != nil {
		return err
	}
	err := run(ctx, e.python(), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check",
		"--no-deps", "--requirement", list)
	if ctx.Err() != nil {
		return err
	}
	if err != nil {
		return fmt.Errorf("installing MiniStack with pip: %w; check that pip reaches its package index", err)
	}
	if err := os.CopyFS(string(e), programs); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(string(e), completeFile), nil, 0o644)
}

// run runs a command to its end. If it fails, the error has the last line
// that it wrote.
func run(ctx context.Context, name string, arguments ...string) error {
	var output bytes.Buffer
	command := exec.CommandContext(ctx, name, arguments...)
	command.Stdout, command.Stderr = &output, &output
	err := command.Run()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		lines := strings.Split(strings.TrimSpace(output.String()), "\n")
		return fmt.Errorf("%w: %s", err, lines[len(lines)-1])
	}
	return nil
}
