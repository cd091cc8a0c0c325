package baseimages

import (
	"archive/tar"
	"context"
	"encoding/json"
	"fmt"
	"go/version"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"fargate-stack/local/debian"
)

// golangImage makes the image golang from this machine's Go.
//
// It has no C compiler and no version control, as the official image has; a
// build that needs them fails and says which program is missing.
func golangImage(ctx context.Context, tag string, system debian.Release) (*product, error) {
	goTool, err := findGo(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkGolangTag(tag, goTool.Version, system); err != nil {
		return nil, err
	}
	return &product{
		from: fmt.Sprintf("this machine's Go %s and %s", strings.TrimPrefix(goTool.Version, "go"), describe(system)),
		// Without them nothing can be fetched over TLS.
		packages: []string{"ca-certificates"},
		add:      goTool.addTo,
		settings: []string{
			"ENV GOLANG_VERSION=" + strings.TrimPrefix(goTool.Version, "go"),
			"ENV GOTOOLCHAIN=local",
			"ENV GOPATH=/go",
			"ENV PATH=/go/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
			"WORKDIR /go",
			`CMD ["bash"]`,
		},
	}, nil
}

// goTool is an installation of Go.
type goTool struct {
	Root    string `json:"GOROOT"`
	Version string `json:"GOVERSION"`
}

func findGo(ctx context.Context) (goTool, error) {
	output, err := exec.CommandContext(ctx, "go", "env", "-json", "GOROOT", "GOVERSION").Output()
	if err != nil {
		return goTool{}, fmt.Errorf("asking Go where it is installed: %w", err)
	}
	var found goTool
	if err := json.Unmarshal(output, &found); err != nil {
		return goTool{}, fmt.Errorf("asking Go where it is installed: %w", err)
	}
	// A Go that was built by somebody else may tell more after its version.
	found.Version, _, _ = strings.Cut(found.Version, " ")
	return found, nil
}

// checkGolangTag returns nil if an image with the tag can be made of a Go and
// a release. A newer Go than the tag asks for will do: it builds what an
// older one builds.
func checkGolangTag(tag, have string, system debian.Release) error {
	wanted, variant, _ := strings.Cut(tag, "-")
	if variant != "" && variant != system.Codename {
		return fmt.Errorf("this machine runs %s, which is not %s", describe(system), variant)
	}
	if wanted == "latest" || wanted == system.Codename {
		return nil
	}
	if !version.IsValid("go" + wanted) {
		return fmt.Errorf("%s is no version of Go", tag)
	}
	if version.Compare("go"+wanted, have) > 0 {
		return fmt.Errorf("this machine's Go is %s, which is older than %s; install Go %s (https://go.dev/dl)", strings.TrimPrefix(have, "go"), wanted, wanted)
	}
	return nil
}

// addTo adds the installation where the official image has it.
func (g goTool) addTo(archive *tar.Writer) error {
	for _, directory := range []string{"go/", "go/bin/", "go/src/"} {
		header := &tar.Header{Typeflag: tar.TypeDir, Name: directory, Mode: 0o1777}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
	}
	if err := addTree(archive, g.Root, "usr/local/go", unneededForBuilds); err != nil {
		return fmt.Errorf("adding this machine's Go: %w", err)
	}
	return nil
}

// unneededForBuilds tells what of a Go installation only its own tests need.
func unneededForBuilds(relative string) bool {
	slash := filepath.ToSlash(relative)
	switch slash {
	case "api", "doc", "misc", "test", "pkg/obj", "pkg/bootstrap":
		return true
	}
	return path.Base(slash) == "testdata" || strings.HasSuffix(slash, "_test.go")
}
