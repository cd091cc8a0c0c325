package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// measuredRounds is how often each app is measured. They take turns, so that
// what else the machine does meets both.
const measuredRounds = 5

// contexts are the build contexts of the images besides the app's own.
//
//go:embed flask wrk
var contexts embed.FS

// A comparison measures the app in service/ beside the same two endpoints in
// Flask.
type comparison struct {
	*machine

	service, flask *app
	// wrk is the image of the load generator.
	wrk *image
	// probe is the path of the program that waits for a first 200.
	probe string
	// cores and processor are what the Docker engine has.
	cores     int
	processor string
}

// An app is one of the two that are compared.
type app struct {
	image  *image
	rounds []round
}

// run measures both apps in turn.
func (c *comparison) run(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, c.removeImages(ctx)) }()
	if err := c.prepare(ctx); err != nil {
		return err
	}
	c.tellConditions()
	for number := range measuredRounds {
		for _, a := range []*app{c.service, c.flask} {
			name := fmt.Sprintf("round %d of %d: %s", number+1, measuredRounds, a.image.name)
			measure := func() error {
				measured, err := c.round(ctx, a.image)
				if err == nil {
					a.rounds = append(a.rounds, measured)
				}
				return err
			}
			if err := c.report.Step(name, measure); err != nil {
				return err
			}
		}
	}
	return nil
}

// tellConditions tells what is compared with what.
func (c *comparison) tellConditions() {
	base := pythonImage
	if from := c.flask.image.madeFrom; from != "" {
		base = fmt.Sprintf("%s, which was made here from %s", base, from)
	}
	c.report.Note("Flask is built on %s; gunicorn runs it in %d sync workers, one for each core", base, c.cores)
	c.report.Note("both apps log every request but health checks; the engine reads the log and drops it")
}

// prepare builds the images and the probe.
func (c *comparison) prepare(ctx context.Context) error {
	engine, err := c.docker.Info(ctx)
	if err != nil {
		return fmt.Errorf("asking the Docker engine what it has: %w", err)
	}
	c.cores, c.processor = engine.NCPU, engine.Architecture
	if err := c.buildProbe(ctx); err != nil {
		return err
	}
	if err := c.writeContexts(); err != nil {
		return err
	}
	for _, name := range []string{"service", "flask", "wrk"} {
		if err := c.ensureBases(ctx, c.contextOf(name)); err != nil {
			return err
		}
	}
	return c.buildImages(ctx)
}

func (c *comparison) buildImages(ctx context.Context) (err error) {
	if c.service.image, err = c.buildImage(ctx, "service", c.contextOf("service")); err != nil {
		return err
	}
	if c.wrk, err = c.buildImage(ctx, "wrk", c.contextOf("wrk")); err != nil {
		return err
	}
	if err := c.installPackages(ctx, c.contextOf("flask")); err != nil {
		return err
	}
	c.flask.image, err = c.buildImage(ctx, "flask", c.contextOf("flask"))
	return err
}

// buildProbe builds the program that waits for a first 200, for containers
// that have nothing but their app.
func (c *comparison) buildProbe(ctx context.Context) error {
	c.probe = filepath.Join(c.scratch, "probe")
	command := exec.CommandContext(ctx, "go", "build", "-o", c.probe, "./bench/probe")
	command.Dir = filepath.Join(c.repository, "local")
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("building local/bench/probe: %w: %s", err, lastLines(string(output)))
	}
	return nil
}

// contextOf returns the directory that an image is built of.
func (c *comparison) contextOf(image string) string {
	return filepath.Join(c.scratch, "images", image)
}

// writeContexts writes what the images are built of. The app's has its
// Dockerfile in it, which lies beside the app in the repository.
func (c *comparison) writeContexts() error {
	if err := os.CopyFS(filepath.Join(c.scratch, "images"), contexts); err != nil {
		return err
	}
	service := c.contextOf("service")
	if err := os.CopyFS(service, os.DirFS(filepath.Join(c.repository, "service"))); err != nil {
		return err
	}
	return copyFile(filepath.Join(c.repository, "Dockerfile"), filepath.Join(service, "Dockerfile"))
}

// removeImages removes the images that were built. Base images stay, and so
// does the engine's build cache.
func (c *comparison) removeImages(ctx context.Context) error {
	var failed []error
	for _, built := range []*image{c.service.image, c.flask.image, c.wrk} {
		if built != nil {
			failed = append(failed, c.removeImage(ctx, built))
		}
	}
	return errors.Join(failed...)
}
