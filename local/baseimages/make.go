package baseimages

import (
	"archive/tar"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/distribution/reference"
	"github.com/docker/docker/api/types/image"

	"fargate-stack/local/debian"
)

// A recipe looks at a tag and returns how an image with that tag is made here,
// or why it can't be.
type recipe func(ctx context.Context, tag string, system debian.Release) (*product, error)

// recipes are the images that can be made, by the names of their repositories.
var recipes = map[string]recipe{
	"docker.io/library/debian": debianImage,
	"docker.io/library/golang": golangImage,
	"docker.io/library/python": pythonImage,
}

// A product is an image that is made of the running system's release.
type product struct {
	// from says what the image is made from.
	from string
	// packages are installed besides the essential ones.
	packages []string
	// add adds files to those of the packages. It may be nil.
	add func(archive *tar.Writer) error
	// settings are the Dockerfile instructions that are not about files.
	settings []string
}

// make makes an image from what this machine has.
func (w *workshop) make(ctx context.Context, b base) error {
	make, known := recipes[b.name.Name()]
	if !known {
		return fmt.Errorf("only these can: %s; %s", names(), remedy)
	}
	tagged, ok := b.name.(reference.NamedTagged)
	if _, digested := b.name.(reference.Digested); !ok || digested {
		return fmt.Errorf("no image with a given digest can; %s", remedy)
	}
	if b.platform != w.own {
		return fmt.Errorf("it has to run on %s, and this machine is %s; %s", b.platform, w.own, remedy)
	}
	if err := debian.CanInstall(); err != nil {
		return fmt.Errorf("%w; %s", err, remedy)
	}
	p, err := make(ctx, tagged.Tag(), debian.Running())
	if err != nil {
		return fmt.Errorf("%w; %s", err, remedy)
	}
	return w.produce(ctx, b, p)
}

// remedy is what to do about an image that can't be made.
const remedy = "load it into the engine (docker load), or let the engine reach a registry"

// names returns the images that can be made, for a message.
func names() string {
	var familiar []string
	for _, name := range slices.Sorted(maps.Keys(recipes)) {
		familiar = append(familiar, strings.TrimPrefix(name, "docker.io/library/"))
	}
	return strings.Join(familiar, ", ")
}

// produce makes an image of a root file system and what is added to it.
func (w *workshop) produce(ctx context.Context, b base, p *product) error {
	root, err := w.rootFileSystem(ctx, p.packages)
	if err != nil {
		return err
	}
	return w.options.Report.Step(fmt.Sprintf("making base image %s from %s", b, p.from), func() error {
		reader, writer := io.Pipe()
		defer reader.Close()
		go func() { writer.CloseWithError(assemble(writer, root, p.add)) }()
		messages, err := w.engine.ImageImport(ctx, image.ImportSource{Source: reader, SourceName: "-"}, b.String(), image.ImportOptions{
			Platform: string(b.platform),
			Changes:  append(p.settings, "LABEL "+MadeFrom+"="+strconv.Quote(p.from)),
		})
		if err != nil {
			return fmt.Errorf("importing it into the Docker engine: %w", err)
		}
		defer messages.Close()
		return drain(messages, func() {})
	})
}
