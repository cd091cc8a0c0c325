package daemon

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// run runs a shell script in the background, to be killed when the test ends.
func run(t *testing.T, directory, script string) *Process {
	t.Helper()
	p, err := start(exec.Command("sh", "-c", script), Options{Directory: directory, Detail: "a detail"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.kill() })
	return p
}

func TestAStartedProcessIsFoundAndStopped(t *testing.T) {
	directory := t.TempDir()
	started := run(t, directory, "exec sleep 60")
	found, err := Find(directory)
	if err != nil {
		t.Fatal(err)
	}
	if found.PID != started.PID || found.Detail != "a detail" || found.Program != "sh" {
		t.Errorf("found %+v, started %+v", found.record, started.record)
	}
	if err := found.Stop(5 * time.Second); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(started.PID, 0); err == nil && started.alive() {
		t.Error("the process still runs")
	}
	if _, err := Find(directory); !errors.Is(err, ErrNotRunning) {
		t.Errorf("after Stop, Find says %v", err)
	}
}

func TestAProcessOutlivesASignalToTheCommandsGroup(t *testing.T) {
	p := run(t, t.TempDir(), "exec sleep 60")
	group, err := syscall.Getpgid(p.PID)
	if err != nil {
		t.Fatal(err)
	}
	if group != p.PID {
		t.Errorf("process %d is in group %d, want one of its own", p.PID, group)
	}
}

func TestAProcessThatWasKilledIsNotFound(t *testing.T) {
	directory := t.TempDir()
	p := run(t, directory, "exec sleep 60")
	if err := syscall.Kill(p.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-p.exited
	if _, err := Find(directory); !errors.Is(err, ErrNotRunning) {
		t.Errorf("Find says %v", err)
	}
}

// A process id in a record may belong to another process by now, after the
// first one ended or the machine was started anew.
func TestAnotherProcessWithTheSameIDIsNeitherFoundNorStopped(t *testing.T) {
	directory := t.TempDir()
	other := run(t, t.TempDir(), "exec sleep 60")
	// Linux counts the start of a process in hundredths of a second.
	time.Sleep(20 * time.Millisecond)
	p := run(t, directory, "exec sleep 60")
	stale := *p
	stale.PID = other.PID
	if err := stale.Stop(time.Second); err != nil {
		t.Fatal(err)
	}
	if !other.alive() {
		t.Error("a process that the record does not describe was stopped")
	}
}

func TestAProcessThatIgnoresTheRequestToEndIsKilledWithWhatItStarted(t *testing.T) {
	directory := t.TempDir()
	p := run(t, directory, "trap '' TERM; sleep 60 & echo $!; while :; do sleep 1; done")
	child := waitForLog(t, p)
	if err := p.Stop(300 * time.Millisecond); err != nil {
		t.Fatal(err)
	}
	// A killed process takes a moment to end.
	for deadline := time.Now().Add(5 * time.Second); running(child); time.Sleep(pollInterval) {
		if time.Now().After(deadline) {
			t.Fatalf("process %s, which it started, still runs", child)
		}
	}
}

// running tells whether a process runs, as opposed to waiting to be reaped.
func running(pid string) bool {
	status, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	return err == nil && !strings.Contains(string(status), ") Z ")
}

func waitForLog(t *testing.T, p *Process) string {
	t.Helper()
	var line string
	err := p.waitReady(t.Context(), Options{StartLimit: 5 * time.Second, Ready: func(context.Context) error {
		content, err := os.ReadFile(p.Log())
		line = strings.TrimSpace(string(content))
		if err == nil && line == "" {
			err = errors.New("the log is empty")
		}
		return err
	}})
	if err != nil {
		t.Fatal(err)
	}
	return line
}

func TestStart(t *testing.T) {
	never := func(context.Context) error { return errors.New("no answer yet") }
	tests := []struct {
		name   string
		script string
		ready  func(context.Context) error
		want   []string
	}{
		{"returns when the program is ready", "sleep 60", func(context.Context) error { return nil }, nil},
		{"tells the end of the log when the program ends", "echo one; echo two; echo 'cannot bind' >&2; sleep 0.2; exit 1", never,
			[]string{"sh ended while it started", "cannot bind", "log"}},
		{"tells it too when the program ends at once", "echo 'cannot bind' >&2; exit 1", never,
			[]string{"sh ended while it started", "cannot bind", "log"}},
		{"stops the program when it does not get ready, with the reason", "echo starting; sleep 60", never,
			[]string{"not ready within 1s", "no answer yet", "starting"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			directory := t.TempDir()
			p, err := Start(t.Context(), exec.Command("sh", "-c", test.script),
				Options{Directory: directory, Ready: test.ready, StartLimit: time.Second, StopLimit: time.Second})
			if err == nil {
				t.Cleanup(func() { _ = p.kill() })
			}
			if (err == nil) != (test.want == nil) {
				t.Fatalf("Start says %v", err)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not in %q", want, err)
				}
			}
			if err == nil {
				return
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
			if _, err := Find(directory); !errors.Is(err, ErrNotRunning) {
				t.Errorf("after a failed start, Find says %v", err)
			}
		})
	}
}

func TestAStartEndsWhenTheContextDoes(t *testing.T) {
	directory := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Start(ctx, exec.Command("sleep", "60"), Options{
		Directory: directory, StartLimit: time.Minute, StopLimit: time.Second,
		Ready: func(context.Context) error {
			cancel()
			return errors.New("no answer yet")
		},
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Start says %v", err)
	}
	if _, err := Find(directory); !errors.Is(err, ErrNotRunning) {
		t.Errorf("Find says %v", err)
	}
}

func TestFindInADirectoryThatDoesNotExist(t *testing.T) {
	if _, err := Find(filepath.Join(t.TempDir(), "none")); !errors.Is(err, ErrNotRunning) {
		t.Errorf("Find says %v", err)
	}
}
