package task

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/containerd/errdefs"
	docker "github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"fargate-stack/local/dockerengine/dockerenginetest"
	"fargate-stack/local/fargate/eni"
	"fargate-stack/local/fargate/loadbalancer"
	"fargate-stack/local/fargate/scheduler"
	"fargate-stack/local/fargate/vpc"
)

// app is a program that serves until it is asked to end, or though it is asked
// to end, or that fails.
const app = `package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	switch os.Args[1] {
	case "fail":
		fmt.Fprintln(os.Stderr, "this is why")
		os.Exit(3)
	case "check":
		os.Exit(len(os.Getenv("SICK")))
	case "tell":
		for _, path := range []string{"/task", ""} {
			answer, err := http.Get(os.Getenv("ECS_CONTAINER_METADATA_URI_V4") + path)
			if err != nil {
				panic(err)
			}
			io.Copy(os.Stdout, answer.Body)
		}
		return
	}
	ended := make(chan os.Signal, 1)
	if os.Args[1] == "stay" {
		signal.Ignore(syscall.SIGTERM)
	} else {
		signal.Notify(ended, syscall.SIGTERM)
	}
	listening, err := net.Listen("tcp", ":8080")
	if err != nil {
		panic(err)
	}
	fmt.Println("serving")
	go func() {
		for {
			connection, err := listening.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(connection, "hello ", os.Getenv("NAME"))
			connection.Close()
		}
	}()
	<-ended
	fmt.Println("asked to end")
}
`

// An engine is the Docker engine of this machine with the images of the tests.
type engine struct {
	docker client.APIClient
	// appImage is in a registry, and interfaceImage in the engine.
	appImage, interfaceImage string
}

// needEngine returns this machine's Docker engine. Without one the test is
// skipped.
func needEngine(t *testing.T) *engine {
	t.Helper()
	docker := dockerenginetest.Connect(t)
	e := &engine{docker: docker, appImage: pushApp(t)}
	var err error
	e.interfaceImage, err = eni.EnsureImage(t.Context(), docker, build(t, "../eni/interface"))
	if err != nil {
		t.Fatal(err)
	}
	for _, image := range []string{e.appImage, e.interfaceImage} {
		t.Cleanup(func() { removeImage(t, docker, image) })
	}
	return e
}

func removeImage(t *testing.T, docker client.APIClient, name string) {
	_, err := docker.ImageRemove(context.Background(), name, image.RemoveOptions{Force: true})
	if err != nil && !errdefs.IsNotFound(err) {
		t.Error(err)
	}
}

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

// pushApp pushes the image of the app to a registry of the test, and returns
// its name.
func pushApp(t *testing.T) string {
	t.Helper()
	source := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(source, []byte(app), 0o644); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(build(t, source))
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	writer := tar.NewWriter(&archive)
	if err := errors.Join(
		writer.WriteHeader(&tar.Header{Name: "app", Mode: 0o755, Size: int64(len(content))}),
		second(writer.Write(content)), writer.Close(),
	); err != nil {
		t.Fatal(err)
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(archive.Bytes())), nil })
	if err != nil {
		t.Fatal(err)
	}
	made, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	reference, err := name.ParseReference(strings.TrimPrefix(server.URL, "http://") + "/app:1")
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(reference, made, remote.WithContext(t.Context())); err != nil {
		t.Fatal(err)
	}
	return reference.Name()
}

func second[T any](_ T, err error) error { return err }

// A story is a task that runs in the engine.
type story struct {
	*testing.T
	*fakeCloud
	engine   *engine
	launcher *Launcher
	// close ends the task at once. It is called at the end of the test too.
	close func()
	owner string
	task  scheduler.Task
}

// newStory launches a task of the app with some arguments.
func newStory(t *testing.T, e *engine, change func(*fakeCloud, *types.ContainerDefinition), arguments ...string) *story {
	t.Helper()
	f := newFakeCloud()
	f.repositories = []string{repositoryOf(e.appImage)}
	container := &f.definition.ContainerDefinitions[0]
	container.Image = &e.appImage
	container.EntryPoint = append([]string{"/app"}, arguments...)
	container.Environment = []types.KeyValuePair{{Name: aws.String("NAME"), Value: aws.String("task")}}
	change(f, container)
	options := f.options()
	options.Docker, options.InterfaceImage, options.Directory = e.docker, e.interfaceImage, t.TempDir()
	s := &story{T: t, fakeCloud: f, engine: e, owner: fmt.Sprint(time.Now().UnixNano())}
	options.Labels = map[string]string{"test": s.owner}
	s.launcher = NewLauncher(options)
	s.close = sync.OnceFunc(s.launcher.Close)
	t.Cleanup(s.close)
	s.task = s.launcher.Launch(launch())
	return s
}

func unchanged(*fakeCloud, *types.ContainerDefinition) {}

// until waits until something is so of the task.
func (s *story) until(what string, is func(types.Task) bool) types.Task {
	s.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		record := s.task.Record()
		if is(record) {
			return record
		}
		if time.Now().After(deadline) {
			s.Fatalf("never: %s; it is %s, %s: %s", what, *record.LastStatus, record.StopCode, aws.ToString(record.StoppedReason))
		}
	}
}

func (s *story) untilStatus(status string) types.Task {
	s.Helper()
	return s.until("it is "+status, func(t types.Task) bool { return *t.LastStatus == status })
}

// containers returns the names of the task's containers in the engine.
func (s *story) containers() []string {
	s.Helper()
	found, err := s.engine.docker.ContainerList(context.Background(), docker.ListOptions{All: true, Filters: filters.NewArgs(filters.Arg("label", "test="+s.owner))})
	if err != nil {
		s.Fatal(err)
	}
	var names []string
	for _, c := range found {
		names = append(names, c.Names[0])
	}
	return names
}

// expectNothingLeft checks that a task that has stopped is gone.
func (s *story) expectNothingLeft() {
	s.Helper()
	directories, err := os.ReadDir(s.launcher.Directory)
	if names := s.containers(); len(names) > 0 || len(s.attached) > 0 || len(directories) > 0 || err != nil {
		s.Errorf("left are the containers %v, the addresses %v and %d directories (%v)", names, s.attached, len(directories), err)
	}
}

// dial connects to the app and returns what it says.
func (s *story) dial() (string, error) {
	connection, err := s.launcher.Dial(s.Context(), vpc.NetworkInterface{VPCID: "vpc-1"}, "10.0.0.4", 8080)
	if err != nil {
		return "", err
	}
	defer connection.Close()
	said, err := io.ReadAll(connection)
	return string(said), err
}

func TestTasksInTheEngine(t *testing.T) {
	e := needEngine(t)
	tests := map[string]func(*testing.T, *engine){
		"a task serves, is drained and stopped, and leaves nothing":         testLife,
		"a task whose container exits says how, and its log says why":       testExit,
		"a task whose container is removed by hand ends":                    testRemoved,
		"a container that does not end is killed":                           testKill,
		"a container's own health check counts":                             testHealthCheck,
		"when all is closed, tasks end at once":                             testClose,
		"a container is told of its task and of itself":                     testMetadata,
		"an image that is not there cannot be pulled":                       testMissingImage,
		"a program that is not there cannot be started, and leaves nothing": testMissingProgram,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, e)
		})
	}
}

func testMetadata(t *testing.T, e *engine) {
	s := newStory(t, e, unchanged, "tell")
	record := s.until("it has told all", func(record types.Task) bool { return *record.DesiredStatus == "STOPPED" })
	var task taskMetadata
	var container containerMetadata
	for i, told := range []any{&task, &container} {
		line := strings.TrimPrefix(s.logged()[i], "ecs/app: ")
		if err := json.Unmarshal([]byte(line), told); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
	}
	if task.TaskARN != *record.TaskArn || task.AvailabilityZone != *record.AvailabilityZone || container.Name != "app" {
		t.Errorf("it is told %+v, and of itself %+v", task, container)
	}
	s.close()
	s.expectNothingLeft()
}

func testLife(t *testing.T, e *engine) {
	s := newStory(t, e, unchanged, "serve")
	record := s.untilStatus("RUNNING")
	if record.StartedAt == nil || record.PullStoppedAt == nil || *record.Containers[0].LastStatus != "RUNNING" || record.Containers[0].RuntimeId == nil ||
		*record.Attachments[0].Details[2].Value != "10.0.0.4" {
		t.Errorf("when it runs, it is told of as %+v", record)
	}
	target := loadbalancer.Target{Address: "10.0.0.4", Port: 8080}
	if got := s.registered(); !slices.Equal(got, []loadbalancer.Target{target}) {
		t.Errorf("registered are %v", got)
	}
	if got := s.task.Condition().Health; got != types.HealthStatusUnknown {
		t.Errorf("before its first health check, it is %s", got)
	}
	s.setHealth(elbtypes.TargetHealthStateEnumHealthy, "")
	if got := s.task.Condition().Health; got != types.HealthStatusHealthy {
		t.Errorf("after its first health check, it is %s", got)
	}
	s.until("it answers", func(types.Task) bool {
		said, err := s.dial()
		if err != nil && !errors.Is(err, syscall.ECONNREFUSED) {
			t.Fatal(err)
		}
		return said == "hello task"
	})

	s.task.Stop(types.TaskStopCodeUserInitiated, "by hand")
	s.untilStatus("DEACTIVATING")
	if said, err := s.dial(); said != "hello task" {
		t.Errorf("while it drains, it says %q (%v)", said, err)
	}
	if got := s.registered(); len(got) > 0 {
		t.Errorf("while it drains, registered are %v", got)
	}
	s.finishDraining(target)
	record = s.untilStatus("STOPPED")
	if record.StopCode != types.TaskStopCodeUserInitiated || *record.StoppedReason != "by hand" || *record.Containers[0].ExitCode != 0 ||
		record.StoppedAt.Before(*record.StoppingAt) || *record.Containers[0].LastStatus != "STOPPED" {
		t.Errorf("when it has stopped, it is told of as %+v", record)
	}
	if got := s.logged(); !slices.Equal(got, []string{"ecs/app: serving", "ecs/app: asked to end"}) {
		t.Errorf("logged are %q", got)
	}
	s.expectNothingLeft()
}

func testExit(t *testing.T, e *engine) {
	s := newStory(t, e, func(f *fakeCloud, _ *types.ContainerDefinition) { f.logDelay = 2 * statePoll }, "fail")
	s.until("it is asked to stop", func(record types.Task) bool { return *record.DesiredStatus == "STOPPED" })
	if got := s.logged(); !slices.Equal(got, []string{"ecs/app: this is why"}) {
		t.Errorf("when its end is told, logged are %q", got)
	}
	s.finishDraining(loadbalancer.Target{Address: "10.0.0.4", Port: 8080})
	record := s.untilStatus("STOPPED")
	if record.StopCode != types.TaskStopCodeEssentialContainerExited || *record.StoppedReason != "Essential container in task exited" ||
		*record.Containers[0].ExitCode != 3 || record.StartedAt == nil {
		t.Errorf("it is told of as %+v", record)
	}
	s.expectNothingLeft()
}

func testKill(t *testing.T, e *engine) {
	s := newStory(t, e, func(_ *fakeCloud, c *types.ContainerDefinition) { c.StopTimeout = aws.Int32(1) }, "stay")
	s.untilStatus("RUNNING")
	s.until("it serves", func(types.Task) bool { return len(s.logged()) > 0 })
	s.finishDraining(loadbalancer.Target{Address: "10.0.0.4", Port: 8080})
	s.task.Stop(types.TaskStopCodeUserInitiated, "by hand")
	record := s.untilStatus("STOPPED")
	if code := *record.Containers[0].ExitCode; code != 137 || record.StoppedAt.Sub(*record.StoppingAt) < time.Second {
		t.Errorf("after %s, its exit code is %d", record.StoppedAt.Sub(*record.StoppingAt), code)
	}
	s.expectNothingLeft()
}

func testRemoved(t *testing.T, e *engine) {
	s := newStory(t, e, unchanged, "serve")
	record := s.untilStatus("RUNNING")
	if err := e.docker.ContainerRemove(t.Context(), *record.Containers[0].RuntimeId, docker.RemoveOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	s.finishDraining(loadbalancer.Target{Address: "10.0.0.4", Port: 8080})
	record = s.untilStatus("STOPPED")
	if record.StopCode != types.TaskStopCodeEssentialContainerExited {
		t.Errorf("it is told of as %+v", record)
	}
	s.expectNothingLeft()
}

func testHealthCheck(t *testing.T, e *engine) {
	for sick, want := range map[string]types.HealthStatus{"": types.HealthStatusHealthy, "yes": types.HealthStatusUnhealthy} {
		s := newStory(t, e, func(_ *fakeCloud, c *types.ContainerDefinition) {
			c.HealthCheck = &types.HealthCheck{Command: []string{"CMD", "/app", "check"}, Interval: aws.Int32(1), Retries: aws.Int32(1)}
			c.Environment = append(c.Environment, types.KeyValuePair{Name: aws.String("SICK"), Value: &sick})
		}, "serve")
		s.untilStatus("RUNNING")
		s.setHealth(elbtypes.TargetHealthStateEnumHealthy, "")
		s.until("it is "+string(want), func(record types.Task) bool { return record.HealthStatus == want })
		if got := s.task.Condition().Health; got != want {
			t.Errorf("its condition is %s, want %s", got, want)
		}
		s.close()
	}
}

func testClose(t *testing.T, e *engine) {
	s := newStory(t, e, unchanged, "stay")
	s.untilStatus("RUNNING")
	begin := time.Now()
	s.close() // though nothing lets the target go
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
	if record := s.task.Record(); *record.LastStatus != "STOPPED" {
		t.Errorf("it is %s", *record.LastStatus)
	}
	s.expectNothingLeft()
}

func testMissingImage(t *testing.T, e *engine) {
	missing := e.appImage + "-2"
	s := newStory(t, e, func(_ *fakeCloud, c *types.ContainerDefinition) { c.Image = &missing }, "serve")
	record := s.untilStatus("STOPPED")
	if record.StopCode != types.TaskStopCodeTaskFailedToStart || record.StartedAt != nil ||
		!strings.HasPrefix(*record.StoppedReason, "CannotPullContainerError: ") || !strings.Contains(*record.StoppedReason, missing) {
		t.Errorf("it is told of as %s: %s", record.StopCode, *record.StoppedReason)
	}
	s.expectNothingLeft()
}

func testMissingProgram(t *testing.T, e *engine) {
	s := newStory(t, e, func(_ *fakeCloud, c *types.ContainerDefinition) { c.EntryPoint = []string{"/other"} })
	record := s.untilStatus("STOPPED")
	if record.StopCode != types.TaskStopCodeTaskFailedToStart || !strings.HasPrefix(*record.StoppedReason, "CannotStartContainerError: ") {
		t.Errorf("it is told of as %s: %s", record.StopCode, *record.StoppedReason)
	}
	s.expectNothingLeft()
}
