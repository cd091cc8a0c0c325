package fargate

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"

	"fargate-stack/local/daemon"
	"fargate-stack/local/dockerengine/dockerenginetest"
	"fargate-stack/local/fargate/eni"
	"fargate-stack/local/progress"
)

// TestMain lets the test's own program take the part of the one that is
// started.
func TestMain(m *testing.M) {
	if socket := os.Getenv("FARGATE_SOCKET"); socket != "" {
		pretend(socket)
		return
	}
	os.Exit(m.Run())
}

// pretend gets ready and does nothing, until it is asked to end. It leaves its
// environment in its directory.
func pretend(socket string) {
	if os.Getenv("DOCKER_HOST") == "broken" {
		fmt.Fprintln(os.Stderr, "no engine answers")
		syscall.Kill(os.Getpid(), syscall.SIGKILL) // nothing more is written then
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := os.WriteFile("environment", []byte(strings.Join(os.Environ(), "\n")), 0o600); err != nil {
		panic(err)
	}
	os.Remove(socket)
	listening, err := (&net.ListenConfig{}).Listen(ctx, "unix", socket)
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+ReadyPath, func(http.ResponseWriter, *http.Request) {})
	go http.Serve(listening, mux)
	<-ctx.Done()
}

// options returns options with a state directory of the test's own, whose path
// is short enough for a socket.
func options(t *testing.T) Options {
	t.Helper()
	state, err := os.MkdirTemp("", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(state) })
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Options{
		Programs:       Programs{Server: program, Interface: "/programs/eni"},
		Endpoint:       "http://localhost:4567",
		Account:        "111122223333",
		Region:         "eu-central-1",
		DockerHost:     "unix:///docker.sock",
		StateDirectory: state,
		Report:         progress.New(t.Output()),
	}
}

// start starts the program, which ends with the test.
func start(t *testing.T, options Options) *Fargate {
	t.Helper()
	started, err := Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := StopStarted(options.StateDirectory); err != nil {
			t.Error(err)
		}
	})
	return started
}

func TestTheProgramIsFoundByALaterCommandAndStopped(t *testing.T) {
	options := options(t)
	started := start(t, options)
	found, err := Find(options.StateDirectory)
	if err != nil || found.PID != started.PID {
		t.Fatalf("found is %+v (%v), started %+v", found, err, started)
	}
	if err := found.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := Find(options.StateDirectory); !errors.Is(err, daemon.ErrNotRunning) {
		t.Errorf("after Stop, Find says %v", err)
	}
	if err := StopStarted(options.StateDirectory); err != nil {
		t.Errorf("to stop it again: %v", err)
	}
}

// The emulator that one was started for may have ended without it.
func TestAProgramThatStillRunsMakesRoomForTheNext(t *testing.T) {
	options := options(t)
	former := start(t, options)
	latter := start(t, options)
	if former.PID == latter.PID {
		t.Error("it is the same process")
	}
	if err := syscall.Kill(former.PID, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the former one still runs (%v)", err)
	}
}

func TestTheProgramIsToldWhatItWorksWith(t *testing.T) {
	for _, name := range []string{"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_ECS", "DOCKER_CONTEXT"} {
		t.Setenv(name, "the user's")
	}
	options := options(t)
	start(t, options)
	told, err := os.ReadFile(filepath.Join(options.StateDirectory, "fargate", "environment"))
	if err != nil {
		t.Fatal(err)
	}
	variables := strings.Split(string(told), "\n")
	for _, want := range []string{
		"AWS_ENDPOINT_URL=http://localhost:4567",
		"AWS_REGION=eu-central-1",
		"DOCKER_HOST=unix:///docker.sock",
		"FARGATE_ACCOUNT=111122223333",
		"FARGATE_INTERFACE=/programs/eni",
		"FARGATE_OWNER=" + options.StateDirectory,
	} {
		if !slices.Contains(variables, want) {
			t.Errorf("%s is not in its environment", want)
		}
	}
	if strings.Contains(string(told), "the user's") {
		t.Errorf("what the user has set is in its environment:\n%s", told)
	}
}

// Whoever reaches the sockets in it reaches the tasks.
func TestTheDirectoryIsClosedToOthers(t *testing.T) {
	options := options(t)
	start(t, options)
	info, err := os.Stat(filepath.Join(options.StateDirectory, "fargate", "eni"))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("its mode is %s (%v)", info.Mode(), err)
	}
}

func TestAProgramThatDoesNotStartSaysWhy(t *testing.T) {
	options := options(t)
	options.DockerHost = "broken"
	_, err := Start(t.Context(), options)
	if err == nil || !strings.Contains(err.Error(), "no engine answers") {
		t.Errorf("got %v", err)
	}
	if _, err := Find(options.StateDirectory); !errors.Is(err, daemon.ErrNotRunning) {
		t.Errorf("Find says %v", err)
	}
}

func TestAStateDirectoryWhosePathIsTooLongSaysWhatToDo(t *testing.T) {
	options := options(t)
	options.StateDirectory = filepath.Join(options.StateDirectory, strings.Repeat("x", longestSocket))
	_, err := Start(t.Context(), options)
	if err == nil || !strings.Contains(err.Error(), "set FARGATE_STACK_STATE to a shorter one") {
		t.Errorf("got %v", err)
	}
}

func TestOnlyOwnContainersAreRemoved(t *testing.T) {
	docker := dockerenginetest.Connect(t)
	program := filepath.Join(t.TempDir(), "program") // which is never run
	mark := fmt.Sprint(time.Now().UnixNano())
	if err := os.WriteFile(program, []byte(mark), 0o755); err != nil {
		t.Fatal(err)
	}
	name, err := eni.EnsureImage(t.Context(), docker, program)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := docker.ImageRemove(context.Background(), name, image.RemoveOptions{Force: true}); err != nil {
			t.Error(err)
		}
	})
	create := func(owner string) string {
		created, err := docker.ContainerCreate(t.Context(), &container.Config{Image: name, Labels: map[string]string{OwnerLabel: owner}}, nil, nil, nil, "")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			err := docker.ContainerRemove(context.Background(), created.ID, container.RemoveOptions{Force: true})
			if err != nil && !errdefs.IsNotFound(err) {
				t.Error(err)
			}
		})
		return created.ID
	}
	own, others := create(Owner("/state/"+mark)), create(Owner("/state/"+mark+"-2"))
	if err := RemoveContainers(t.Context(), docker, Owner("/state/"+mark)); err != nil {
		t.Fatal(err)
	}
	if _, err := docker.ContainerInspect(t.Context(), own); !errdefs.IsNotFound(err) {
		t.Errorf("its own container is left (%v)", err)
	}
	if _, err := docker.ContainerInspect(t.Context(), others); err != nil {
		t.Errorf("another's container is gone (%v)", err)
	}
}
