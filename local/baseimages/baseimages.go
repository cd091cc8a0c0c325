// Package baseimages sees to it that a Docker engine has the images that a
// Dockerfile is built from. Where they can't be pulled, it makes some of them
// under the same names from what this machine has.
package baseimages

import (
	"context"
	"fmt"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"

	"fargate-stack/local/progress"
)

// MadeFrom is the label of images that were made here. Its value says what
// from. A pull of the same name replaces the image, and with it the label.
const MadeFrom = "io.fargate-stack.made-from"

// Options says which images there have to be.
type Options struct {
	// Dockerfile is the path of the Dockerfile.
	Dockerfile string
	// Platform is what the image is built for, as in linux/amd64. It is the
	// engine's own if empty.
	Platform string
	// Cache keeps what images are made from.
	Cache string
	// Report takes what is made ready.
	Report *progress.Reporter
}

// Ensure sees to it that the engine has the images.
func Ensure(ctx context.Context, engine *client.Client, options Options) error {
	own, err := ownPlatform(ctx, engine)
	if err != nil {
		return err
	}
	target := own
	if options.Platform != "" {
		target = newPlatform(options.Platform)
	}
	bases, err := basesOf(options.Dockerfile, own, target)
	if err != nil {
		return err
	}
	w := &workshop{engine: engine, own: own, options: options, unreachable: map[string]error{}}
	for _, b := range bases {
		if err := w.ensure(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// ownPlatform returns the platform that the engine runs on.
func ownPlatform(ctx context.Context, engine *client.Client) (platform, error) {
	version, err := engine.ServerVersion(ctx)
	if err != nil {
		return "", fmt.Errorf("asking the Docker engine for its version: %w", err)
	}
	return platform(version.Os + "/" + version.Arch), nil
}

// A workshop gets images from registries, and makes those that it can't get.
type workshop struct {
	engine  *client.Client
	own     platform
	options Options
	// unreachable has the registries that did not answer, with the reason.
	unreachable map[string]error
}

func (w *workshop) ensure(ctx context.Context, b base) error {
	found, err := w.inspect(ctx, b)
	switch {
	case err != nil:
		return err
	case found == nil:
		return w.get(ctx, b)
	case found.madeFrom == "":
		return nil
	}
	if !w.triedLately(b) && w.pull(ctx, b) == nil {
		return w.remove(ctx, found)
	}
	w.options.Report.Ready(fmt.Sprintf("base image %s, made here from %s", b, found.madeFrom))
	return context.Cause(ctx)
}

// get pulls an image or makes it.
func (w *workshop) get(ctx context.Context, b base) error {
	notPulled := w.pull(ctx, b)
	if notPulled == nil || ctx.Err() != nil {
		return notPulled
	}
	if err := w.make(ctx, b); err != nil {
		return fmt.Errorf("base image %s cannot be pulled (%w) and cannot be made here: %w", b, notPulled, err)
	}
	return nil
}

// A present image is one that the engine has.
type present struct {
	id string
	// madeFrom is what it was made from, if it was made here.
	madeFrom string
}

// inspect returns the image if the engine has it for the right platform, and
// nil if not.
func (w *workshop) inspect(ctx context.Context, b base) (*present, error) {
	found, err := w.engine.ImageInspect(ctx, b.String())
	if errdefs.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("inspecting base image %s: %w", b, err)
	}
	if newPlatform(found.Os+"/"+found.Architecture) != b.platform {
		return nil, nil
	}
	p := &present{id: found.ID}
	if found.Config != nil {
		p.madeFrom = found.Config.Labels[MadeFrom]
	}
	return p, nil
}

// remove removes an image that was made here and lost its name to the real
// one, unless a container still uses it.
func (w *workshop) remove(ctx context.Context, replaced *present) error {
	_, err := w.engine.ImageRemove(ctx, replaced.id, image.RemoveOptions{PruneChildren: true})
	if err != nil && !errdefs.IsConflict(err) && !errdefs.IsNotFound(err) {
		return fmt.Errorf("removing the base image that was made here: %w", err)
	}
	return nil
}

// oneLine makes one line of a message.
func oneLine(text string) string {
	return strings.Join(strings.Fields(text), " ")
}
