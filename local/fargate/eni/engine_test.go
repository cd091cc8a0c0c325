package eni

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"

	"fargate-stack/local/dockerengine/dockerenginetest"
)

// build compiles a Go package or file to a program that needs no other files,
// and that is none that an image was made of before.
func build(t *testing.T, source string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "program")
	command := exec.CommandContext(t.Context(), "go", "build", "-o", program,
		"-ldflags", fmt.Sprintf("-s -w -buildid=%d", time.Now().UnixNano()), source)
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	return program
}

// write writes a Go file that is to be compiled.
func write(t *testing.T, source string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(file, []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// ensureImage makes an image, which is removed when the test ends.
func ensureImage(t *testing.T, docker *client.Client, program string) string {
	t.Helper()
	name, err := EnsureImage(t.Context(), docker, program)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, err := docker.ImageRemove(context.Background(), name, image.RemoveOptions{Force: true})
		if err != nil && !errdefs.IsNotFound(err) {
			t.Error(err)
		}
	})
	return name
}

// remove removes a container when the test ends.
func remove(t *testing.T, docker *client.Client, id string) {
	t.Helper()
	t.Cleanup(func() {
		if err := docker.ContainerRemove(context.Background(), id, container.RemoveOptions{Force: true}); err != nil {
			t.Error(err)
		}
	})
}

// app is a program that tells all who connect to port 5000 its host name, and
// which network interfaces it has.
const app = `package main

import (
	"fmt"
	"net"
	"os"
)

func main() {
	name, err := os.Hostname()
	if err != nil {
		panic(err)
	}
	listening, err := net.Listen("tcp", ":5000")
	if err != nil {
		panic(err)
	}
	for {
		connection, err := listening.Accept()
		if err != nil {
			panic(err)
		}
		fmt.Fprint(connection, name, " ")
		interfaces, err := net.Interfaces()
		for _, i := range interfaces {
			fmt.Fprint(connection, i.Name, " ")
		}
		if err != nil {
			fmt.Fprint(connection, err)
		}
		connection.Close()
	}
}
`

// startApp starts the app in the network of a container.
func startApp(t *testing.T, docker *client.Client, network string) {
	t.Helper()
	// The image of a network interface is that of any program.
	created, err := docker.ContainerCreate(t.Context(), &container.Config{Image: ensureImage(t, docker, build(t, write(t, app)))},
		&container.HostConfig{NetworkMode: container.NetworkMode("container:" + network)}, nil, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	remove(t, docker, created.ID)
	if err := docker.ContainerStart(t.Context(), created.ID, container.StartOptions{}); err != nil {
		t.Fatal(err)
	}
}

// dialPatiently waits until somebody listens.
func dialPatiently(t *testing.T, directory string, port int) net.Conn {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		connection, err := Dial(t.Context(), directory, port)
		if err == nil {
			return connection
		}
		if !errors.Is(err, syscall.ECONNREFUSED) || time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

func TestATaskIsReachedThroughItsInterfaceOnly(t *testing.T) {
	docker := dockerenginetest.Connect(t)
	directory := filepath.Join(t.TempDir(), "eni")
	options := Options{
		Name:         fmt.Sprintf("eni-test-%d", time.Now().UnixNano()),
		Image:        ensureImage(t, docker, build(t, "./interface")),
		Directory:    directory,
		Hostname:     "ip-10-0-128-4",
		MetadataPort: 65535,
	}
	id, err := Start(t.Context(), docker, options)
	if err != nil {
		t.Fatal(err)
	}
	remove(t, docker, id)
	if found, err := docker.ContainerInspect(t.Context(), options.Name); err != nil || found.ID != id {
		t.Errorf("the container %s is not %s (%v)", options.Name, id, err)
	}
	if _, err := Dial(t.Context(), directory, 5000); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("before the app runs: %v, want it refused", err)
	}

	startApp(t, docker, id)
	connection := dialPatiently(t, directory, 5000)
	defer connection.Close()
	if told, err := io.ReadAll(connection); err != nil || string(told) != "ip-10-0-128-4 lo " {
		t.Errorf("the app has the host name and the network interfaces %q (%v), want ip-10-0-128-4 and lo only", told, err)
	}

	asked := time.Now()
	if err := docker.ContainerStop(t.Context(), id, container.StopOptions{}); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(asked); took > 5*time.Second {
		t.Errorf("it ended %s after it was asked to", took)
	}
	if _, err := Dial(t.Context(), directory, 5000); !errors.Is(err, ErrDetached) {
		t.Errorf("after its end: %v, want ErrDetached", err)
	}
}

func TestAnInterfaceThatDoesNotStartLeavesNothing(t *testing.T) {
	docker := dockerenginetest.Connect(t)
	name := ensureImage(t, docker, build(t, write(t, `package main

import "os"

func main() { os.Exit(3) }
`)))
	owner := fmt.Sprint(time.Now().UnixNano())
	_, err := Start(t.Context(), docker, Options{Image: name, Directory: t.TempDir(), Labels: map[string]string{"test": owner}})
	if err == nil || !strings.Contains(err.Error(), "exit code 3") {
		t.Errorf("got %v", err)
	}
	left, err := docker.ContainerList(t.Context(), container.ListOptions{All: true, Filters: filters.NewArgs(filters.Arg("label", "test="+owner))})
	if err != nil || len(left) > 0 {
		t.Errorf("left are %v (%v)", left, err)
	}
}

func TestAnImageIsMadeOnceForEachProgram(t *testing.T) {
	docker := dockerenginetest.Connect(t)
	program := filepath.Join(t.TempDir(), "program")
	ensure := func(content string) (name, id, label string) {
		if err := os.WriteFile(program, []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
		name = ensureImage(t, docker, program)
		found, err := docker.ImageInspect(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		return name, found.ID, found.Config.Labels[Label]
	}
	salt := fmt.Sprint(time.Now().UnixNano())
	firstName, firstID, label := ensure("one " + salt)
	againName, againID, _ := ensure("one " + salt)
	otherName, otherID, _ := ensure("two " + salt)
	if againName != firstName || againID != firstID {
		t.Errorf("the image of the same program is %s (%s), was %s (%s)", againName, againID, firstName, firstID)
	}
	if otherName == firstName || otherID == firstID {
		t.Errorf("the image of another program is %s (%s) too", otherName, otherID)
	}
	if digest := strings.TrimPrefix(firstName, "fargate-stack/eni:"); len(digest) != 12 || !strings.HasPrefix(label, digest) {
		t.Errorf("image %s has the label %q", firstName, label)
	}
}

func TestWithoutAProgramThereIsNoImage(t *testing.T) {
	if _, err := EnsureImage(t.Context(), nil, filepath.Join(t.TempDir(), "gone")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
