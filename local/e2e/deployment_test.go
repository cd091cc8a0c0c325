package e2e

import (
	"bytes"
	"context"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"

	"fargate-stack/local/stack"
)

// project is the name of the project, which is another one where `pulumi new`
// made it.
var project = func() string {
	settings, err := workspace.LoadProject(filepath.Join(repository(), "Pulumi.yaml"))
	if err != nil {
		panic(err)
	}
	return settings.Name.String()
}()

const (
	region = "us-east-1"

	// operationLimit ends a deployment that hangs, with what it said so far.
	operationLimit = 8 * time.Minute
)

// A deployment is one stack of the program, in a copy of its own: the app can
// be changed, and stack settings are written, without touching the repository.
type deployment struct {
	directory string
	stack     auto.Stack
}

// newDeployment copies the program, as git has it or would have it, and makes
// a stack. The stack is destroyed when the test ends, however it ends.
func newDeployment(t *testing.T, cloud *testCloud, stackName string, settings map[string]string) *deployment {
	t.Helper()
	directory := t.TempDir()
	copyProgram(t, directory)
	return deploymentIn(t, cloud, directory, stackName, settings)
}

// deploymentIn makes a stack of the copy in a directory, as newDeployment does.
func deploymentIn(t *testing.T, cloud *testCloud, directory, stackName string, settings map[string]string) *deployment {
	t.Helper()
	workspace, err := auto.NewLocalWorkspace(t.Context(), auto.WorkDir(directory), auto.EnvVars(cloud.environment),
		auto.SecretsProvider(cloud.secretsProvider))
	must(t, err)
	deployed, err := auto.UpsertStack(t.Context(), stackName, workspace)
	must(t, err)
	d := &deployment{directory: directory, stack: deployed}
	all := map[string]string{"aws:region": region, project + ":architecture": stack.MachineArchitecture()}
	maps.Copy(all, settings)
	for key, value := range all {
		d.set(t, key, value)
	}
	t.Cleanup(func() { d.cleanUp(t) })
	return d
}

// set changes a setting, or one element of it.
func (d *deployment) set(t *testing.T, key, value string) {
	t.Helper()
	d.setValue(t, key, auto.ConfigValue{Value: value})
}

// setSecret changes a setting, or one element of it, and keeps it encrypted.
func (d *deployment) setSecret(t *testing.T, key, value string) {
	t.Helper()
	d.setValue(t, key, auto.ConfigValue{Value: value, Secret: true})
}

func (d *deployment) setValue(t *testing.T, key string, value auto.ConfigValue) {
	t.Helper()
	options := &auto.ConfigOptions{Path: strings.ContainsAny(key, ".[")}
	must(t, d.stack.SetConfigWithOptions(t.Context(), key, value, options))
}

// copyProgram copies what the program consists of.
func copyProgram(t *testing.T, directory string) {
	t.Helper()
	copyFiles(t, directory, "Pulumi.yaml", "main.go", "go.mod", "go.sum", "infra", "doctor/diagnosis", "service", "Dockerfile")
}

// copyFiles copies what git tracks or would track at some paths, and returns the
// names of these files.
func copyFiles(t *testing.T, directory string, paths ...string) []string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "git", append([]string{"ls-files", "-z", "--cached", "--others", "--exclude-standard", "--"}, paths...)...)
	list.Dir = repository()
	files, err := list.Output()
	must(t, err)
	names := strings.Split(strings.TrimRight(string(files), "\x00"), "\x00")
	for _, name := range names {
		content, err := os.ReadFile(filepath.Join(repository(), name))
		must(t, err)
		info, err := os.Stat(filepath.Join(repository(), name))
		must(t, err)
		target := filepath.Join(directory, name)
		must(t, os.MkdirAll(filepath.Dir(target), 0o755))
		must(t, os.WriteFile(target, content, info.Mode()))
	}
	return names
}

func (d *deployment) up(t *testing.T) auto.UpResult {
	t.Helper()
	result, said, err := d.tryUp(t)
	if err != nil {
		t.Fatalf("pulumi up: %v\n%s", err, said)
	}
	return result
}

// tryUp runs pulumi up and returns what it said, and whether it failed.
func (d *deployment) tryUp(t *testing.T) (auto.UpResult, string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), operationLimit)
	defer cancel()
	var output bytes.Buffer
	start := time.Now()
	result, err := d.stack.Up(ctx, optup.ProgressStreams(&output), optup.ErrorProgressStreams(&output), optup.SuppressProgress())
	t.Logf("pulumi up took %s: %v", time.Since(start).Round(100*time.Millisecond), changes(result))
	return result, output.String(), err
}

// failingUp runs pulumi up, which has to fail and to say some things.
func (d *deployment) failingUp(t *testing.T, wants ...string) {
	t.Helper()
	_, said, err := d.tryUp(t)
	if err == nil {
		t.Fatalf("pulumi up did not fail:\n%s", said)
	}
	for _, want := range wants {
		if !strings.Contains(said, want) {
			t.Errorf("pulumi up does not say %q:\n%s", want, said)
		}
	}
}

// changes counts what an update did, by operation.
func changes(result auto.UpResult) map[string]int {
	if result.Summary.ResourceChanges == nil {
		return nil
	}
	return *result.Summary.ResourceChanges
}

// preview returns what pulumi preview says, and whether it failed.
func (d *deployment) preview(t *testing.T, options ...optpreview.Option) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), operationLimit)
	defer cancel()
	var output bytes.Buffer
	options = append(options, optpreview.ProgressStreams(&output), optpreview.ErrorProgressStreams(&output))
	_, err := d.stack.Preview(ctx, options...)
	return output.String(), err
}

func (d *deployment) destroy(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), operationLimit)
	defer cancel()
	var output bytes.Buffer
	start := time.Now()
	if _, err := d.stack.Destroy(ctx, optdestroy.ProgressStreams(&output), optdestroy.ErrorProgressStreams(&output)); err != nil {
		t.Fatalf("pulumi destroy: %v\n%s", err, output.String())
	}
	t.Logf("pulumi destroy took %s", time.Since(start).Round(100*time.Millisecond))
}

// cleanUp destroys what a failed test left. A test's own context has ended
// when it runs.
func (d *deployment) cleanUp(t *testing.T) {
	if !t.Failed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), operationLimit)
	defer cancel()
	if _, err := d.stack.Destroy(ctx); err != nil {
		t.Logf("destroying what the failed test left: %v", err)
	}
}

// refresh reads what changed behind the engine's back.
func (d *deployment) refresh(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), operationLimit)
	defer cancel()
	_, err := d.stack.Refresh(ctx)
	must(t, err)
}

// output returns an output of a stack as text.
func output(t *testing.T, result auto.UpResult, name string) string {
	t.Helper()
	value, ok := result.Outputs[name].Value.(string)
	if !ok || value == "" {
		t.Errorf("output %s is %v", name, result.Outputs[name].Value)
	}
	return value
}

// change replaces text in a file of the deployment's copy.
func (d *deployment) change(t *testing.T, file, old, replacement string) {
	t.Helper()
	replaceIn(t, filepath.Join(d.directory, file), old, replacement)
}

// replaceIn replaces text in a file.
func replaceIn(t *testing.T, path, old, replacement string) {
	t.Helper()
	content, err := os.ReadFile(path)
	must(t, err)
	if !bytes.Contains(content, []byte(old)) {
		t.Fatalf("%s does not contain %q", path, old)
	}
	must(t, os.WriteFile(path, bytes.Replace(content, []byte(old), []byte(replacement), 1), 0o644))
}

// freePort returns a port on which nothing listens.
func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
