package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/crane"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// needEngine returns a connection to the machine's Docker engine. Without one
// the test is skipped.
func needEngine(t *testing.T) *engine {
	t.Helper()
	e, err := connect(t.Context(), "", func(string) {})
	if err != nil {
		t.Skipf("SKIP: %v", err)
	}
	t.Cleanup(e.close)
	return e
}

// startRegistry starts a registry that takes one username and password, and
// returns its address.
func startRegistry(t *testing.T) string {
	t.Helper()
	backend := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if username, given, _ := r.BasicAuth(); username != "AWS" || given != password {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			http.Error(w, `{"errors":[{"code":"UNAUTHORIZED","message":"no such user"}]}`, http.StatusUnauthorized)
			return
		}
		backend.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// removeImages removes from the engine what tests made in a repository. An
// image that was pushed stays known by its digest when its tag is gone.
func removeImages(t *testing.T, e *engine, repository string) {
	t.Helper()
	made, err := e.client.ImageList(context.Background(), image.ListOptions{Filters: filters.NewArgs(filters.Arg("reference", repository))})
	if err != nil {
		t.Error(err)
	}
	for _, found := range made {
		if _, err := e.client.ImageRemove(context.Background(), found.ID, image.RemoveOptions{Force: true}); err != nil {
			t.Error(err)
		}
	}
}

// pushable returns the arguments of an image that is built from files for this
// machine and pushed to a registry. It is removed from the engine afterwards.
func pushable(t *testing.T, e *engine, registry, dir string) resource.PropertyMap {
	t.Helper()
	name := fmt.Sprintf("%s/app:%d", registry, time.Now().UnixNano())
	t.Cleanup(func() { removeImages(t, e, registry+"/app") })
	inputs := with(imageOf(dir, name), "build.platform", resource.NewProperty("linux/"+runtime.GOARCH))
	return with(inputs, "registry.server", resource.NewProperty(registry+"/app"))
}

// create calls Check and Create.
func create(ctx context.Context, t *testing.T, p *imageProvider, inputs resource.PropertyMap) (*pulumirpc.CreateResponse, error) {
	t.Helper()
	return p.Create(ctx, &pulumirpc.CreateRequest{Urn: testURN, Properties: wire(t, check(t, p, inputs))})
}

// runnable compiles a program that runs in an empty image.
func runnable(t *testing.T, dir, source string) {
	t.Helper()
	writeFile(t, filepath.Join(dir, "main.go"), source)
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(dir, "run"), filepath.Join(dir, "main.go"))
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOFLAGS=")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	if err := os.Remove(filepath.Join(dir, "main.go")); err != nil {
		t.Fatal(err)
	}
}

// The salt makes a build that no cache of an earlier run has.
func salted(dockerfile string) string {
	return fmt.Sprintf("%s\nLABEL salt=%d\n", dockerfile, time.Now().UnixNano())
}

func TestCreateBuildsAndPushes(t *testing.T) {
	e := needEngine(t)
	p, pulumi := newTestProvider(t)
	address := startRegistry(t)
	root := app(t, map[string]string{
		"docker/Dockerfile": salted("FROM scratch AS content\nARG VERSION\nARG TARGETARCH\nCOPY . /content/\n" +
			"FROM scratch AS wanted\nARG VERSION\nLABEL version=$VERSION\nCOPY --from=content /content /content\n" +
			"FROM missing.invalid/never-built"),
		"service/kept.txt":      "kept",
		"service/ignored.txt":   "ignored",
		"service/.dockerignore": "ignored.txt\n.dockerignore\n",
	})
	inputs := pushable(t, e, address, filepath.Join(root, "service"))
	inputs = with(inputs, "build.dockerfile", resource.NewProperty(filepath.Join(root, "docker/Dockerfile")))
	inputs = with(inputs, "build.target", resource.NewProperty("wanted"))

	response, err := create(t.Context(), t, p, inputs)
	if err != nil {
		t.Fatal(err)
	}
	name := inputs["imageName"].StringValue()
	served, err := crane.Digest(name, crane.WithAuth(&authn.Basic{Username: "AWS", Password: password}))
	if err != nil {
		t.Fatal(err)
	}
	outputs := unwire(t, response.GetProperties())
	want := map[resource.PropertyKey]string{
		"imageName":      name,
		"baseImageName":  name,
		"repoDigest":     address + "/app@" + served,
		"registryServer": address + "/app",
		"context":        filepath.Join(root, "service"),
		"dockerfile":     "../docker/Dockerfile",
		"platform":       "linux/" + runtime.GOARCH,
	}
	for key, value := range want {
		if outputs[key].V != value {
			t.Errorf("%s is %v, want %s", key, outputs[key], value)
		}
	}
	if len(outputs) != len(want) || response.GetId() != name {
		t.Errorf("outputs are %v, id %s", outputs, response.GetId())
	}
	if text := response.GetProperties().String() + pulumi.logged(); strings.Contains(text, password) {
		t.Errorf("the password is in the outputs or in the log: %s", text)
	}
	if !strings.Contains(pulumi.logged(), "COPY . /content/") || !strings.Contains(pulumi.logged(), "Pushed") {
		t.Errorf("the log shows neither steps nor push: %s", pulumi.logged())
	}
	checkContent(t, e, name)
}

// checkContent checks what the image that TestCreateBuildsAndPushes built has
// in it.
func checkContent(t *testing.T, e *engine, name string) {
	t.Helper()
	found, err := e.client.ImageInspect(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if found.Config.Labels["version"] != "1" {
		t.Errorf("the build argument VERSION did not arrive: labels %v", found.Config.Labels)
	}
	made, err := e.client.ContainerCreate(t.Context(), &container.Config{Image: name, Cmd: []string{"none"}}, nil, nil, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	defer e.client.ContainerRemove(context.Background(), made.ID, container.RemoveOptions{})
	for file, wanted := range map[string]bool{"kept.txt": true, "ignored.txt": false, ".dockerignore": false, "Dockerfile": false} {
		_, err := e.client.ContainerStatPath(t.Context(), made.ID, "/content/"+file)
		if (err == nil) != wanted {
			t.Errorf("%s is in the image: %v, want %v", file, err == nil, wanted)
		}
	}
}

func TestUpdatePushesTheChangedImage(t *testing.T) {
	e := needEngine(t)
	p, _ := newTestProvider(t)
	dir := app(t, map[string]string{"Dockerfile": salted("FROM scratch\nCOPY file /"), "file": "one"})
	inputs := pushable(t, e, startRegistry(t), dir)
	first, err := create(t.Context(), t, p, inputs)
	if err != nil {
		t.Fatal(err)
	}
	last := check(t, p, inputs)
	writeFile(t, filepath.Join(dir, "file"), "two")
	present := check(t, p, inputs)
	if changed := diff(t, p, last, present); len(changed) != 1 {
		t.Fatalf("changed: %v", changed)
	}
	second, err := p.Update(t.Context(), &pulumirpc.UpdateRequest{Urn: testURN, Id: first.GetId(), News: wire(t, present)})
	if err != nil {
		t.Fatal(err)
	}
	before, after := unwire(t, first.GetProperties())["repoDigest"], unwire(t, second.GetProperties())["repoDigest"]
	if before.StringValue() == after.StringValue() {
		t.Errorf("the digest is still %v", after)
	}
	served, err := crane.Digest(inputs["imageName"].StringValue(), crane.WithAuth(&authn.Basic{Username: "AWS", Password: password}))
	if err != nil || !strings.HasSuffix(after.StringValue(), "@"+served) {
		t.Errorf("repoDigest is %v, the registry serves %s, %v", after, served, err)
	}
}

func TestABaseImageThatTheEngineHasIsNotPulled(t *testing.T) {
	e := needEngine(t)
	p, _ := newTestProvider(t)
	address := startRegistry(t)
	base := pushable(t, e, "registry.invalid", app(t, map[string]string{"Dockerfile": salted("FROM scratch\nLABEL base=here")}))
	base = with(base, "skipPush", resource.NewProperty(true))
	response, err := create(t.Context(), t, p, base)
	if err != nil {
		t.Fatal(err)
	}
	if id := unwire(t, response.GetProperties())["repoDigest"].StringValue(); !strings.HasPrefix(id, "sha256:") {
		t.Errorf("repoDigest of an image that is not pushed is %q, want its id", id)
	}
	inputs := pushable(t, e, address, app(t, map[string]string{
		"Dockerfile": "FROM --platform=$BUILDPLATFORM " + base["imageName"].StringValue() + "\n",
	}))
	if _, err := create(t.Context(), t, p, inputs); err != nil {
		t.Fatal(err)
	}
	found, err := e.client.ImageInspect(t.Context(), inputs["imageName"].StringValue())
	if err != nil || found.Config.Labels["base"] != "here" {
		t.Errorf("labels %v, %v", found.Config, err)
	}
}

func TestABaseImageIsPulledWithTheCredentialsGiven(t *testing.T) {
	e := needEngine(t)
	p, _ := newTestProvider(t)
	address := startRegistry(t)
	base := pushable(t, e, address, app(t, map[string]string{"Dockerfile": salted("FROM scratch\nLABEL base=pulled")}))
	if _, err := create(t.Context(), t, p, base); err != nil {
		t.Fatal(err)
	}
	removeImages(t, e, address+"/app")
	inputs := pushable(t, e, address, app(t, map[string]string{"Dockerfile": "FROM " + base["imageName"].StringValue() + "\n"}))
	if _, err := create(t.Context(), t, p, inputs); err != nil {
		t.Fatal(err)
	}
	found, err := e.client.ImageInspect(t.Context(), inputs["imageName"].StringValue())
	if err != nil || found.Config.Labels["base"] != "pulled" {
		t.Errorf("labels %v, %v", found.Config, err)
	}
}

func TestAnImageForAnotherArchitecture(t *testing.T) {
	e := needEngine(t)
	p, _ := newTestProvider(t)
	dir := app(t, map[string]string{"Dockerfile": salted("FROM scratch\nARG TARGETARCH\nLABEL arch=$TARGETARCH"), "file": ""})
	other := map[string]string{"amd64": "arm64", "arm64": "amd64"}[runtime.GOARCH]
	inputs := pushable(t, e, startRegistry(t), dir)
	inputs = with(inputs, "build.platform", resource.NewProperty("linux/"+other))
	if _, err := create(t.Context(), t, p, inputs); err != nil {
		t.Fatal(err)
	}
	found, err := e.client.ImageInspect(t.Context(), inputs["imageName"].StringValue())
	if err != nil || found.Architecture != other || found.Config.Labels["arch"] != other {
		t.Errorf("architecture %s, labels %v, %v; want %s", found.Architecture, found.Config.Labels, err, other)
	}
}

func TestAPreviewBuildsWhenAskedAndNeverPushes(t *testing.T) {
	e := needEngine(t)
	p, _ := newTestProvider(t)
	dir := app(t, map[string]string{"Dockerfile": salted("FROM scratch")})
	inputs := with(pushable(t, e, startRegistry(t), dir), "buildOnPreview", resource.NewProperty(true))
	name := inputs["imageName"].StringValue()
	if _, err := p.Create(t.Context(), &pulumirpc.CreateRequest{Urn: testURN, Properties: wire(t, inputs), Preview: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := e.imageID(t.Context(), name); err != nil {
		t.Errorf("it was not built: %v", err)
	}
	if digest, err := crane.Digest(name, crane.WithAuth(&authn.Basic{Username: "AWS", Password: password})); err == nil {
		t.Errorf("it was pushed: %s", digest)
	}
}

func TestBuildErrors(t *testing.T) {
	e := needEngine(t)
	address := startRegistry(t)
	tests := []struct {
		name       string
		dockerfile string
		want       []string
	}{
		{"name the step that failed and show its last lines", "FROM scratch\nCOPY run /\nRUN [\"/run\"]",
			[]string{`step [2/2] RUN ["/run"]`, "exit code: 3", "last lines of its output:", "line 49", "it is broken"}},
		{"name the file that is missing", "FROM scratch\nCOPY nope /",
			[]string{"step [1/1] COPY nope /", "nope"}},
		{"name the line that is wrong", "FROM scratch\nNOPE",
			[]string{"parse error", "unknown instruction", "NOPE"}},
		{"name the base image that can't be had", "FROM registry.invalid/base:1",
			[]string{"registry.invalid/base:1"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, pulumi := newTestProvider(t)
			dir := app(t, map[string]string{"Dockerfile": salted(test.dockerfile)})
			runnable(t, dir, `package main
import ("fmt"; "os")
func main() {
	for i := range 50 { fmt.Println("line", i) }
	fmt.Print("it is ")
	fmt.Print("broken")
	os.Exit(3)
}`)
			_, err := create(t.Context(), t, p, pushable(t, e, address, dir))
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error lacks %q: %v", want, err)
				}
			}
			if strings.Contains(err.Error(), "line 1\n") || strings.Contains(err.Error()+pulumi.logged(), password) {
				t.Errorf("the error has too much in it: %v", err)
			}
		})
	}
}

func TestARefusedPushIsAnError(t *testing.T) {
	e := needEngine(t)
	p, pulumi := newTestProvider(t)
	dir := app(t, map[string]string{"Dockerfile": salted("FROM scratch"), "file": ""})
	inputs := pushable(t, e, startRegistry(t), dir)
	const wrong = "not-the-password"
	_, err := create(t.Context(), t, p, with(inputs, "registry.password", resource.MakeSecret(resource.NewProperty(wrong))))
	if err == nil || !strings.Contains(err.Error(), "pushing "+inputs["imageName"].StringValue()) {
		t.Errorf("got %v", err)
	}
	if strings.Contains(fmt.Sprint(err)+pulumi.logged(), wrong) {
		t.Errorf("the password is in the error or in the log: %v", err)
	}
	t.Log(err)
}

func TestARegistryThatIsNotThereIsAnError(t *testing.T) {
	e := needEngine(t)
	p, _ := newTestProvider(t)
	inputs := pushable(t, e, "127.0.0.1:1", app(t, map[string]string{"Dockerfile": salted("FROM scratch")}))
	if _, err := create(t.Context(), t, p, inputs); err == nil || !strings.Contains(err.Error(), "127.0.0.1:1") {
		t.Errorf("got %v", err)
	}
}

func TestCancelStopsTheBuild(t *testing.T) {
	e := needEngine(t)
	p, pulumi := newTestProvider(t)
	marker := fmt.Sprintf("marker-%d", time.Now().UnixNano())
	dir := app(t, map[string]string{"Dockerfile": salted(fmt.Sprintf("FROM scratch\nCOPY run /\nRUN [\"/run\", %q]", marker))})
	runnable(t, dir, `package main
import ("fmt"; "time")
func main() { fmt.Println("it is running"); time.Sleep(time.Hour) }`)
	inputs := wire(t, check(t, p, pushable(t, e, "registry.invalid", dir)))

	done := make(chan error, 1)
	go func() {
		_, err := p.Create(context.Background(), &pulumirpc.CreateRequest{Urn: testURN, Properties: inputs})
		done <- err
	}()
	waitFor(t, "the build to run", func() bool {
		select {
		case err := <-done:
			t.Fatalf("the build ended before it was canceled: %v", err)
		default:
		}
		return strings.Contains(pulumi.logged(), "it is running")
	})
	if _, err := p.Cancel(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want it canceled", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the build went on")
	}
	waitFor(t, "the step to end in the engine", func() bool { return !running(t, marker) })
}

// running tells whether a process with the marker among its arguments runs on
// this machine. An engine on another one can't be looked into like that.
func running(t *testing.T, marker string) bool {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if arguments, err := os.ReadFile(file); err == nil && strings.Contains(string(arguments), "/run\x00"+marker) {
			return true
		}
	}
	return false
}

func waitFor(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); !condition(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
