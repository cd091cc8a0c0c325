package baseimages

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/containerd/errdefs"
	"github.com/distribution/reference"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"fargate-stack/local/debian"
	"fargate-stack/local/progress"
)

// newWorkshop returns a workshop on this machine's engine, and what it reports.
func newWorkshop(t *testing.T) (*workshop, *bytes.Buffer) {
	t.Helper()
	engine, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	if _, err := engine.Ping(t.Context()); err != nil {
		t.Skipf("no Docker engine: %v", err)
	}
	own, err := ownPlatform(t.Context(), engine)
	if err != nil {
		t.Fatal(err)
	}
	report := &bytes.Buffer{}
	options := Options{Cache: t.TempDir(), Report: progress.New(report)}
	return &workshop{engine: engine, own: own, options: options, unreachable: map[string]error{}}, report
}

// imageIn returns an image of a registry. It is removed from the engine when
// the test ends.
func (w *workshop) imageIn(t *testing.T, registry string) base {
	t.Helper()
	named, err := reference.ParseNormalizedNamed(fmt.Sprintf("%s/base-image-test:%d", registry, time.Now().UnixNano()))
	if err != nil {
		t.Fatal(err)
	}
	b := base{name: named, platform: w.own}
	t.Cleanup(func() {
		_, _ = w.engine.ImageRemove(context.Background(), b.String(), image.RemoveOptions{Force: true})
	})
	return b
}

// makeImage makes an image as if its name were one that has a recipe.
func (w *workshop) makeImage(t *testing.T, b base) {
	t.Helper()
	if debian.CanInstall() != nil {
		t.Skip("the running system is not a Debian that images are made of")
	}
	archive(t, w.rootArchive(debian.Running(), nil), map[string]string{"./etc/debian_version": "12"})
	made := &product{from: "a test's \"archive\"", settings: []string{"ENV PATH=/go/bin", "WORKDIR /go", `CMD ["bash"]`}}
	if err := w.produce(t.Context(), b, made); err != nil {
		t.Fatal(err)
	}
}

func (w *workshop) mustInspect(t *testing.T, b base) *present {
	t.Helper()
	p, err := w.inspect(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAnImageThatWasMadeIsInTheEngineWithItsSettingsAndWhatItIsMadeFrom(t *testing.T) {
	w, _ := newWorkshop(t)
	b := w.imageIn(t, "localhost:1")
	w.makeImage(t, b)
	if p := w.mustInspect(t, b); p == nil || p.madeFrom != `a test's "archive"` {
		t.Errorf("the engine has %+v", p)
	}
	found, err := w.engine.ImageInspect(t.Context(), b.String())
	if err != nil {
		t.Fatal(err)
	}
	if c := found.Config; c.WorkingDir != "/go" || len(c.Env) != 1 || c.Env[0] != "PATH=/go/bin" || len(c.Cmd) != 1 {
		t.Errorf("its settings are %+v", c)
	}
	b.platform = "linux/s390x"
	if p := w.mustInspect(t, b); p != nil {
		t.Errorf("it is taken for an image for %s", b.platform)
	}
}

func TestAnImageThatARegistryHasIsPulledAndReplacesTheOneMadeHere(t *testing.T) {
	w, report := newWorkshop(t)
	server := httptest.NewServer(quietRegistry())
	defer server.Close()
	b := w.imageIn(t, strings.TrimPrefix(server.URL, "http://"))
	w.makeImage(t, b)
	made := w.mustInspect(t, b)
	publish(t, b)
	if err := w.ensure(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if p := w.mustInspect(t, b); p == nil || p.madeFrom != "" {
		t.Errorf("the engine has %+v\n%s", p, report)
	}
	if _, err := w.engine.ImageInspect(t.Context(), made.id); !errdefs.IsNotFound(err) {
		t.Errorf("the one made here is still there (%v)", err)
	}
	server.Close()
	report.Reset()
	if err := w.ensure(t.Context(), b); err != nil || report.Len() > 0 {
		t.Errorf("an image that is there is not left alone: %v\n%s", err, report)
	}
}

func quietRegistry() http.Handler {
	return registry.New(registry.Logger(log.New(io.Discard, "", 0)))
}

// publish puts an image into its registry.
func publish(t *testing.T, b base) {
	t.Helper()
	layer, err := random.Image(1024, 1)
	if err != nil {
		t.Fatal(err)
	}
	layers, err := layer.Layers()
	if err != nil {
		t.Fatal(err)
	}
	published, err := mutate.AppendLayers(empty.Image, layers...)
	if err != nil {
		t.Fatal(err)
	}
	published, err = mutate.ConfigFile(published, &v1.ConfigFile{
		OS: b.platform.system(), Architecture: b.platform.processor(),
		RootFS: v1.RootFS{Type: "layers", DiffIDs: diffIDs(t, layers)},
	})
	if err != nil {
		t.Fatal(err)
	}
	target, err := name.ParseReference(b.String())
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(target, published); err != nil {
		t.Fatal(err)
	}
}

func diffIDs(t *testing.T, layers []v1.Layer) []v1.Hash {
	t.Helper()
	var ids []v1.Hash
	for _, layer := range layers {
		id, err := layer.DiffID()
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids
}

func TestARegistryThatDoesNotAnswerIsNotAskedAgain(t *testing.T) {
	w, report := newWorkshop(t)
	first, second := w.imageIn(t, "localhost:1"), w.imageIn(t, "localhost:1")
	err := w.ensure(t.Context(), first)
	if err == nil || !strings.Contains(err.Error(), "connection refused") || !strings.Contains(err.Error(), "docker load") {
		t.Errorf("error %v, want one with the reason and the way out", err)
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("more than one line: %q", err)
	}
	if !w.triedLately(first) {
		t.Error("it is not remembered")
	}
	report.Reset()
	if err := w.ensure(t.Context(), second); err == nil || report.Len() > 0 {
		t.Errorf("another image of the same registry: %v\n%s", err, report)
	}
}

func TestAnImageThatWasMadeIsNotPulledAgainForADay(t *testing.T) {
	w, report := newWorkshop(t)
	b := w.imageIn(t, "localhost:1")
	w.makeImage(t, b)
	for _, test := range []struct {
		name   string
		since  time.Duration
		asked  bool
		marked bool
	}{
		{"never asked", 0, true, false},
		{"asked an hour ago", time.Hour, false, true},
		{"asked two days ago", 48 * time.Hour, true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			clear(w.unreachable)
			report.Reset()
			if test.marked {
				asked := time.Now().Add(-test.since)
				if err := os.Chtimes(w.unreachableMark(b), asked, asked); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.ensure(t.Context(), b); err != nil {
				t.Fatal(err)
			}
			if asked := strings.Contains(report.String(), "pulling"); asked != test.asked {
				t.Errorf("asked: %t, want %t:\n%s", asked, test.asked, report)
			}
		})
	}
}

func TestARegistryThatDoesNotHaveTheImageIsNotOutOfReach(t *testing.T) {
	w, _ := newWorkshop(t)
	server := httptest.NewServer(quietRegistry())
	defer server.Close()
	b := w.imageIn(t, strings.TrimPrefix(server.URL, "http://"))
	if err := w.ensure(t.Context(), b); err == nil {
		t.Fatal("an image that is nowhere is there")
	}
	if w.triedLately(b) {
		t.Error("the registry is taken to be out of reach")
	}
}
