package dockerengine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/registry"
)

// CheckRegistry returns an error if the engine does not reach a registry. An
// engine on another machine, or in a virtual one, has its own localhost.
func (e *Engine) CheckRegistry(ctx context.Context, address string) error {
	connection, err := e.Client()
	if err != nil {
		return err
	}
	defer connection.Close()
	_, err = connection.RegistryLogin(ctx, registry.AuthConfig{ServerAddress: address, Username: "AWS", Password: "test"})
	if err != nil {
		return fmt.Errorf("the Docker engine at %s does not reach the registry at %s; use an engine that runs on this machine itself: %w", e.Host, address, err)
	}
	return nil
}

// RemoveImages removes the images of a registry from the engine, by name: what
// they are made of may have names of other registries too. Images that
// containers use stay.
func (e *Engine) RemoveImages(ctx context.Context, address string) error {
	connection, err := e.Client()
	if err != nil {
		return err
	}
	defer connection.Close()
	found, err := connection.ImageList(ctx, image.ListOptions{Filters: filters.NewArgs(filters.Arg("reference", address+"/*"))})
	if err != nil {
		return fmt.Errorf("listing the images of %s: %w", address, err)
	}
	var failed []error
	for _, i := range found {
		for _, name := range slices.Concat(i.RepoTags, i.RepoDigests) {
			if !strings.HasPrefix(name, address+"/") {
				continue
			}
			_, err := connection.ImageRemove(ctx, name, image.RemoveOptions{PruneChildren: true})
			if err != nil && !errdefs.IsConflict(err) && !errdefs.IsNotFound(err) {
				failed = append(failed, fmt.Errorf("removing image %s: %w", name, err))
			}
		}
	}
	return errors.Join(failed...)
}
