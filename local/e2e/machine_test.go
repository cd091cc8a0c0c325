package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fargate-stack/local/baseimages"
	"fargate-stack/local/dockerengine"
	"fargate-stack/local/emulator"
	"fargate-stack/local/progress"
	"fargate-stack/local/toolchain"
)

// A machine is what deployments run on: toolchain, Docker engine, base images
// and an emulator of its own, beside the one of a `make up`.
type machine struct {
	// endpoint is the address of the emulated AWS.
	endpoint string
	// environment is what the engine runs with.
	environment map[string]string
}

// newMachine makes a machine ready. What it starts ends with the test.
func newMachine(t *testing.T) *machine {
	t.Helper()
	ctx, report, cache, state := t.Context(), progress.New(t.Output()), cacheDirectory(t), t.TempDir()
	tools, err := toolchain.Prepare(ctx, toolchain.Options{Cache: cache, Repository: repository(), Report: report})
	must(t, err)
	engine, started, err := dockerengine.Ensure(ctx, dockerengine.Options{StateDirectory: state, Report: report})
	must(t, err)
	if started {
		t.Cleanup(func() { must(t, engine.Stop()) })
	}
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
	return &machine{endpoint: aws.URL(), environment: environment(tools, engine.Host, aws.URL(), state)}
}
