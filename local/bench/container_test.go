package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fargate-stack/local/dockerengine"
	"fargate-stack/local/progress"
)

// newComparison returns a comparison on this machine's engine, with the probe,
// and an image that has nothing but it.
func newComparison(t *testing.T) (*comparison, *image) {
	t.Helper()
	engine, err := dockerengine.Find(t.Context(), dockerengine.Options{StateDirectory: t.TempDir()})
	if err != nil {
		t.Skipf("no Docker engine: %v", err)
	}
	docker, err := engine.Client()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { docker.Close() })
	repository, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	c := &comparison{machine: &machine{repository: repository, scratch: t.TempDir(), report: progress.New(t.Output()), docker: docker}}
	if err := c.buildProbe(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(c.scratch, "Dockerfile"), []byte("FROM scratch\nCOPY probe /probe\nENTRYPOINT [\"/probe\"]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	built, err := c.buildImage(t.Context(), "test", c.scratch)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.removeImage(t.Context(), built); err != nil {
			t.Error(err)
		}
	})
	return c, built
}

func TestContainers(t *testing.T) {
	c, built := newComparison(t)
	t.Run("an image is known by its size and command", func(t *testing.T) {
		info, err := os.Stat(c.probe)
		if err != nil {
			t.Fatal(err)
		}
		if built.size != info.Size() || strings.Join(built.command, " ") != "/probe" {
			t.Errorf("got %+v, want %d bytes", built, info.Size())
		}
	})
	t.Run("a container that fails is told with what it printed", func(t *testing.T) {
		_, err := c.runContainer(t.Context(), containerOptions{image: built.name, network: noNetwork})
		if err == nil || !strings.Contains(err.Error(), "exited with 2") || !strings.Contains(err.Error(), "usage: probe") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("a program that is not there is told, and the container removed", func(t *testing.T) {
		_, err := c.runContainer(t.Context(), containerOptions{image: built.name, network: noNetwork, entrypoint: []string{"/none"}})
		if err == nil || !strings.Contains(err.Error(), "/none") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("a build that fails is told with its step", func(t *testing.T) {
		directory := t.TempDir()
		if err := os.WriteFile(filepath.Join(directory, "Dockerfile"), []byte("FROM scratch\nCOPY nowhere /\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := c.buildImage(t.Context(), "test-failing", directory); err == nil || !strings.Contains(err.Error(), "nowhere") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("a running container has a peak memory", func(t *testing.T) {
		running, err := c.startContainer(t.Context(), containerOptions{
			image: built.name, arguments: []string{healthURL}, network: noNetwork, logs: noLogs,
		})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := running.remove(t.Context()); err != nil {
				t.Error(err)
			}
		}()
		if peak, err := running.peakMemory(t.Context()); err != nil || peak < 100_000 || peak > 100_000_000 {
			t.Errorf("got %d, %v", peak, err)
		}
	})
}
