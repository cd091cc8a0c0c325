package main

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/docker/cli/cli/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

const (
	testURN  = "urn:pulumi:test::fargate-stack::docker:index/image:Image::app"
	password = "correct-horse-battery-staple"
)

// pulumiEngine is the engine's side of the protocol: it keeps what is logged.
type pulumiEngine struct {
	pulumirpc.UnimplementedEngineServer

	mutex sync.Mutex
	lines []string
}

func (e *pulumiEngine) Log(_ context.Context, request *pulumirpc.LogRequest) (*emptypb.Empty, error) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.lines = append(e.lines, request.GetMessage())
	return &emptypb.Empty{}, nil
}

// logged returns everything that was logged.
func (e *pulumiEngine) logged() string {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return strings.Join(e.lines, "\n")
}

// newTestProvider returns a provider as main makes it, and the engine that it
// logs to. No Docker configuration of the user's is read.
func newTestProvider(t *testing.T) (*imageProvider, *pulumiEngine) {
	t.Helper()
	useDockerConfiguration(t, t.TempDir())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	engine := &pulumiEngine{}
	server := grpc.NewServer()
	pulumirpc.RegisterEngineServer(server, engine)
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	host, err := provider.NewHostClient(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { host.Close() })
	return newImageProvider(host), engine
}

// useDockerConfiguration makes a directory the user's Docker configuration.
// The variable DOCKER_CONFIG is read only once.
func useDockerConfiguration(t *testing.T, dir string) {
	t.Helper()
	before := config.Dir()
	config.SetDir(dir)
	t.Cleanup(func() { config.SetDir(before) })
}

// object returns a property value from Go values.
func object(fields map[string]any) resource.PropertyValue {
	return resource.NewProperty(resource.NewPropertyMapFromMap(fields))
}

// wire returns properties as they go over the protocol.
func wire(t *testing.T, properties resource.PropertyMap) *structpb.Struct {
	t.Helper()
	marshaled, err := marshal(properties)
	if err != nil {
		t.Fatal(err)
	}
	return marshaled
}

// unwire returns properties that came over the protocol.
func unwire(t *testing.T, properties *structpb.Struct) resource.PropertyMap {
	t.Helper()
	unmarshaled, err := unmarshal(properties)
	if err != nil {
		t.Fatal(err)
	}
	return unmarshaled
}

// app writes files into a new directory and returns it.
func app(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		writeFile(t, filepath.Join(dir, name), content)
	}
	return dir
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// imageOf returns the arguments of an image that is built from a directory.
func imageOf(dir, name string) resource.PropertyMap {
	return resource.PropertyMap{
		"imageName": resource.NewProperty(name),
		"build": object(map[string]any{
			"context":    dir,
			"dockerfile": filepath.Join(dir, "Dockerfile"),
			"platform":   "linux/amd64",
			"args":       map[string]any{"VERSION": "1"},
		}),
		"registry": resource.NewProperty(resource.PropertyMap{
			"server":   resource.NewProperty("registry.example"),
			"username": resource.NewProperty("AWS"),
			"password": resource.MakeSecret(resource.NewProperty(password)),
		}),
		"skipPush": resource.NewProperty(false),
	}
}

// with returns properties with one set anew, "outer.inner" being inside outer.
func with(properties resource.PropertyMap, path string, value resource.PropertyValue) resource.PropertyMap {
	changed := properties.Copy()
	outer, inner, nested := strings.Cut(path, ".")
	if !nested {
		changed[resource.PropertyKey(outer)] = value
		return changed
	}
	changed[resource.PropertyKey(outer)] = resource.NewProperty(
		with(changed[resource.PropertyKey(outer)].ObjectValue(), inner, value))
	return changed
}

// check calls Check and expects it to accept the arguments.
func check(t *testing.T, p *imageProvider, inputs resource.PropertyMap) resource.PropertyMap {
	t.Helper()
	response, err := p.Check(t.Context(), &pulumirpc.CheckRequest{Urn: testURN, News: wire(t, inputs)})
	if err != nil {
		t.Fatal(err)
	}
	if len(response.GetFailures()) > 0 {
		t.Fatalf("Check refused the arguments: %v", response.GetFailures())
	}
	return unwire(t, response.GetInputs())
}

// diff calls Diff and returns the paths that changed.
func diff(t *testing.T, p *imageProvider, last, present resource.PropertyMap) []string {
	t.Helper()
	response, err := p.Diff(t.Context(), &pulumirpc.DiffRequest{Urn: testURN, Id: "x", OldInputs: wire(t, last), News: wire(t, present)})
	if err != nil {
		t.Fatal(err)
	}
	var changed []string
	for path, change := range response.GetDetailedDiff() {
		if change.GetKind() != pulumirpc.PropertyDiff_UPDATE && change.GetKind() != pulumirpc.PropertyDiff_ADD {
			t.Errorf("%s: kind %v", path, change.GetKind())
		}
		changed = append(changed, path)
	}
	if (len(changed) > 0) != (response.GetChanges() == pulumirpc.DiffResponse_DIFF_SOME) || len(response.GetReplaces()) > 0 {
		t.Errorf("Diff says %v for %v, replacing %v", response.GetChanges(), changed, response.GetReplaces())
	}
	slices.Sort(changed)
	return changed
}

func TestCheckRefuses(t *testing.T) {
	dir := app(t, map[string]string{"Dockerfile": "FROM scratch\n", "file": ""})
	good := imageOf(dir, "registry.example/app:1")
	tests := []struct {
		name     string
		path     string
		value    resource.PropertyValue
		property string
		reason   string
	}{
		{"a missing Dockerfile", "build.dockerfile", resource.NewProperty(filepath.Join(dir, "Nope")), "build.dockerfile", "no such file"},
		{"a missing context", "build.context", resource.NewProperty(filepath.Join(dir, "nope")), "build.context", "no such file"},
		{"a context that is a file", "build.context", resource.NewProperty(filepath.Join(dir, "file")), "build.context", "not a directory"},
		{"a name without registry that is to be pushed", "imageName", resource.NewProperty("app:1"), "imageName", "canonical"},
		{"no name", "imageName", resource.NewProperty(""), "imageName", "required"},
		{"an unknown argument", "platforms", object(nil), "platforms", "not supported"},
		{"an unknown argument of build", "build.cacheFrom", object(nil), "build.cacheFrom", "not supported"},
		{"an unknown argument of registry", "registry.token", resource.NewProperty("x"), "registry.token", "not supported"},
		{"the classic builder", "build.builderVersion", resource.NewProperty("BuilderV1"), "build.builderVersion", "BuilderBuildKit"},
		{"a build argument that is no text", "build.args", object(map[string]any{"N": 1.0}), "build.args.N", "text"},
		{"a flag that is no flag", "skipPush", resource.NewProperty("yes"), "skipPush", "true or false"},
		{"a build that is no object", "build", resource.NewProperty("."), "build", "object"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, _ := newTestProvider(t)
			response, err := p.Check(t.Context(), &pulumirpc.CheckRequest{Urn: testURN, News: wire(t, with(good, test.path, test.value))})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(response.GetFailures(), func(failure *pulumirpc.CheckFailure) bool {
				return failure.GetProperty() == test.property && strings.Contains(failure.GetReason(), test.reason)
			}) {
				t.Errorf("want %s: …%s…, got %v", test.property, test.reason, response.GetFailures())
			}
		})
	}
}

func TestCheckReportsEverythingAtOnce(t *testing.T) {
	p, _ := newTestProvider(t)
	inputs := with(imageOf(t.TempDir(), "app"), "build.network", resource.NewProperty("host"))
	response, err := p.Check(t.Context(), &pulumirpc.CheckRequest{Urn: testURN, News: wire(t, inputs)})
	if err != nil {
		t.Fatal(err)
	}
	if len(response.GetFailures()) != 3 {
		t.Errorf("want failures of build.network, imageName and build.dockerfile, got %v", response.GetFailures())
	}
}

func TestCheckSaysWhereTheDockerfileIs(t *testing.T) {
	dir := app(t, map[string]string{"service/Dockerfile": "FROM scratch\n"})
	t.Chdir(dir)
	p, _ := newTestProvider(t)
	inputs := with(with(imageOf(dir, "registry.example/app:1"),
		"build.context", resource.NewProperty("service")), "build.dockerfile", resource.NewProperty("Dockerfile"))
	response, err := p.Check(t.Context(), &pulumirpc.CheckRequest{Urn: testURN, News: wire(t, inputs)})
	if err != nil {
		t.Fatal(err)
	}
	if len(response.GetFailures()) != 1 || !strings.Contains(response.GetFailures()[0].GetReason(), `"service/Dockerfile"`) {
		t.Errorf("got %v", response.GetFailures())
	}
}

func TestCheckAddsDefaultsAndKeepsSecrets(t *testing.T) {
	t.Chdir(app(t, map[string]string{"Dockerfile": "FROM scratch\n"}))
	p, engine := newTestProvider(t)
	inputs := imageOf(".", "registry.example/app:1")
	delete(inputs, "build")
	checked := check(t, p, inputs)

	build := checked["build"].ObjectValue()
	for key, want := range map[resource.PropertyKey]string{"context": ".", "dockerfile": "Dockerfile"} {
		if build[key].StringValue() != want {
			t.Errorf("build.%s is %v, want %s", key, build[key], want)
		}
	}
	if !strings.HasPrefix(build["platform"].StringValue(), "linux/") || build[contextDigestKey].StringValue() == "" {
		t.Errorf("build is %v", build)
	}
	if !checked["buildOnPreview"].IsBool() || checked["buildOnPreview"].BoolValue() {
		t.Errorf("buildOnPreview is %v, want false", checked["buildOnPreview"])
	}
	if !checked["registry"].ObjectValue()["password"].IsSecret() {
		t.Error("the password is no secret after Check")
	}
	if !strings.Contains(engine.logged(), "linux/") {
		t.Errorf("the platform that was chosen is not told: %q", engine.logged())
	}
}

func TestCheckTakesWhatIsUnknownInAPreview(t *testing.T) {
	dir := app(t, map[string]string{"Dockerfile": "FROM scratch\n"})
	unknown := resource.MakeComputed(resource.NewProperty(""))
	tests := []struct {
		path   string
		digest bool // whether the context's digest can be told
	}{
		{"imageName", true}, {"registry", true}, {"registry.password", true}, {"build.args", true}, {"skipPush", true},
		{"build.context", false}, {"build.dockerfile", false}, {"build", false},
	}
	for _, test := range tests {
		t.Run(test.path, func(t *testing.T) {
			p, _ := newTestProvider(t)
			checked := check(t, p, with(imageOf(dir, "registry.example/app:1"), test.path, unknown))
			build := checked["build"]
			known := build.IsObject() && build.ObjectValue()[contextDigestKey].IsString()
			if known != test.digest {
				t.Errorf("build is %v, want its digest known: %v", build, test.digest)
			}
		})
	}
}

func TestDiff(t *testing.T) {
	files := map[string]string{
		"Dockerfile":    "FROM scratch\nCOPY . /\n",
		"main.go":       "package main\n",
		"notes/todo.md": "nothing\n",
		".dockerignore": "notes\n",
	}
	tests := []struct {
		name   string
		change func(t *testing.T, dir string, inputs resource.PropertyMap) resource.PropertyMap
		want   []string
	}{
		{"nothing changed", func(_ *testing.T, _ string, inputs resource.PropertyMap) resource.PropertyMap {
			return inputs
		}, nil},
		{"a new password is no change", func(_ *testing.T, _ string, inputs resource.PropertyMap) resource.PropertyMap {
			return with(inputs, "registry.password", resource.MakeSecret(resource.NewProperty("another")))
		}, nil},
		{"an unknown password is no change", func(_ *testing.T, _ string, inputs resource.PropertyMap) resource.PropertyMap {
			return with(inputs, "registry.password", resource.MakeComputed(resource.NewProperty("")))
		}, nil},
		{"a file that .dockerignore names is no change", func(t *testing.T, dir string, inputs resource.PropertyMap) resource.PropertyMap {
			writeFile(t, filepath.Join(dir, "notes/todo.md"), "much\n")
			return inputs
		}, nil},
		{"a file's time is no change", func(t *testing.T, dir string, inputs resource.PropertyMap) resource.PropertyMap {
			writeFile(t, filepath.Join(dir, "main.go"), "package main\n")
			return inputs
		}, nil},
		{"a changed file is", func(t *testing.T, dir string, inputs resource.PropertyMap) resource.PropertyMap {
			writeFile(t, filepath.Join(dir, "main.go"), "package main // changed\n")
			return inputs
		}, []string{"build.contextDigest"}},
		{"a new file is", func(t *testing.T, dir string, inputs resource.PropertyMap) resource.PropertyMap {
			writeFile(t, filepath.Join(dir, "other.go"), "package main\n")
			return inputs
		}, []string{"build.contextDigest"}},
		{"a renamed file is", func(t *testing.T, dir string, inputs resource.PropertyMap) resource.PropertyMap {
			if err := os.Rename(filepath.Join(dir, "main.go"), filepath.Join(dir, "app.go")); err != nil {
				t.Fatal(err)
			}
			return inputs
		}, []string{"build.contextDigest"}},
		{"a file's mode is", func(t *testing.T, dir string, inputs resource.PropertyMap) resource.PropertyMap {
			if err := os.Chmod(filepath.Join(dir, "main.go"), 0o755); err != nil {
				t.Fatal(err)
			}
			return inputs
		}, []string{"build.contextDigest"}},
		{"where a link points to is, even to nowhere", func(t *testing.T, dir string, inputs resource.PropertyMap) resource.PropertyMap {
			if err := os.Symlink("nowhere", filepath.Join(dir, "link")); err != nil {
				t.Fatal(err)
			}
			return inputs
		}, []string{"build.contextDigest"}},
		{"the Dockerfile is", func(t *testing.T, dir string, inputs resource.PropertyMap) resource.PropertyMap {
			writeFile(t, filepath.Join(dir, "Dockerfile"), "FROM scratch\n")
			return inputs
		}, []string{"build.contextDigest"}},
		{"a build argument is", func(_ *testing.T, _ string, inputs resource.PropertyMap) resource.PropertyMap {
			return with(inputs, "build.args.VERSION", resource.NewProperty("2"))
		}, []string{"build.args.VERSION"}},
		{"the name is", func(_ *testing.T, _ string, inputs resource.PropertyMap) resource.PropertyMap {
			return with(inputs, "imageName", resource.NewProperty("registry.example/app:2"))
		}, []string{"imageName"}},
		{"an unknown name is", func(_ *testing.T, _ string, inputs resource.PropertyMap) resource.PropertyMap {
			return with(inputs, "imageName", resource.MakeComputed(resource.NewProperty("")))
		}, []string{"imageName"}},
		{"the registry is", func(_ *testing.T, _ string, inputs resource.PropertyMap) resource.PropertyMap {
			return with(inputs, "registry.server", resource.NewProperty("other.example"))
		}, []string{"registry.server"}},
		{"skipPush is", func(_ *testing.T, _ string, inputs resource.PropertyMap) resource.PropertyMap {
			return with(inputs, "skipPush", resource.NewProperty(true))
		}, []string{"skipPush"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, _ := newTestProvider(t)
			dir := app(t, files)
			inputs := imageOf(dir, "registry.example/app:1")
			last := check(t, p, inputs)
			present := check(t, p, test.change(t, dir, inputs))
			if changed := diff(t, p, last, present); !slices.Equal(changed, test.want) {
				t.Errorf("changed: %v, want %v", changed, test.want)
			}
		})
	}
}

func TestTheDockerfilesOwnIgnoreFileComesFirst(t *testing.T) {
	p, _ := newTestProvider(t)
	root := app(t, map[string]string{
		"Dockerfile":              "FROM scratch\nCOPY . /\n",
		"Dockerfile.dockerignore": "*.md\n",
		"service/.dockerignore":   "*.txt\n",
		"service/a.md":            "1",
		"service/a.txt":           "1",
	})
	inputs := with(imageOf(root, "registry.example/app:1"), "build.context", resource.NewProperty(filepath.Join(root, "service")))
	last := check(t, p, inputs)
	writeFile(t, filepath.Join(root, "service/a.md"), "2")
	if changed := diff(t, p, last, check(t, p, inputs)); changed != nil {
		t.Errorf("a file that Dockerfile.dockerignore names changed %v", changed)
	}
	writeFile(t, filepath.Join(root, "service/a.txt"), "2")
	if changed := diff(t, p, last, check(t, p, inputs)); changed == nil {
		t.Error("service/.dockerignore was read although Dockerfile.dockerignore is there")
	}
}

func TestADockerfileOutsideTheContextMayBeRenamed(t *testing.T) {
	p, _ := newTestProvider(t)
	root := app(t, map[string]string{"a.Dockerfile": "FROM scratch\n", "b.Dockerfile": "FROM scratch\n", "service/main.go": ""})
	inputs := with(imageOf(root, "registry.example/app:1"), "build.context", resource.NewProperty(filepath.Join(root, "service")))
	digests := map[string]bool{}
	for _, name := range []string{"a.Dockerfile", "b.Dockerfile"} {
		checked := check(t, p, with(inputs, "build.dockerfile", resource.NewProperty(filepath.Join(root, name))))
		digests[checked["build"].ObjectValue()[contextDigestKey].StringValue()] = true
	}
	if len(digests) != 1 {
		t.Errorf("its name changed the digest: %v", digests)
	}
}

func TestAPreviewBuildsNothingUnlessAsked(t *testing.T) {
	unknown := resource.MakeComputed(resource.NewProperty(""))
	dir := app(t, map[string]string{"Dockerfile": "FROM scratch\n"})
	tests := []struct {
		name   string
		inputs resource.PropertyMap
		warned bool
	}{
		{"by default", imageOf(dir, "registry.example/app:1"), false},
		{"with an unknown name", with(imageOf(dir, "registry.example/app:1"), "imageName", unknown), false},
		{"asked to, but with an unknown name",
			with(with(imageOf(dir, ""), "imageName", unknown), "buildOnPreview", resource.NewProperty(true)), true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, engine := newTestProvider(t)
			p.dockerHost = "tcp://127.0.0.1:1" // nothing answers there: a build would fail
			response, err := p.Create(t.Context(), &pulumirpc.CreateRequest{Urn: testURN, Properties: wire(t, test.inputs), Preview: true})
			if err != nil {
				t.Fatal(err)
			}
			outputs := unwire(t, response.GetProperties())
			if !outputs["repoDigest"].IsComputed() {
				t.Errorf("repoDigest is %v, want it unknown", outputs["repoDigest"])
			}
			if got, want := outputs["imageName"].IsComputed(), test.inputs["imageName"].IsComputed(); got != want {
				t.Errorf("imageName is %v", outputs["imageName"])
			}
			if warned := strings.Contains(engine.logged(), "buildOnPreview"); warned != test.warned {
				t.Errorf("warned: %v, want %v", warned, test.warned)
			}
		})
	}
}

func TestNoEngineIsAClearError(t *testing.T) {
	p, _ := newTestProvider(t)
	if _, err := p.Configure(t.Context(), &pulumirpc.ConfigureRequest{
		Args: wire(t, resource.PropertyMap{"host": resource.NewProperty("tcp://127.0.0.1:1")}),
	}); err != nil {
		t.Fatal(err)
	}
	dir := app(t, map[string]string{"Dockerfile": "FROM scratch\n"})
	_, err := p.Create(t.Context(), &pulumirpc.CreateRequest{Urn: testURN, Properties: wire(t, imageOf(dir, "registry.example/app:1"))})
	if err == nil || !strings.Contains(err.Error(), "no Docker engine answers at tcp://127.0.0.1:1") {
		t.Errorf("got %v", err)
	}
}

func TestOtherThingsAreRefusedByName(t *testing.T) {
	p, _ := newTestProvider(t)
	const container = "urn:pulumi:test::fargate-stack::docker:index/container:Container::c"
	calls := map[string]func() error{
		"check":  func() error { _, err := p.Check(t.Context(), &pulumirpc.CheckRequest{Urn: container}); return err },
		"diff":   func() error { _, err := p.Diff(t.Context(), &pulumirpc.DiffRequest{Urn: container}); return err },
		"create": func() error { _, err := p.Create(t.Context(), &pulumirpc.CreateRequest{Urn: container}); return err },
		"read":   func() error { _, err := p.Read(t.Context(), &pulumirpc.ReadRequest{Urn: container}); return err },
		"update": func() error { _, err := p.Update(t.Context(), &pulumirpc.UpdateRequest{Urn: container}); return err },
		"delete": func() error { _, err := p.Delete(t.Context(), &pulumirpc.DeleteRequest{Urn: container}); return err },
	}
	for name, call := range calls {
		if err := call(); err == nil || !strings.Contains(err.Error(), "docker:index/container:Container") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := p.Invoke(t.Context(), &pulumirpc.InvokeRequest{Tok: "docker:index/getNetwork:getNetwork"}); err == nil ||
		!strings.Contains(err.Error(), "getNetwork") {
		t.Errorf("invoke: got %v", err)
	}
	response, err := p.CheckConfig(t.Context(), &pulumirpc.CheckRequest{News: wire(t, resource.PropertyMap{
		"host": resource.NewProperty("x"), "version": resource.NewProperty(version), "certPath": resource.NewProperty("y"),
	})})
	if err != nil || len(response.GetFailures()) != 1 || response.GetFailures()[0].GetProperty() != "certPath" {
		t.Errorf("provider settings: got %v, %v", response, err)
	}
}

func TestReadAndDeleteLeaveTheStateAsItIs(t *testing.T) {
	p, _ := newTestProvider(t)
	state := wire(t, resource.PropertyMap{"repoDigest": resource.NewProperty("a@sha256:b")})
	inputs := wire(t, imageOf(".", "a"))
	response, err := p.Read(t.Context(), &pulumirpc.ReadRequest{Urn: testURN, Id: "a", Properties: state, Inputs: inputs})
	if err != nil || response.GetId() != "a" || response.GetProperties() != state || response.GetInputs() != inputs {
		t.Errorf("got %v, %v", response, err)
	}
	if _, err := p.Delete(t.Context(), &pulumirpc.DeleteRequest{Urn: testURN, Id: "a"}); err != nil {
		t.Error(err)
	}
}

func TestRegistryKey(t *testing.T) {
	tests := []struct{ server, image, want string }{
		{"", "localhost:4566/app:1", "localhost:4566"},
		{"localhost:4566/app", "localhost:4566/app:1", "localhost:4566"},
		{"https://registry.example/v2/", "x/y", "registry.example"},
		{"", "docker.io/library/app", dockerHubKey},
		{"", "user/app", dockerHubKey},
		{"index.docker.io", "user/app", dockerHubKey},
	}
	for _, test := range tests {
		got, err := registryKey(imageArguments{name: test.image, registry: registryArguments{server: test.server}})
		if err != nil || got != test.want {
			t.Errorf("registryKey of server %q, image %q is %q, %v; want %q", test.server, test.image, got, err, test.want)
		}
	}
}

func TestCredentialsComeFromTheProgramOrFromTheDockerConfiguration(t *testing.T) {
	useDockerConfiguration(t, app(t, map[string]string{
		// "host:file" in base64.
		"config.json": `{"auths": {"registry.example": {"auth": "aG9zdDpmaWxl"}, "other.example": {"auth": "aG9zdDpmaWxl"}}}`,
	}))
	tests := []struct {
		name     string
		given    registryArguments
		host     string
		username string
		warning  string
	}{
		{"given both", registryArguments{"registry.example", "AWS", "token"}, "registry.example", "AWS", ""},
		{"given both, for another registry", registryArguments{"registry.example", "AWS", "token"}, "other.example", "host", ""},
		{"given none", registryArguments{server: "registry.example"}, "registry.example", "host", ""},
		{"given a username only", registryArguments{"registry.example", "AWS", ""}, "registry.example", "host", "registry.password was not set"},
		{"given a password only", registryArguments{"registry.example", "", "token"}, "registry.example", "host", "registry.username was not set"},
		{"nobody knows", registryArguments{}, "unknown.example", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			keys, err := newKeychain(imageArguments{name: "registry.example/app", registry: test.given})
			if err != nil {
				t.Fatal(err)
			}
			found, err := keys.credentials(test.host)
			if err != nil || found.Username != test.username {
				t.Errorf("username %q, %v; want %q", found.Username, err, test.username)
			}
			if warning := keys.warning(); !strings.HasPrefix(warning, test.warning) || (warning == "") != (test.warning == "") {
				t.Errorf("warning %q, want %q", warning, test.warning)
			}
		})
	}
}
