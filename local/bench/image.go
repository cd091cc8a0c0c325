package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/build"
	dockerimage "github.com/docker/docker/api/types/image"
	"github.com/docker/docker/pkg/jsonmessage"
	"github.com/tonistiigi/fsutil"

	"fargate-stack/local/baseimages"
)

// imagePrefix begins the names of all images that are built here.
const imagePrefix = "fargate-stack-bench/"

// An image is one that was built here.
type image struct {
	name string
	// size is what all its layers take, uncompressed.
	size int64
	// command is what it runs.
	command []string
	// madeFrom says what its base image was made from, if that was made here.
	madeFrom string
}

// buildImage builds an image of a directory with a Dockerfile in it, whose base
// images have to be there.
func (m *machine) buildImage(ctx context.Context, name, directory string) (*image, error) {
	built := &image{name: imagePrefix + name}
	err := m.report.Step("building the image "+name, func() error {
		if err := m.build(ctx, built.name, directory); err != nil {
			return fmt.Errorf("building the image %s: %w", name, err)
		}
		return m.inspect(ctx, built)
	})
	return built, err
}

// ensureBases sees to it that the engine has the images that a directory's
// Dockerfile begins with.
func (m *machine) ensureBases(ctx context.Context, directory string) error {
	return baseimages.Ensure(ctx, m.docker, baseimages.Options{
		Dockerfile: filepath.Join(directory, "Dockerfile"), Cache: m.cache, Report: m.report,
	})
}

// build has BuildKit build an image from an archive of a directory.
func (m *machine) build(ctx context.Context, name, directory string) error {
	files, err := fsutil.NewFS(directory)
	if err != nil {
		return err
	}
	reader, writer := io.Pipe()
	defer reader.Close()
	go func() { writer.CloseWithError(fsutil.WriteTar(ctx, files, writer)) }()
	response, err := m.docker.ImageBuild(ctx, reader, build.ImageBuildOptions{Version: build.BuilderBuildKit, Tags: []string{name}})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	// Whether the build failed is in the messages.
	return jsonmessage.DisplayJSONMessagesStream(response.Body, io.Discard, 0, false, nil)
}

// inspect takes over what the engine knows of an image.
func (m *machine) inspect(ctx context.Context, built *image) error {
	found, err := m.docker.ImageInspect(ctx, built.name)
	if err != nil {
		return err
	}
	built.size = found.Size
	built.command = append(found.Config.Entrypoint, found.Config.Cmd...)
	// An image has the labels of those that it is built from.
	built.madeFrom = found.Config.Labels[baseimages.MadeFrom]
	return nil
}

// removeImage removes an image, also when the measuring was interrupted. What
// it was built from stays in the cache of the engine.
func (m *machine) removeImage(ctx context.Context, built *image) error {
	_, err := m.docker.ImageRemove(context.WithoutCancel(ctx), built.name, dockerimage.RemoveOptions{PruneChildren: true})
	if err != nil && !errdefs.IsNotFound(err) {
		return fmt.Errorf("removing the image %s: %w", built.name, err)
	}
	return nil
}
