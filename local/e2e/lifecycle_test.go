// Package e2e deploys the program with the real Pulumi engine and looks at
// what is there then, through the AWS APIs.
package e2e

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
)

// maximumImageSize is what the app's image may take in the registry.
const maximumImageSize = 10 << 20

func TestLifecycle(t *testing.T) {
	t.Parallel()
	cloud := newCloud(t)
	aws := cloud.account
	before := aws.inventory(t)
	stack := newDeployment(t, cloud, "e2e-lifecycle", nil)

	first := stack.up(t)
	deployed := aws.describe(t, first)
	t.Run("what was deployed is there", func(t *testing.T) { deployed.check(t, expectation{zones: 2, minimum: 2, maximum: 4}) })
	t.Run("image is small, not root's, and for this machine", func(t *testing.T) { checkImage(t, first) })
	t.Run("docs shows it", func(t *testing.T) { checkPicture(t, stack) })
	t.Run("registry's token is not in the state", func(t *testing.T) { checkBackend(t, cloud, aws.registryToken(t)) })

	t.Run("a second up changes nothing", func(t *testing.T) {
		again := stack.up(t)
		expectChanges(t, again, "same")
		if !reflect.DeepEqual(again.Outputs, first.Outputs) {
			t.Errorf("outputs are %v, were %v", again.Outputs, first.Outputs)
		}
	})
	t.Run("a redeploy leaves the running count alone", func(t *testing.T) {
		aws.scale(t, first, 3)
		stack.refresh(t)
		expectChanges(t, stack.up(t), "same")
		if got := aws.describe(t, first).service.DesiredCount; got != 3 {
			t.Errorf("desired count is %d, want 3 as autoscaling left it", got)
		}
	})
	t.Run("a changed app is a new image and task definition", func(t *testing.T) {
		stack.change(t, "service/home.go", `"fargate-stack"`, `"changed-app"`)
		changed := stack.up(t)
		for _, name := range []string{"imageRef", "taskDefinitionArn"} {
			if output(t, changed, name) == output(t, first, name) {
				t.Errorf("%s is still %s", name, output(t, first, name))
			}
		}
		for _, name := range []string{"url", "serviceName", "vpcId"} {
			if output(t, changed, name) != output(t, first, name) {
				t.Errorf("%s became %s", name, output(t, changed, name))
			}
		}
		now := aws.describe(t, changed)
		now.checkContainer(t)
		if got := *now.service.TaskDefinition; got != output(t, changed, "taskDefinitionArn") {
			t.Errorf("service runs %s, want the new task definition", got)
		}
	})
	t.Run("an app that went back is not built again", func(t *testing.T) {
		stack.change(t, "service/home.go", `"changed-app"`, `"fargate-stack"`)
		back := stack.up(t)
		if got, want := output(t, back, "imageRef"), output(t, first, "imageRef"); got != want {
			t.Errorf("image is %s, want %s", got, want)
		}
	})
	t.Run("destroy leaves nothing behind", func(t *testing.T) {
		stack.destroy(t)
		aws.expect(t, before)
	})
}

func TestWithoutNAT(t *testing.T) {
	t.Parallel()
	cloud := newCloud(t)
	aws := cloud.account
	before := aws.inventory(t)
	stack := newDeployment(t, cloud, "e2e-without-nat", map[string]string{
		project + ":natStrategy":           "none",
		project + ":availabilityZoneCount": "3",
		project + ":containerInsights":     "enabled",
		project + ":minimumTaskCount":      "2",
		project + ":maximumTaskCount":      "2",
		project + ":environment.LEVEL":     "debug",
	})
	result := stack.up(t)
	deployed := aws.describe(t, result)
	t.Run("what was deployed is there", func(t *testing.T) { deployed.check(t, expectation{zones: 3, minimum: 2, maximum: 2}) })
	t.Run("tasks reach only what ECS needs", func(t *testing.T) { deployed.checkEndpoints(t) })
	t.Run("a second up changes nothing, nor does what AWS says of it all", func(t *testing.T) {
		stack.refresh(t)
		expectChanges(t, stack.up(t), "same")
	})
	t.Run("destroy leaves nothing behind", func(t *testing.T) {
		stack.destroy(t)
		aws.expect(t, before)
	})
}

func TestBadConfigTouchesNothing(t *testing.T) {
	t.Parallel()
	cloud := newCloud(t)
	aws := cloud.account
	before := aws.inventory(t)
	tests := []struct {
		statement string
		settings  map[string]string
		want      []string
	}{
		{"all problems are told at once", map[string]string{
			project + ":cpu":              "300",
			project + ":containerPort":    "70000",
			project + ":vpcCidr":          "10.0.0.0/8",
			project + ":maximumTaskCount": "0",
			project + ":dockerfile":       "nowhere",
		}, []string{`cpu is "300"`, `containerPort is "70000"`, `vpcCidr is "10.0.0.0/8"`, `maximumTaskCount is "0"`, `dockerfile is "nowhere"`}},
		// Pulumi itself compares values with the types in Pulumi.yaml.
		{"a word is no port", map[string]string{project + ":containerPort": "abc"}, []string{"containerPort", "must be of type 'integer'"}},
	}
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			stack := newDeployment(t, cloud, "e2e-bad-config", test.settings)
			said, err := stack.preview(t)
			if err == nil {
				t.Error("preview succeeded")
			}
			for _, part := range test.want {
				if !strings.Contains(said, part) {
					t.Errorf("preview does not say %q:\n%s", part, said)
				}
			}
		})
	}
	aws.expect(t, before)
}

// expectChanges checks that all operations of an update were of the given kinds.
func expectChanges(t *testing.T, result auto.UpResult, kinds ...string) {
	t.Helper()
	for kind, count := range changes(result) {
		if !slices.Contains(kinds, kind) {
			t.Errorf("%d resources: %s\n%s", count, kind, result.StdOut)
		}
	}
}

// checkImage pulls what the registry has under the exported reference.
func checkImage(t *testing.T, result auto.UpResult) {
	t.Helper()
	reference, err := name.NewDigest(output(t, result, "imageRef"))
	must(t, err)
	image, err := remote.Image(reference)
	must(t, err)
	config, err := image.ConfigFile()
	must(t, err)
	if config.Config.User != "65532:65532" {
		t.Errorf("image runs as %q", config.Config.User)
	}
	if config.Architecture != runtime.GOARCH {
		t.Errorf("image is for %s, want %s", config.Architecture, runtime.GOARCH)
	}
	layers, err := image.Layers()
	must(t, err)
	var size int64
	for _, layer := range layers {
		uncompressed, err := layer.Uncompressed()
		must(t, err)
		n, err := countBytes(uncompressed)
		must(t, err)
		size += n
	}
	t.Logf("image takes %.2f MB", float64(size)/1e6)
	if size >= maximumImageSize {
		t.Errorf("image takes %d bytes, want fewer than %d", size, maximumImageSize)
	}
}

// checkBackend looks for secrets in everything that the engine keeps: the state,
// its backups and the history.
func checkBackend(t *testing.T, cloud *testCloud, secrets ...string) {
	t.Helper()
	encrypted := false
	must(t, filepath.WalkDir(cloud.backend, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		expectNone(t, path, content, secrets...)
		encrypted = encrypted || bytes.Contains(content, []byte(`"ciphertext"`))
		return err
	}))
	if !encrypted {
		t.Error("the backend has no secret at all")
	}
}
