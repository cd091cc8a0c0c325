package e2e

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fargate-stack/local/baseimages"
	"fargate-stack/local/dockerengine"
	"fargate-stack/local/emulator"
	"fargate-stack/local/progress"
	"fargate-stack/local/settings"
	"fargate-stack/local/stack"
	"fargate-stack/local/toolchain"
)

// A machine is what deployments run on: toolchain, Docker engine, base images
// and an emulator of its own, beside the one of a `make up`.
type machine struct {
	// endpoint is the address of the emulated AWS.
	endpoint string
	// backend is the directory of the Pulumi backend.
	backend string
	// environment is what the engine runs with.
	environment map[string]string
}

// newMachine makes a machine ready. What it starts ends with the test.
func newMachine(t *testing.T) *machine {
	t.Helper()
	cache, err := settings.Cache()
	must(t, err)
	ctx, report, state := t.Context(), progress.New(t.Output()), t.TempDir()
	tools, err := toolchain.Prepare(ctx, toolchain.Options{Cache: cache, Repository: repository(), Report: report})
	must(t, err)
	docker := dockerengine.Options{StateDirectory: state, Report: report}
	t.Cleanup(func() {
		_, err := dockerengine.StopStarted(docker)
		must(t, err)
	})
	engine, _, err := dockerengine.Ensure(ctx, docker)
	must(t, err)
	client, err := engine.Client()
	must(t, err)
	defer client.Close()
	must(t, baseimages.Ensure(ctx, client, baseimages.Options{
		Dockerfile: filepath.Join(repository(), "Dockerfile"), Cache: cache, Report: report,
	}))
	aws, err := emulator.Start(ctx, emulator.Options{
		Port: freePort(t), Region: region, StateDirectory: state, Cache: cache, Report: report,
	})
	must(t, err)
	t.Cleanup(func() { must(t, aws.Stop()) })
	t.Setenv("PATH", strings.Join(append(tools.Path, os.Getenv("PATH")), string(os.PathListSeparator)))
	variables := stack.Environment(stack.Options{
		StateDirectory: state, Toolchain: tools, Endpoint: aws.URL(), DockerHost: engine.Host,
	})
	delete(variables, "PULUMI_CONFIG_PASSPHRASE_FILE")
	variables["PULUMI_CONFIG_PASSPHRASE"] = rand.Text()
	backend := t.TempDir()
	variables["PULUMI_BACKEND_URL"] = "file://" + backend
	return &machine{endpoint: aws.URL(), backend: backend, environment: variables}
}
