package baseimages

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/distribution/reference"

	"fargate-stack/local/debian"
)

var bookworm = debian.Release{ID: "debian", Codename: "bookworm", Version: "12"}

func TestCheckGolangTag(t *testing.T) {
	tests := []struct{ name, tag, have, problem string }{
		{"the same language version", "1.26", "go1.26.8", ""},
		{"the same release", "1.26.8", "go1.26.8", ""},
		{"an older one", "1.21", "go1.26.8", ""},
		{"any of a major version", "1", "go1.26.8", ""},
		{"the latest", "latest", "go1.26.8", ""},
		{"the running Debian", "1.26-bookworm", "go1.26.8", ""},
		{"nothing but the running Debian", "bookworm", "go1.26.8", ""},
		{"a Go that was changed by somebody", "1.26", "go1.26.8-fips", ""},
		{"a newer language version", "1.27", "go1.26.8", "install Go 1.27"},
		{"a newer patch release", "1.26.9", "go1.26.8", "install Go 1.26.9"},
		{"another Debian", "1.26-trixie", "go1.26.8", "which is not trixie"},
		{"Alpine", "1.26-alpine", "go1.26.8", "which is not alpine"},
		{"Alpine by its version", "1.26-alpine3.22", "go1.26.8", "which is not alpine3.22"},
		{"no version", "tip", "go1.26.8", "no version of Go"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			checkProblem(t, checkGolangTag(test.tag, test.have, bookworm), test.problem)
		})
	}
}

func TestCheckPythonTag(t *testing.T) {
	tests := []struct{ name, tag, have, problem string }{
		{"any of the major version", "3", "3.11.2", ""},
		{"slim", "3-slim", "3.11.2", ""},
		{"the same language version", "3.11", "3.11.2", ""},
		{"an older one", "3.9.21-slim", "3.11.2", ""},
		{"the running Debian", "3.11-bookworm", "3.11.2", ""},
		{"slim on the running Debian", "3.11-slim-bookworm", "3.11.2", ""},
		{"a newer language version", "3.13-slim", "3.11.2", "is 3.11.2, which is older than 3.13"},
		{"a newer patch release", "3.11.9", "3.11.2", "older than 3.11.9"},
		{"another Debian", "3.11-slim-trixie", "3.11.2", "which is not trixie"},
		{"Alpine", "3.11-alpine", "3.11.2", "which is not alpine"},
		{"Python 2", "2.7", "3.11.2", "no version of Python 3"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			checkProblem(t, checkPythonTag(test.tag, test.have, bookworm), test.problem)
		})
	}
}

func TestDebianImage(t *testing.T) {
	tests := []struct{ name, tag, problem string }{
		{"the release's name", "bookworm", ""},
		{"the release's number", "12", ""},
		{"a point release", "12.5", ""},
		{"slim", "bookworm-slim", ""},
		{"of a day", "bookworm-20260101-slim", ""},
		{"the latest", "latest", ""},
		{"another release", "trixie", "this machine runs Debian 12 (bookworm), which is not trixie"},
		{"another number", "13-slim", "which is not 13-slim"},
		{"something else", "experimental-backports", "which is not experimental-backports"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := debianImage(t.Context(), test.tag, bookworm)
			checkProblem(t, err, test.problem)
		})
	}
	_, err := debianImage(t.Context(), "latest", debian.Release{ID: "ubuntu", Codename: "noble", Version: "24.04"})
	checkProblem(t, err, "this machine runs Ubuntu 24.04 (noble)")
}

func checkProblem(t *testing.T, err error, problem string) {
	t.Helper()
	if (err != nil) != (problem != "") || err != nil && !strings.Contains(err.Error(), problem) {
		t.Errorf("error %v, want one with %q", err, problem)
	}
}

func TestWhatCannotBeMadeIsToldWithTheWayOut(t *testing.T) {
	tests := []struct {
		name, image string
		platform    platform
		problem     string
	}{
		{"an image without a recipe", "node:22", "linux/amd64", "only these can: debian, golang, python"},
		{"an image of the same name from elsewhere", "quay.io/library/golang:1.26", "linux/amd64", "only these can: debian, golang, python"},
		{"an image by digest", "golang:1.26@sha256:" + strings.Repeat("0", 64), "linux/amd64", "given digest"},
		{"an image for another platform", "golang:1.26", "linux/arm64", "it has to run on linux/arm64"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			name, err := reference.ParseNormalizedNamed(test.image)
			if err != nil {
				t.Fatal(err)
			}
			w := &workshop{own: "linux/amd64", options: Options{Cache: t.TempDir()}}
			err = w.make(t.Context(), base{name: name, platform: test.platform})
			checkProblem(t, err, test.problem)
			checkProblem(t, err, "docker load")
		})
	}
}

// entries returns what is in an archive: files with their content, directories
// and links with where they lead.
func entries(t *testing.T, archive io.Reader) map[string]string {
	t.Helper()
	found := map[string]string{}
	for reader := tar.NewReader(archive); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Uid != 0 || header.Gid != 0 {
			t.Errorf("%s belongs to %d:%d", header.Name, header.Uid, header.Gid)
		}
		content, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		found[header.Name] = string(content) + header.Linkname
	}
}

// tree makes files in a directory.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	directory := t.TempDir()
	for name, content := range files {
		path := filepath.Join(directory, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return directory
}

// archive makes an archive of files; a content that begins with -> is a link.
func archive(t *testing.T, path string, files map[string]string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	writer := tar.NewWriter(file)
	for name, content := range files {
		header := &tar.Header{Name: name, Mode: 0o755, Size: int64(len(content))}
		if target, link := strings.CutPrefix(content, "->"); link {
			header.Typeflag, header.Linkname, header.Size, content = tar.TypeSymlink, target, 0, ""
		}
		if err := writer.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := writer.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestTheGolangImageHasGoWhereTheOfficialOneHasIt(t *testing.T) {
	elsewhere := tree(t, map[string]string{"fmt/print.go": "package fmt", "fmt/fmt_test.go": "test", "fmt/testdata/a": "data"})
	installed := tree(t, map[string]string{
		"bin/go":                      "the go command",
		"pkg/tool/linux_amd64/link":   "the linker",
		"src/cmd/go/testdata/a/b.txt": "data",
		"test/a.go":                   "test",
		"VERSION":                     "go1.26.8",
	})
	// As Debian does it.
	if err := os.Symlink(filepath.Join(elsewhere, "fmt"), filepath.Join(installed, "src", "fmt")); err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(t.TempDir(), "root.tar")
	archive(t, root, map[string]string{
		"./bin":             "->usr/bin",
		"./usr/bin/sh":      "a shell",
		"./dev/null":        "",
		"./etc/hostname":    "this-machine",
		"./etc/resolv.conf": "nameserver 192.0.2.1",
	})
	var image bytes.Buffer
	if err := assemble(&image, root, goTool{Root: installed}.addTo); err != nil {
		t.Fatal(err)
	}
	got := entries(t, &image)
	want := map[string]string{
		"./bin":        "usr/bin",
		"./usr/bin/sh": "a shell",
		"go/":          "", "go/bin/": "", "go/src/": "",
		"usr/local/go/":                          "",
		"usr/local/go/VERSION":                   "go1.26.8",
		"usr/local/go/bin/":                      "",
		"usr/local/go/bin/go":                    "the go command",
		"usr/local/go/pkg/":                      "",
		"usr/local/go/pkg/tool/":                 "",
		"usr/local/go/pkg/tool/linux_amd64/":     "",
		"usr/local/go/pkg/tool/linux_amd64/link": "the linker",
		"usr/local/go/src/":                      "",
		"usr/local/go/src/cmd/":                  "",
		"usr/local/go/src/cmd/go/":               "",
		"usr/local/go/src/fmt/":                  "",
		"usr/local/go/src/fmt/print.go":          "package fmt",
	}
	for name, content := range want {
		if found, there := got[name]; !there || found != content {
			t.Errorf("%s is %q (%t), want %q", name, found, there, content)
		}
	}
	for name := range got {
		if _, wanted := want[name]; !wanted {
			t.Errorf("%s should not be there", name)
		}
	}
}

func TestFindGo(t *testing.T) {
	found, err := findGo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(found.Root, "bin", "go")); err != nil {
		t.Error(err)
	}
	if err := checkGolangTag("1.26", found.Version, bookworm); err != nil {
		t.Errorf("the Go that runs this test is too old for the Dockerfile: %v", err)
	}
}

func TestRootFileSystemsOfDifferentPackagesAreDifferentFiles(t *testing.T) {
	w := &workshop{own: "linux/amd64", options: Options{Cache: "cache"}}
	paths := []string{
		w.rootArchive(bookworm, nil),
		w.rootArchive(bookworm, []string{"ca-certificates"}),
		w.rootArchive(debian.Release{ID: "debian", Codename: "trixie", Version: "13"}, nil),
		(&workshop{own: "linux/arm64", options: w.options}).rootArchive(bookworm, nil),
	}
	slices.Sort(paths)
	if distinct := slices.Compact(slices.Clone(paths)); len(distinct) != len(paths) {
		t.Errorf("some are the same: %q", paths)
	}
}
