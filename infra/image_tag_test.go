package infra

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// newApp writes an app and returns its directory and Dockerfile.
func newApp(t *testing.T) (directory, dockerfile string) {
	t.Helper()
	root := t.TempDir()
	directory, dockerfile = filepath.Join(root, "app"), filepath.Join(root, "Dockerfile")
	write(t, dockerfile, "FROM scratch\n")
	write(t, filepath.Join(directory, "main.go"), "package main\n")
	write(t, filepath.Join(directory, "static", "page.html"), "<p>hello</p>\n")
	write(t, filepath.Join(directory, "notes.md"), "notes\n")
	write(t, filepath.Join(directory, ".dockerignore"), "*.md\nlogs\n!logs/keep.txt\n")
	return directory, dockerfile
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestTagFollowsFromContent(t *testing.T) {
	tests := []struct {
		statement string
		change    func(t *testing.T, directory, dockerfile string)
		platform  string
		changes   bool
	}{
		{"nothing changed", func(*testing.T, string, string) {}, "linux/arm64", false},
		{"a file changed", func(t *testing.T, d, _ string) { write(t, d+"/main.go", "package app\n") }, "linux/arm64", true},
		{"a file deep down changed", func(t *testing.T, d, _ string) { write(t, d+"/static/page.html", "<p>bye</p>\n") }, "linux/arm64", true},
		{"a file was added", func(t *testing.T, d, _ string) { write(t, d+"/new.go", "") }, "linux/arm64", true},
		{"a file was renamed", func(t *testing.T, d, _ string) { must(t, os.Rename(d+"/main.go", d+"/app.go")) }, "linux/arm64", true},
		{"a file became executable", func(t *testing.T, d, _ string) { must(t, os.Chmod(d+"/main.go", 0o755)) }, "linux/arm64", true},
		{"a link was added", func(t *testing.T, d, _ string) { must(t, os.Symlink("main.go", d+"/link.go")) }, "linux/arm64", true},
		{"an ignored file changed", func(t *testing.T, d, _ string) { write(t, d+"/notes.md", "more\n") }, "linux/arm64", false},
		{"a file in an ignored directory was added", func(t *testing.T, d, _ string) { write(t, d+"/logs/a.txt", "") }, "linux/arm64", false},
		{"a file taken back in was added", func(t *testing.T, d, _ string) { write(t, d+"/logs/keep.txt", "") }, "linux/arm64", true},
		{"a file's time changed", func(t *testing.T, d, _ string) { must(t, os.Chtimes(d+"/main.go", time.Time{}, time.Unix(1, 0))) }, "linux/arm64", false},
		{"the Dockerfile changed", func(t *testing.T, _, f string) { write(t, f, "FROM scratch\nUSER 1\n") }, "linux/arm64", true},
		{"the platform changed", func(*testing.T, string, string) {}, "linux/amd64", true},
	}
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			directory, dockerfile := newApp(t)
			before := tag(t, directory, dockerfile, "linux/arm64")
			test.change(t, directory, dockerfile)
			after := tag(t, directory, dockerfile, test.platform)
			if changed := before != after; changed != test.changes {
				t.Errorf("tag changed: %v, want %v", changed, test.changes)
			}
		})
	}
}

func TestIgnoreFileOfTheDockerfileComesFirst(t *testing.T) {
	directory, dockerfile := newApp(t)
	write(t, dockerfile+".dockerignore", "static\n")
	before := tag(t, directory, dockerfile, "linux/arm64")
	write(t, directory+"/static/page.html", "<p>ignored</p>\n")
	if tag(t, directory, dockerfile, "linux/arm64") != before {
		t.Error("a file that is ignored changed the tag")
	}
	write(t, directory+"/notes.md", "not ignored\n")
	if tag(t, directory, dockerfile, "linux/arm64") == before {
		t.Error("a file that is not ignored did not change the tag")
	}
}

func TestTagIsTheSameInAnotherDirectory(t *testing.T) {
	oneDirectory, oneFile := newApp(t)
	otherDirectory, otherFile := newApp(t)
	if tag(t, oneDirectory, oneFile, "linux/arm64") != tag(t, otherDirectory, otherFile, "linux/arm64") {
		t.Error("two copies of one app have different tags")
	}
}

func tag(t *testing.T, directory, dockerfile, platform string) string {
	t.Helper()
	tag, err := contentTag(directory, dockerfile, platform)
	must(t, err)
	return tag
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
