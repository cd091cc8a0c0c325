package main

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// imageArguments are the arguments of an image.
type imageArguments struct {
	name           string
	context        string
	dockerfile     string
	platform       string
	target         string
	buildArgs      map[string]string
	registry       registryArguments
	skipPush       bool
	buildOnPreview bool
}

// registryArguments are the credentials in the program.
type registryArguments struct {
	server   string
	username string
	password string
}

// readArguments reads the arguments of an image and applies the defaults of
// context and Dockerfile. What is wrong with them and what is not known yet is
// in the reader that is returned too.
func readArguments(given resource.PropertyMap) (imageArguments, *argumentReader) {
	r := &argumentReader{}
	top := r.object("", resource.NewProperty(given), "imageName", "build", "registry", "skipPush", "buildOnPreview")
	build := r.object("build", top["build"],
		"context", "dockerfile", "platform", "args", "target", "builderVersion", contextDigestKey)
	registry := r.object("registry", top["registry"], "server", "username", "password")

	args := imageArguments{
		name:      r.text("imageName", top["imageName"]),
		context:   cmp.Or(r.text("build.context", build["context"]), "."),
		platform:  r.text("build.platform", build["platform"]),
		target:    r.text("build.target", build["target"]),
		buildArgs: r.texts("build.args", build["args"]),
		registry: registryArguments{
			server:   r.text("registry.server", registry["server"]),
			username: r.text("registry.username", registry["username"]),
			password: r.text("registry.password", registry["password"]),
		},
		skipPush:       r.flag("skipPush", top["skipPush"]),
		buildOnPreview: r.flag("buildOnPreview", top["buildOnPreview"]),
	}
	args.dockerfile = cmp.Or(r.text("build.dockerfile", build["dockerfile"]), path.Join(args.context, "Dockerfile"))
	if args.name == "" && r.knows("imageName") {
		r.fail("imageName", "it is required")
	}
	if builder := r.text("build.builderVersion", build["builderVersion"]); builder != "" && builder != "BuilderBuildKit" {
		r.fail("build.builderVersion", "%q is not supported by this stand-in for pulumi-docker %s, which builds with BuilderBuildKit", builder, version)
	}
	return args, r
}

// An argumentReader takes arguments out of properties. It collects what is
// wrong with them, so that everything is reported at once, and which of them
// are not known in a preview.
type argumentReader struct {
	failures []*pulumirpc.CheckFailure
	unknown  []string
}

// fail notes that something is wrong with the argument at a path.
func (r *argumentReader) fail(path, format string, arguments ...any) {
	r.failures = append(r.failures, &pulumirpc.CheckFailure{Property: path, Reason: fmt.Sprintf(format, arguments...)})
}

// err returns what is wrong with the arguments in one error.
func (r *argumentReader) err() error {
	if len(r.failures) == 0 {
		return nil
	}
	lines := make([]string, len(r.failures))
	for i, failure := range r.failures {
		lines[i] = failure.Property + ": " + failure.Reason
	}
	return fmt.Errorf("wrong arguments:\n  %s", strings.Join(lines, "\n  "))
}

// knows tells whether the arguments at the paths, and what is in them, are
// known.
func (r *argumentReader) knows(paths ...string) bool {
	return !slices.ContainsFunc(r.unknown, func(unknown string) bool {
		return slices.ContainsFunc(paths, func(path string) bool {
			return within(unknown, path) || within(path, unknown)
		})
	})
}

// within tells whether a path leads to or into the argument at another one.
func within(path, outer string) bool {
	return path == outer || strings.HasPrefix(path, outer+".")
}

// value strips what the engine wraps values in, and tells whether there is one.
func (r *argumentReader) value(path string, v resource.PropertyValue) (resource.PropertyValue, bool) {
	v = plain(v)
	if v.IsComputed() || v.IsOutput() {
		r.unknown = append(r.unknown, path)
		return v, false
	}
	return v, !v.IsNull()
}

// object reads an object and refuses properties in it other than those known.
func (r *argumentReader) object(path string, v resource.PropertyValue, known ...resource.PropertyKey) resource.PropertyMap {
	v, ok := r.value(path, v)
	if !ok {
		return nil
	}
	if !v.IsObject() {
		r.fail(path, "an object is needed, not a %s", v.TypeString())
		return nil
	}
	object := v.ObjectValue()
	for _, key := range object.StableKeys() {
		if !slices.Contains(known, key) {
			r.fail(strings.TrimPrefix(path+"."+string(key), "."),
				"this argument is not supported by this stand-in for pulumi-docker %s; use the official plugin for it", version)
		}
	}
	return object
}

func (r *argumentReader) text(path string, v resource.PropertyValue) string {
	v, ok := r.value(path, v)
	if !ok {
		return ""
	}
	if !v.IsString() {
		r.fail(path, "a text is needed, not a %s", v.TypeString())
		return ""
	}
	return v.StringValue()
}

func (r *argumentReader) flag(path string, v resource.PropertyValue) bool {
	v, ok := r.value(path, v)
	if !ok {
		return false
	}
	if !v.IsBool() {
		r.fail(path, "true or false is needed, not a %s", v.TypeString())
		return false
	}
	return v.BoolValue()
}

// texts reads an object of texts with any names.
func (r *argumentReader) texts(path string, v resource.PropertyValue) map[string]string {
	v, ok := r.value(path, v)
	if !ok {
		return nil
	}
	if !v.IsObject() {
		r.fail(path, "an object of texts is needed, not a %s", v.TypeString())
		return nil
	}
	texts := map[string]string{}
	for key, element := range v.ObjectValue() {
		texts[string(key)] = r.text(path+"."+string(key), element)
	}
	return texts
}

// plain strips secret markers from around a value.
func plain(v resource.PropertyValue) resource.PropertyValue {
	for v.IsSecret() {
		v = v.SecretValue().Element
	}
	return v
}
