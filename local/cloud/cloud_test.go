package cloud

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/docker/docker/api/types/image"

	"fargate-stack/local/daemon"
	"fargate-stack/local/dockerengine"
	"fargate-stack/local/emulator"
	"fargate-stack/local/fargate"
	"fargate-stack/local/fargate/eni"
	"fargate-stack/local/progress"
	"fargate-stack/local/settings"
)

// TestCloud builds the programs once for all.
func TestCloud(t *testing.T) {
	engine, err := dockerengine.Find(t.Context(), dockerengine.Options{StateDirectory: t.TempDir()})
	if err != nil {
		t.Skipf("SKIP: %v", err)
	}
	programs := build(t)
	for name, test := range map[string]func(*testing.T, Options){
		"it is found by a later command, checked and stopped": testLife,
		"when it cannot run tasks any more, it is of no use":  testTasksEnded,
		"when it does not start, it leaves nothing that runs": testBrokenStart,
	} {
		t.Run(name, func(t *testing.T) { test(t, newOptions(t, programs, engine.Host)) })
	}
}

// build builds the two programs.
func build(t *testing.T) fargate.Programs {
	t.Helper()
	folder := t.TempDir()
	programs := fargate.Programs{Server: filepath.Join(folder, "fargate"), Interface: filepath.Join(folder, "eni")}
	// An image of its own is made of the interface, to be removed again.
	mark := fmt.Sprintf("-s -w -buildid=%d", time.Now().UnixNano())
	for output, source := range map[string]string{programs.Server: "../fargate/server", programs.Interface: "../fargate/eni/interface"} {
		command := exec.CommandContext(t.Context(), "go", "build", "-ldflags", mark, "-o", output, source)
		command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
		if output, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, output)
		}
	}
	return programs
}

// newOptions returns options for a cloud of the test's own, whose state
// directory has a path that is short enough for a socket.
func newOptions(t *testing.T, programs fargate.Programs, dockerHost string) Options {
	t.Helper()
	state, err := os.MkdirTemp("", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(state) })
	cache, err := settings.Cache()
	if err != nil {
		t.Fatal(err)
	}
	return Options{
		Port: freePort(t), Region: "eu-central-1", StateDirectory: state, Cache: cache,
		Programs: programs, DockerHost: dockerHost, Report: progress.New(t.Output()),
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	listening, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listening.Close()
	return listening.Addr().(*net.TCPAddr).Port
}

// start starts a cloud, which ends with the test.
func start(t *testing.T, options Options) *Cloud {
	t.Helper()
	t.Cleanup(func() {
		found, err := Find(options.StateDirectory)
		if err == nil {
			err = found.Stop()
		}
		if err != nil && !errors.Is(err, daemon.ErrNotRunning) {
			t.Error(err)
		}
		if err := fargate.StopStarted(options.StateDirectory); err != nil {
			t.Error(err)
		}
		removeImage(t, options)
	})
	c, err := Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// removeImage removes the image of the test's network interface.
func removeImage(t *testing.T, options Options) {
	t.Helper()
	engine, err := dockerengine.Find(context.Background(), dockerengine.Options{StateDirectory: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	docker, err := engine.Client()
	if err != nil {
		t.Fatal(err)
	}
	defer docker.Close()
	name, err := eni.EnsureImage(context.Background(), docker, options.Programs.Interface) // which tells its name
	if err != nil {
		t.Fatal(err)
	}
	if _, err := docker.ImageRemove(context.Background(), name, image.RemoveOptions{Force: true}); err != nil {
		t.Error(err)
	}
}

// services asks the cloud for its services. What runs tasks answers.
func services(t *testing.T, c *Cloud) ([]string, error) {
	client := ecs.New(ecs.Options{
		Region: c.Region, BaseEndpoint: aws.String(c.URL()), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	if _, err := client.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: aws.String("main")}); err != nil {
		t.Fatal(err)
	}
	listed, err := client.ListServices(t.Context(), &ecs.ListServicesInput{Cluster: aws.String("main")})
	if err != nil {
		return nil, err
	}
	return listed.ServiceArns, nil
}

func testLife(t *testing.T, options Options) {
	if _, err := Find(options.StateDirectory); !errors.Is(err, daemon.ErrNotRunning) {
		t.Fatalf("before Start, Find says %v", err)
	}
	started := start(t, options)
	if err := started.Check(t.Context()); err != nil {
		t.Error(err)
	}
	found, err := Find(options.StateDirectory)
	if err != nil {
		t.Fatal(err)
	}
	if err := found.Check(t.Context()); err != nil || found.PID() != started.PID() || found.TaskLog() != started.TaskLog() {
		t.Errorf("found is %+v (%v), started %+v", found, err, started)
	}
	if arns, err := services(t, found); err != nil || len(arns) > 0 {
		t.Errorf("services are %v (%v)", arns, err)
	}
	if err := found.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := Find(options.StateDirectory); !errors.Is(err, daemon.ErrNotRunning) {
		t.Errorf("after Stop, Find says %v", err)
	}
	if _, err := fargate.Find(options.StateDirectory); !errors.Is(err, daemon.ErrNotRunning) {
		t.Errorf("after Stop, what runs tasks still does (%v)", err)
	}
}

func testTasksEnded(t *testing.T, options Options) {
	start(t, options)
	running, err := fargate.Find(options.StateDirectory)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(running.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	var found *Cloud
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if found, err = Find(options.StateDirectory); err != nil {
			t.Fatal(err)
		}
		if err = found.Check(t.Context()); err != nil || time.Now().After(deadline) {
			break
		}
	}
	if err == nil || !strings.Contains(err.Error(), "what ran the tasks has ended") || found.TaskLog() != "" {
		t.Errorf("Check says %v, the log is %q", err, found.TaskLog())
	}
	if err := found.Stop(); err != nil {
		t.Error(err)
	}
}

func testBrokenStart(t *testing.T, options Options) {
	options.DockerHost = "unix:///nowhere.sock"
	c, err := Start(t.Context(), options)
	if err == nil {
		t.Error("it starts without a Docker engine", c.Stop())
	}
	if _, err := emulator.Find(options.StateDirectory); !errors.Is(err, daemon.ErrNotRunning) {
		t.Errorf("the emulator runs (%v)", err)
	}
}
