// Package daemon runs programs that outlive the command that started them:
// the Docker engine and the AWS emulator. Each has a directory of its own with
// a record of its process, by which a later command finds and stops it, and
// with its log.
package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

const (
	recordFile = "process.json"
	logFile    = "log"

	// pollInterval is how often a process is looked at while waiting for it.
	pollInterval = 100 * time.Millisecond
)

// ErrNotRunning says that a directory has no record of a process that runs.
var ErrNotRunning = errors.New("not running")

// A Process is a program in the background.
type Process struct {
	record
	directory string
	// exited is closed when a process that this command started has ended. It
	// is nil for one that was found.
	exited chan struct{}
}

// record is what is kept on a process. The process id alone would not do:
// once the process has ended, the system gives it to another.
type record struct {
	PID      int       `json:"pid"`
	Identity string    `json:"identity"`
	Program  string    `json:"program"`
	Started  time.Time `json:"started"`
	// Detail is what the package that started the process wants to know again.
	Detail string `json:"detail,omitempty"`
}

// Options says how a program is run in the background.
type Options struct {
	// Directory gets the record and the log.
	Directory string
	// Detail is kept in the record.
	Detail string
	// Ready returns nil once the program does its work.
	Ready func(context.Context) error
	// StartLimit is how long it may take to get ready, and StopLimit how long
	// it may take to end when it is asked to.
	StartLimit, StopLimit time.Duration
}

// Start starts a program in the background and returns when it is ready. If
// it does not get there, it is stopped again.
func Start(ctx context.Context, command *exec.Cmd, options Options) (*Process, error) {
	p, err := start(command, options)
	if err != nil {
		return nil, err
	}
	if err := p.waitReady(ctx, options); err != nil {
		if stopErr := p.Stop(options.StopLimit); stopErr != nil {
			err = fmt.Errorf("%w; then %w", err, stopErr)
		}
		return nil, err
	}
	return p, nil
}

func start(command *exec.Cmd, options Options) (*Process, error) {
	if err := os.MkdirAll(options.Directory, 0o700); err != nil {
		return nil, err
	}
	log, err := os.OpenFile(filepath.Join(options.Directory, logFile), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	command.Stdout, command.Stderr = log, log
	// A session of its own: what ends the terminal does not end the program.
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", filepath.Base(command.Path), err)
	}
	p := &Process{directory: options.Directory, exited: make(chan struct{})}
	go func() {
		// Its log tells why it ended; waiting only takes it off the process table.
		_ = command.Wait()
		close(p.exited)
	}()
	p.record = record{
		PID:     command.Process.Pid,
		Program: filepath.Base(command.Path),
		Started: time.Now(),
		Detail:  options.Detail,
	}
	if err := p.save(); err != nil {
		return nil, errors.Join(err, p.kill())
	}
	return p, nil
}

// save writes the record. It is never seen half-written.
func (p *Process) save() error {
	identity, err := Identify(p.PID)
	if err != nil {
		return fmt.Errorf("%s ended while it started (%w): %s; its log is %s", p.Program, err, p.lastLine(), p.Log())
	}
	p.Identity = identity
	content, err := json.Marshal(p.record)
	if err != nil {
		return err
	}
	path := filepath.Join(p.directory, recordFile)
	if err := os.WriteFile(path+".new", content, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// Find returns the process whose record is in directory. The error is
// [ErrNotRunning] if there is none, if it has ended, or if its process id
// belongs to another process now.
func Find(directory string) (*Process, error) {
	content, err := os.ReadFile(filepath.Join(directory, recordFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotRunning
	}
	if err != nil {
		return nil, err
	}
	p := &Process{directory: directory}
	if err := json.Unmarshal(content, &p.record); err != nil {
		return nil, fmt.Errorf("reading %s: %w; remove the file", filepath.Join(directory, recordFile), err)
	}
	if !p.alive() {
		return nil, ErrNotRunning
	}
	return p, nil
}

// Log returns the path of the log.
func (p *Process) Log() string {
	return filepath.Join(p.directory, logFile)
}

// alive tells whether the process still runs.
func (p *Process) alive() bool {
	identity, err := Identify(p.PID)
	return err == nil && identity == p.Identity
}

// waitReady waits until the process is ready. It gives up when the process
// ends or when its time has passed, with the last line of the log in the error.
func (p *Process) waitReady(ctx context.Context, options Options) error {
	ctx, cancel := context.WithTimeoutCause(ctx, options.StartLimit, fmt.Errorf("not ready within %s", options.StartLimit))
	defer cancel()
	for {
		notReady := options.Ready(ctx)
		if notReady == nil {
			return nil
		}
		select {
		case <-p.exited:
			return fmt.Errorf("%s ended while it started: %s; its log is %s", p.Program, p.lastLine(), p.Log())
		case <-ctx.Done():
			return fmt.Errorf("%s: %w (%w): %s; its log is %s", p.Program, context.Cause(ctx), notReady, p.lastLine(), p.Log())
		case <-time.After(pollInterval):
		}
	}
}

// Stop asks the process to end, and ends it if it has not done so within
// grace. Its record is removed; its log stays.
func (p *Process) Stop(grace time.Duration) error {
	if p.alive() {
		if err := syscall.Kill(p.PID, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("stopping %s (process %d): %w", p.Program, p.PID, err)
		}
		if !p.endsWithin(grace) {
			if err := p.kill(); err != nil {
				return err
			}
		}
	}
	return os.Remove(filepath.Join(p.directory, recordFile))
}

// kill ends the process and what it has started.
func (p *Process) kill() error {
	if err := syscall.Kill(-p.PID, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("killing %s (process %d): %w", p.Program, p.PID, err)
	}
	if !p.endsWithin(10 * time.Second) {
		return fmt.Errorf("%s (process %d) does not end, though it was killed", p.Program, p.PID)
	}
	return nil
}

func (p *Process) endsWithin(limit time.Duration) bool {
	for deadline := time.Now().Add(limit); p.alive(); time.Sleep(pollInterval) {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}
