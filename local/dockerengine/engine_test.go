package dockerengine

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"fargate-stack/local/progress"
)

// fakeEngine listens on a socket and answers pings as an engine does.
func fakeEngine(t *testing.T, api, system string) string {
	t.Helper()
	socket := filepath.Join(socketDirectory(t), "docker.sock")
	listening, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/_ping" {
			t.Errorf("asked for %s", r.URL)
		}
		w.Header().Set("Api-Version", api)
		w.Header().Set("Ostype", system)
	})}
	go server.Serve(listening)
	t.Cleanup(func() { server.Close() })
	return socket
}

// socketDirectory returns a directory whose path is short enough for a socket
// on every system.
func socketDirectory(t *testing.T) string {
	t.Helper()
	directory, err := os.MkdirTemp("", "engine")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(directory) })
	return directory
}

func TestFind(t *testing.T) {
	nobody := filepath.Join(t.TempDir(), "nobody.sock")
	recent := fakeEngine(t, "1.41", "linux")
	old := fakeEngine(t, "1.38", "linux")
	windows := fakeEngine(t, "1.44", "windows")
	tests := []struct {
		name       string
		dockerHost string
		socket     string
		want       string
		notFound   bool
		problem    string
	}{
		{"takes the engine that answers", "", recent, "unix://" + recent, false, ""},
		{"takes the engine that DOCKER_HOST names", "unix://" + recent, nobody, "unix://" + recent, false, ""},
		{"tells that nobody answers", "", nobody, "", true, "no Docker engine answers"},
		{"takes no other engine when the one in DOCKER_HOST does not answer", "unix://" + nobody, recent, "", false, "correct or unset it"},
		{"refuses an engine without BuildKit", "", old, "", false, "install Docker 18.09"},
		{"refuses an engine for Windows containers", "", windows, "", false, "switch it to Linux containers"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("DOCKER_HOST", test.dockerHost)
			engine, err := Find(t.Context(), Options{StateDirectory: t.TempDir(), Socket: test.socket})
			if test.problem == "" {
				if err != nil || engine.Host != test.want {
					t.Fatalf("found %+v (%v), want %s", engine, err, test.want)
				}
				if engine.Started() {
					t.Error("it says that this package started the engine")
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.problem) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want one line with %q", err, test.problem)
			}
			if errors.Is(err, ErrNotFound) != test.notFound {
				t.Errorf("error %v is ErrNotFound: %t, want %t", err, !test.notFound, test.notFound)
			}
		})
	}
}

func TestAnEngineIsStartedByRootOnly(t *testing.T) {
	tests := []struct {
		name                   string
		system                 string
		user                   int
		installed, installable bool
		want                   bool
	}{
		{"root with an engine that is installed", "linux", 0, true, false, true},
		{"root where one can be installed", "linux", 0, false, true, true},
		{"root where none can be installed", "linux", 0, false, false, false},
		{"another user", "linux", 1000, true, true, false},
		{"root on macOS", "darwin", 0, true, false, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := startable(test.system, test.user, test.installed, test.installable); got != test.want {
				t.Errorf("got %t, want %t", got, test.want)
			}
		})
	}
}

// ownEngine returns options for an engine of the test's own, beside any other
// one on this machine.
func ownEngine(t *testing.T) Options {
	t.Helper()
	if os.Geteuid() != 0 || len(missing()) > 0 {
		t.Skip("starting an engine needs root and an installed one")
	}
	t.Setenv("DOCKER_HOST", "")
	leaveNetwork(t)
	directory := socketDirectory(t)
	options := Options{
		StateDirectory: t.TempDir(),
		Report:         progress.New(t.Output()),
		Socket:         filepath.Join(directory, "docker.sock"),
		Arguments: []string{
			"--data-root", filepath.Join(directory, "data"),
			"--exec-root", filepath.Join(directory, "exec"),
			"--bridge=none", "--iptables=false",
		},
	}
	t.Cleanup(func() {
		if _, err := StopStarted(options); err != nil {
			t.Error(err)
		}
	})
	return options
}

func TestAnEngineThatWasStartedIsFoundByALaterCommandAndStopped(t *testing.T) {
	options := ownEngine(t)
	if err := Check(t.Context(), options); err != nil {
		t.Fatal(err)
	}
	if _, err := Find(t.Context(), options); !errors.Is(err, ErrNotFound) {
		t.Fatalf("before it is started, Find says %v", err)
	}
	first, started, err := Ensure(t.Context(), options)
	if err != nil || !started {
		t.Fatalf("started: %t (%v)", started, err)
	}
	second, started, err := Ensure(t.Context(), options)
	if err != nil || started {
		t.Fatalf("the second time, started: %t (%v)", started, err)
	}
	if !second.Started() || second.process.PID != first.process.PID {
		t.Errorf("the second time, found %+v, want %+v", second, first)
	}
	containerd := childrenOf(t, first.process.PID)
	if stopped, err := StopStarted(options); err != nil || !stopped {
		t.Fatalf("stopped: %t (%v)", stopped, err)
	}
	if _, err := Find(t.Context(), options); !errors.Is(err, ErrNotFound) {
		t.Errorf("after Stop, Find says %v", err)
	}
	for _, pid := range containerd {
		if syscall.Kill(pid, 0) == nil && !isZombie(pid) {
			t.Errorf("process %d, which the engine started, still runs", pid)
		}
	}
	if stopped, err := StopStarted(options); err != nil || stopped {
		t.Errorf("with nothing to stop, stopped: %t (%v)", stopped, err)
	}
}

func TestAnEngineThatCannotStartIsOneLineWithItsReason(t *testing.T) {
	options := ownEngine(t)
	// It ends before it mounts its data directory, which it would leave so.
	options.Arguments = append(options.Arguments, "--log-level=none-such")
	_, started, err := Ensure(t.Context(), options)
	if err == nil || started {
		t.Fatalf("started: %t (%v)", started, err)
	}
	if !strings.Contains(err.Error(), "none-such") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %q, want one line with dockerd's reason", err)
	}
}

func TestAnEngineOfSomebodyElseIsNotStopped(t *testing.T) {
	t.Setenv("DOCKER_HOST", "")
	options := Options{StateDirectory: t.TempDir(), Socket: fakeEngine(t, "1.41", "linux")}
	if _, started, err := Ensure(t.Context(), options); err != nil || started {
		t.Fatalf("started: %t (%v)", started, err)
	}
	if stopped, err := StopStarted(options); err != nil || stopped {
		t.Errorf("stopped: %t (%v)", stopped, err)
	}
	if _, err := Find(t.Context(), options); err != nil {
		t.Errorf("after Stop, Find says %v", err)
	}
}

// childrenOf returns the processes that a process has started.
func childrenOf(t *testing.T, pid int) []int {
	t.Helper()
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		t.Fatal(err)
	}
	var children []int
	for _, task := range tasks {
		content, _ := os.ReadFile(task)
		for field := range strings.FieldsSeq(string(content)) {
			var child int
			if _, err := fmt.Sscan(field, &child); err == nil {
				children = append(children, child)
			}
		}
	}
	if len(children) == 0 {
		t.Error("the engine has started no process; the test cannot tell whether they end")
	}
	return children
}

func isZombie(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(stat), ") Z ")
}
