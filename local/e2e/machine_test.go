package e2e

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"fargate-stack/local/baseimages"
	"fargate-stack/local/cloud"
	"fargate-stack/local/dockerengine"
	"fargate-stack/local/progress"
	"fargate-stack/local/settings"
	"fargate-stack/local/stack"
	"fargate-stack/local/toolchain"
)

// machine is what all deployments run on: this machine, made ready once.
var machine struct {
	cache  string
	tools  *toolchain.Toolchain
	docker *dockerengine.Engine
	// doctor, recovery, preview, cost and state are the paths of these programs.
	doctor, recovery, preview, cost, state string
}

// TestMain makes the machine ready. A Docker engine that it starts ends with
// the tests.
func TestMain(m *testing.M) {
	state, err := os.MkdirTemp("", "fargate-stack-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := 1
	if err := prepare(context.Background(), state); err != nil {
		fmt.Fprintln(os.Stderr, "making the machine ready:", err)
	} else {
		code = m.Run()
	}
	if _, err := dockerengine.StopStarted(dockerengine.Options{StateDirectory: state}); err != nil {
		fmt.Fprintln(os.Stderr, "stopping the Docker engine:", err)
		code = 1
	}
	os.RemoveAll(state)
	os.Exit(code)
}

func prepare(ctx context.Context, state string) (err error) {
	report := progress.New(os.Stdout)
	if machine.cache, err = settings.Cache(); err != nil {
		return err
	}
	machine.tools, err = toolchain.Prepare(ctx, toolchain.Options{Cache: machine.cache, Repository: repository(), Report: report})
	if err != nil {
		return err
	}
	if err := buildPrograms(ctx, state); err != nil {
		return err
	}
	machine.docker, _, err = dockerengine.Ensure(ctx, dockerengine.Options{StateDirectory: state, Report: report})
	if err != nil {
		return err
	}
	client, err := machine.docker.Client()
	if err != nil {
		return err
	}
	defer client.Close()
	path := strings.Join(append(machine.tools.Path, os.Getenv("PATH")), string(os.PathListSeparator))
	if err := os.Setenv("PATH", path); err != nil { // where the Automation API looks for the CLI
		return err
	}
	return baseimages.Ensure(ctx, client, baseimages.Options{
		Dockerfile: filepath.Join(repository(), "Dockerfile"), Cache: machine.cache, Report: report,
	})
}

// buildPrograms builds the repository's programs that are there beside the stack.
func buildPrograms(ctx context.Context, folder string) error {
	command := exec.CommandContext(ctx, "go", "build", "-o", folder, "./doctor", "./recovery", "./preview", "./cost", "./state")
	command.Dir = repository()
	if said, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("building the programs: %w: %s", err, said)
	}
	machine.doctor, machine.recovery = filepath.Join(folder, "doctor"), filepath.Join(folder, "recovery")
	machine.preview, machine.cost, machine.state = filepath.Join(folder, "preview"), filepath.Join(folder, "cost"), filepath.Join(folder, "state")
	return nil
}

// repository is the root of this repository.
func repository() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}

// A testCloud is an emulated AWS with nothing in it, and a Pulumi backend.
type testCloud struct {
	account *account
	// backend is the directory of the Pulumi backend, if it is in one.
	backend string
	// secretsProvider is what stacks are encrypted with, if not the passphrase.
	secretsProvider string
	// environment is what the engine runs with.
	environment map[string]string
	// callLog is the path of the calls that were written down.
	callLog string
}

// newCloud starts an emulator, which ends with the test.
func newCloud(t *testing.T) *testCloud {
	t.Helper()
	return startCloud(t, region, "")
}

// startCloud starts an emulator of a region that writes down what it is asked
// for in a file, unless that has no path.
func startCloud(t *testing.T, region, callLog string) *testCloud {
	t.Helper()
	state, backend := t.TempDir(), t.TempDir()
	aws, err := cloud.Start(t.Context(), cloud.Options{
		Port: freePort(t), Region: region, StateDirectory: state, Cache: machine.cache,
		Programs: machine.tools.Fargate, DockerHost: machine.docker.Host, CallLog: callLog, Report: progress.New(t.Output()),
	})
	must(t, err)
	t.Cleanup(func() {
		for _, path := range []string{aws.Log(), aws.TaskLog()} {
			if log, err := os.ReadFile(path); t.Failed() && err == nil {
				t.Logf("%s:\n%s", path, log)
			}
		}
		err := errors.Join(machine.docker.RemoveImages(context.Background(), aws.Registry()), aws.Stop())
		if err != nil {
			t.Error(err)
		}
	})
	variables := stack.Environment(stack.Options{
		StateDirectory: state, Toolchain: machine.tools, Endpoint: aws.URL(), DockerHost: machine.docker.Host,
	})
	delete(variables, "PULUMI_CONFIG_PASSPHRASE_FILE")
	variables["PULUMI_CONFIG_PASSPHRASE"] = rand.Text()
	variables["PULUMI_BACKEND_URL"] = stack.BackendURL(backend)
	return &testCloud{account: newAccount(t, aws.URL(), region), backend: backend, environment: variables, callLog: callLog}
}
