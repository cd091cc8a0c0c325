package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/distribution/reference"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// imageType is the one type that is served.
const imageType = "docker:index/image:Image"

// imageProvider serves images over Pulumi's provider protocol.
// https://pulumi-developer-docs.readthedocs.io/en/latest/providers/implementers-guide.html
type imageProvider struct {
	pulumirpc.UnimplementedResourceProviderServer

	host *provider.HostClient
	// dockerHost is the engine's address from the provider's configuration.
	dockerHost string
	// canceled ends when the engine asks to stop what is going on.
	canceled context.Context
	cancel   context.CancelFunc
}

func newImageProvider(host *provider.HostClient) *imageProvider {
	canceled, cancel := context.WithCancel(context.Background())
	return &imageProvider{host: host, canceled: canceled, cancel: cancel}
}

// Attach connects to an engine that did not start this process itself.
func (p *imageProvider) Attach(_ context.Context, request *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	host, err := provider.NewHostClient(request.GetAddress())
	p.host = host
	return &emptypb.Empty{}, err
}

// GetPluginInfo returns the version.
func (p *imageProvider) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version}, nil
}

// Cancel stops builds and pushes that are going on.
func (p *imageProvider) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	p.cancel()
	return &emptypb.Empty{}, nil
}

// CheckConfig refuses settings of the provider other than the engine's address.
func (p *imageProvider) CheckConfig(_ context.Context, request *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	r := &argumentReader{}
	for name := range request.GetNews().GetFields() {
		// The engine keeps its own notes under names with underscores.
		if name != "host" && name != "version" && !strings.HasPrefix(name, "__") {
			r.fail(name, "this setting is not supported by this stand-in for pulumi-docker %s; use the official plugin for it", version)
		}
	}
	return &pulumirpc.CheckResponse{Inputs: request.GetNews(), Failures: r.failures}, nil
}

// Configure takes the engine's address.
func (p *imageProvider) Configure(_ context.Context, request *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	p.dockerHost = request.GetArgs().GetFields()["host"].GetStringValue()
	return &pulumirpc.ConfigureResponse{AcceptSecrets: true, SupportsPreview: true}, nil
}

// Invoke refuses every function.
func (p *imageProvider) Invoke(_ context.Context, request *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	return nil, refused("function " + request.GetTok())
}

// refused returns an error on something that only the official plugin has.
func refused(what string) error {
	return fmt.Errorf("%s: this stand-in for pulumi-docker %s has %s only; use the official plugin for everything else", what, version, imageType)
}

// checkType refuses resources other than images.
func checkType(resourceURN string) error {
	if typ := urn.URN(resourceURN).Type(); typ != imageType {
		return refused("resource type " + string(typ))
	}
	return nil
}

// Check refuses wrong arguments, and adds defaults and the context's digest.
func (p *imageProvider) Check(ctx context.Context, request *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	if err := checkType(request.GetUrn()); err != nil {
		return nil, err
	}
	inputs, err := unmarshal(request.GetNews())
	if err != nil {
		return nil, err
	}
	args, r := readArguments(inputs)
	checkName(args, r)
	build := checkBuild(args, r)
	if len(r.failures) > 0 {
		return &pulumirpc.CheckResponse{Failures: r.failures}, nil
	}
	if args.platform == "" && r.knows("build.platform") {
		build["platform"] = resource.NewProperty("linux/" + runtime.GOARCH)
		message := "Building the image for " + build["platform"].StringValue() + "; set build.platform to choose another platform"
		if err := p.host.Log(ctx, diag.Info, urn.URN(request.GetUrn()), message); err != nil {
			return nil, err
		}
	}
	inputs["build"] = withProperties(inputs["build"], build)
	if r.knows("buildOnPreview") {
		inputs["buildOnPreview"] = resource.NewProperty(args.buildOnPreview)
	}
	checked, err := marshal(inputs)
	return &pulumirpc.CheckResponse{Inputs: checked}, err
}

// checkName refuses a name without a registry for an image that is pushed.
func checkName(args imageArguments, r *argumentReader) {
	if args.name == "" || args.skipPush {
		return
	}
	if _, err := reference.ParseNamed(args.name); err != nil {
		r.fail("imageName", "%q: %v; a name to push to needs its registry, such as docker.io/repository/image:tag", args.name, err)
	}
}

// checkBuild refuses a context or Dockerfile that is not there. It returns the
// properties that Check adds to build.
func checkBuild(args imageArguments, r *argumentReader) resource.PropertyMap {
	added := resource.PropertyMap{}
	if r.knows("build.context") {
		added["context"] = resource.NewProperty(args.context)
		if info, err := os.Stat(args.context); err != nil {
			r.fail("build.context", "the build context is not there: %v", err)
		} else if !info.IsDir() {
			r.fail("build.context", "%s is not a directory", args.context)
		}
	}
	if !r.knows("build.context", "build.dockerfile") {
		added[contextDigestKey] = resource.MakeComputed(resource.NewProperty(""))
		return added
	}
	added["dockerfile"] = resource.NewProperty(args.dockerfile)
	if _, err := os.Stat(args.dockerfile); err != nil {
		r.fail("build.dockerfile", "the Dockerfile is not there: %v%s", err, dockerfileHint(args))
	}
	if len(r.failures) > 0 {
		return added
	}
	digest, err := contextDigest(args.context, args.dockerfile)
	if err != nil {
		r.fail("build.context", "%v", err)
	}
	added[contextDigestKey] = resource.NewProperty(digest)
	return added
}

// dockerfileHint tells where the Dockerfile is, if its path was taken to be
// relative to the context.
func dockerfileHint(args imageArguments) string {
	inContext := filepath.Join(args.context, args.dockerfile)
	if _, err := os.Stat(inContext); errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	return fmt.Sprintf("; try setting dockerfile to %q", inContext)
}

// withProperties returns an object with properties set. One that is unknown as
// a whole stays so.
func withProperties(object resource.PropertyValue, set resource.PropertyMap) resource.PropertyValue {
	inner := plain(object)
	if inner.IsComputed() {
		return object
	}
	merged := resource.PropertyMap{}
	if inner.IsObject() {
		merged = inner.ObjectValue().Copy()
	}
	maps.Copy(merged, set)
	if object.IsSecret() {
		return resource.MakeSecret(resource.NewProperty(merged))
	}
	return resource.NewProperty(merged)
}

// Diff compares the arguments of the last build with the present ones.
// Credentials do not count: they change with every token.
//
// Like that of pulumi-docker, it takes no notice of ignoreChanges. The engine
// has set ignored arguments back before Check, but Check has put the context's
// present digest among them, so that a changed context always shows.
func (p *imageProvider) Diff(_ context.Context, request *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	if err := checkType(request.GetUrn()); err != nil {
		return nil, err
	}
	last, err := withoutCredentials(request.GetOldInputs())
	if err != nil {
		return nil, err
	}
	present, err := withoutCredentials(request.GetNews())
	if err != nil {
		return nil, err
	}
	difference := last.Diff(present)
	if difference == nil {
		return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}, nil
	}
	response := &pulumirpc.DiffResponse{
		Changes:         pulumirpc.DiffResponse_DIFF_SOME,
		HasDetailedDiff: true,
		DetailedDiff:    map[string]*pulumirpc.PropertyDiff{},
	}
	for path, change := range plugin.NewDetailedDiffFromObjectDiff(difference, true) {
		// The protocol numbers the kinds as the package does.
		response.DetailedDiff[path] = &pulumirpc.PropertyDiff{Kind: pulumirpc.PropertyDiff_Kind(change.Kind), InputDiff: change.InputDiff}
	}
	return response, nil
}

// withoutCredentials returns arguments as they are compared: bare of secret
// markers and without the registry's username and password.
func withoutCredentials(properties *structpb.Struct) (resource.PropertyMap, error) {
	inputs, err := plugin.UnmarshalProperties(properties, plugin.MarshalOptions{KeepUnknowns: true, SkipNulls: true})
	if err != nil {
		return nil, err
	}
	if registry := inputs["registry"]; registry.IsObject() {
		bare := registry.ObjectValue().Copy()
		delete(bare, "username")
		delete(bare, "password")
		inputs["registry"] = resource.NewProperty(bare)
	}
	return inputs, nil
}

// Create builds and pushes an image.
func (p *imageProvider) Create(ctx context.Context, request *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	id, outputs, err := p.make(ctx, request.GetUrn(), request.GetProperties(), request.GetPreview())
	if err != nil {
		return nil, err
	}
	return &pulumirpc.CreateResponse{Id: id, Properties: outputs}, nil
}

// Update builds and pushes an image again.
func (p *imageProvider) Update(ctx context.Context, request *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	_, outputs, err := p.make(ctx, request.GetUrn(), request.GetNews(), request.GetPreview())
	if err != nil {
		return nil, err
	}
	return &pulumirpc.UpdateResponse{Properties: outputs}, nil
}

// Read returns the state as it is. Nobody can tell from an image in a registry
// what it was built from.
func (p *imageProvider) Read(_ context.Context, request *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	if err := checkType(request.GetUrn()); err != nil {
		return nil, err
	}
	return &pulumirpc.ReadResponse{Id: request.GetId(), Inputs: request.GetInputs(), Properties: request.GetProperties()}, nil
}

// Delete leaves the image where it is, in the engine and in the registry: other
// tags and deployments may need it.
func (p *imageProvider) Delete(_ context.Context, request *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, checkType(request.GetUrn())
}

// make builds the image, pushes it unless told otherwise, and returns its id
// and outputs. In a preview it builds only if asked to, and never pushes.
func (p *imageProvider) make(ctx context.Context, resourceURN string, properties *structpb.Struct, preview bool) (string, *structpb.Struct, error) {
	if err := checkType(resourceURN); err != nil {
		return "", nil, err
	}
	inputs, err := unmarshal(properties)
	if err != nil {
		return "", nil, err
	}
	args, r := readArguments(inputs)
	if err := r.err(); err != nil {
		return "", nil, err
	}
	digest := resource.MakeComputed(resource.NewProperty(""))
	if !preview || p.buildsInPreview(ctx, urn.URN(resourceURN), args, r) {
		made, err := p.buildAndPush(ctx, urn.URN(resourceURN), args, preview)
		if err != nil {
			return "", nil, err
		}
		if made != "" {
			digest = resource.NewProperty(made)
		}
	}
	outputs, err := imageOutputs(inputs, args, r, digest)
	if err != nil {
		return "", nil, err
	}
	marshaled, err := marshal(outputs)
	return args.name, marshaled, err
}

// buildsInPreview tells whether a preview is to build the image.
func (p *imageProvider) buildsInPreview(ctx context.Context, resourceURN resource.URN, args imageArguments, r *argumentReader) bool {
	if !args.buildOnPreview {
		return false
	}
	if r.knows("imageName", "build") {
		return true
	}
	p.warn(ctx, resourceURN, "buildOnPreview: the image is not built in this preview, because not all of imageName and build is known yet")
	return false
}

// buildAndPush does the work. It returns the image's reference by digest once
// pushed, its id if it is not to be pushed, or nothing in a preview.
func (p *imageProvider) buildAndPush(ctx context.Context, resourceURN resource.URN, args imageArguments, preview bool) (string, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.canceled, cancel)()

	report := func(line string) {
		// A status line that is lost is no reason to end a build.
		_ = p.host.LogStatus(ctx, diag.Info, resourceURN, line)
	}
	keys, err := newKeychain(args)
	if err != nil {
		return "", err
	}
	engine, err := connect(ctx, p.dockerHost, report)
	if err != nil {
		return "", err
	}
	defer engine.close()
	if err := engine.build(ctx, args, keys); err != nil {
		return "", err
	}
	switch {
	case args.skipPush:
		return engine.imageID(ctx, args.name)
	case preview:
		return "", nil
	}
	if warning := keys.warning(); warning != "" {
		p.warn(ctx, resourceURN, warning)
	}
	credentials, err := keys.credentials(keys.own)
	if err != nil {
		return "", err
	}
	digest, err := engine.push(ctx, args.name, credentials)
	if err != nil {
		return "", err
	}
	return byDigest(args.name, digest)
}

// warn shows a warning. That it can't be shown is no reason to fail.
func (p *imageProvider) warn(ctx context.Context, resourceURN resource.URN, message string) {
	_ = p.host.Log(ctx, diag.Warning, resourceURN, message)
}

// imageOutputs returns the outputs: what the image is called and what it was
// built from, never the credentials. What follows from a name that is unknown
// or secret is so too.
func imageOutputs(inputs resource.PropertyMap, args imageArguments, r *argumentReader, digest resource.PropertyValue) (resource.PropertyMap, error) {
	known := func(path, value string) resource.PropertyValue {
		if !r.knows(path) {
			return resource.MakeComputed(resource.NewProperty(""))
		}
		return resource.NewProperty(value)
	}
	dockerfile, err := relativeDockerfile(args)
	if err != nil {
		return nil, err
	}
	outputs := resource.PropertyMap{
		"imageName":      known("imageName", args.name),
		"baseImageName":  known("imageName", args.name),
		"registryServer": known("registry.server", args.registry.server),
		"context":        known("build.context", args.context),
		"dockerfile":     known("build.dockerfile", dockerfile),
		"platform":       known("build.platform", args.platform),
		"repoDigest":     digest,
	}
	if inputs["imageName"].IsSecret() {
		for _, key := range []resource.PropertyKey{"imageName", "baseImageName", "repoDigest"} {
			outputs[key] = resource.MakeSecret(outputs[key])
		}
	}
	return outputs, nil
}

// relativeDockerfile returns the Dockerfile's path from the context.
func relativeDockerfile(args imageArguments) (string, error) {
	dir, err := filepath.Abs(args.context)
	if err != nil {
		return "", err
	}
	dockerfile, err := filepath.Abs(args.dockerfile)
	if err != nil {
		return "", err
	}
	relative, err := filepath.Rel(dir, dockerfile)
	return filepath.ToSlash(relative), err
}

// unmarshal reads properties with their secret markers and unknowns.
func unmarshal(properties *structpb.Struct) (resource.PropertyMap, error) {
	return plugin.UnmarshalProperties(properties, plugin.MarshalOptions{KeepSecrets: true, KeepUnknowns: true, SkipNulls: true})
}

// marshal writes properties with their secret markers and unknowns.
func marshal(properties resource.PropertyMap) (*structpb.Struct, error) {
	return plugin.MarshalProperties(properties, plugin.MarshalOptions{KeepSecrets: true, KeepUnknowns: true, SkipNulls: true})
}
