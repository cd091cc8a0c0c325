package toolchain

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fargate-stack/local/progress"
)

const printName = "package main\n\nimport \"os\"\n\nfunc main() { os.Stdout.WriteString(%q) }\n"

// repository makes a repository with small programs where this one has large
// ones.
func repository(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	write(t, folder, "local/go.mod", "module fargate-stack/local\n\ngo 1.26\n")
	write(t, folder, "local/go.sum", "")
	for _, p := range plugins {
		write(t, folder, "local/plugins/"+p.name+"/main.go", fmt.Sprintf(printName, p.name))
	}
	for _, p := range fargateTool.programs {
		write(t, folder, filepath.Join("local", p.pkg, "main.go"), fmt.Sprintf(printName, p.name))
	}
	for recipe, module := range map[string]struct{ path, pkg string }{
		"pulumi":                             {"github.com/pulumi/pulumi/pkg/v3", "cmd/pulumi"},
		"pulumi-language-go":                 {"github.com/pulumi/pulumi/sdk/v3", "go/pulumi-language-go"},
		"pulumi-resource-terraform-provider": {"github.com/pulumi/pulumi-terraform-bridge/v3", "dynamic"},
	} {
		root := "local/toolchain/" + recipe + "/"
		write(t, folder, root+"go.mod", "module "+module.path+"\n\ngo 1.26\n")
		write(t, folder, root+module.pkg+"/main.go", fmt.Sprintf(printName, recipe))
	}
	write(t, folder, "local/toolchain/pulumi-language-go/launch.sh", "#!/bin/sh\n")
	return folder
}

func write(t *testing.T, root, name, content string) string {
	t.Helper()
	path := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// script writes a program that a shell runs.
func script(t *testing.T, root, name, content string) string {
	t.Helper()
	path := write(t, root, name, "#!/bin/sh\n"+content)
	if err := os.Chmod(path, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// testBuilder returns a builder with an empty cache, and what it reports.
func testBuilder(t *testing.T, repository string) (*builder, *bytes.Buffer) {
	t.Helper()
	report := &bytes.Buffer{}
	b, err := newBuilder(t.Context(), Options{Cache: t.TempDir(), Repository: repository, Report: progress.New(report)})
	if err != nil {
		t.Fatal(err)
	}
	return b, report
}

// emptyMachine hides all that this machine has, other than Go and what a
// shell needs, and returns the folder that comes first in PATH.
func emptyMachine(t *testing.T) string {
	t.Helper()
	first := t.TempDir()
	var path []string
	for _, folder := range filepath.SplitList(os.Getenv("PATH")) {
		if !exists(filepath.Join(folder, "terraform")) && !exists(filepath.Join(folder, "pulumi")) {
			path = append(path, folder)
		}
	}
	t.Setenv("PATH", strings.Join(append([]string{first}, path...), string(filepath.ListSeparator)))
	for _, variable := range []string{providerVariable, "TF_PLUGIN_CACHE_DIR", "TF_CLI_CONFIG_FILE"} {
		t.Setenv(variable, "")
	}
	// Go's own folders stay where they are, other programs get an empty home.
	for _, name := range []string{"GOPATH", "GOCACHE", "GOMODCACHE", "GOENV"} {
		t.Setenv(name, goEnvironment(t, name))
	}
	// Go writes counters into the user's configuration, at any time after it was
	// called: not into a directory that is removed with the test.
	configuration, err := os.UserConfigDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CONFIG_HOME", configuration)
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_DATA_HOME", "")
	t.Setenv("XDG_DATA_DIRS", t.TempDir())
	was := optionalSoftware
	t.Cleanup(func() { optionalSoftware = was })
	optionalSoftware = t.TempDir()
	return first
}
