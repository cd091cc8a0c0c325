package toolchain

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"fargate-stack/local/progress"
)

func goEnvironment(t *testing.T, name string) string {
	t.Helper()
	output, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(output))
}

func TestAToolIsBuiltOnceAndThenUsedAgain(t *testing.T) {
	b, report := testBuilder(t, repository(t))
	for range 2 {
		folder, err := b.build(t.Context(), standIn(plugins[0]))
		if err != nil {
			t.Fatal(err)
		}
		output, err := exec.Command(filepath.Join(folder, "pulumi-resource-docker")).Output()
		if err != nil || string(output) != "docker" {
			t.Errorf("the program said %q, %v", output, err)
		}
	}
	if built := strings.Count(report.String(), "✓"); built != 1 {
		t.Errorf("built %d times:\n%s", built, report)
	}
}

func TestAToolIsBuiltAgainWhenWhatItIsMadeOfChanges(t *testing.T) {
	for name, test := range map[string]struct {
		tool    tool
		file    string
		content string
		again   bool
	}{
		"a recipe's versions":             {bridgeTool, "local/toolchain/pulumi-resource-terraform-provider/go.sum", "x", true},
		"the versions of another recipe":  {bridgeTool, "local/toolchain/pulumi/go.sum", "x", false},
		"a script of the tool":            {cliTool, "local/toolchain/pulumi-language-go/launch.sh", "#!/bin/sh\nexit\n", true},
		"a stand-in's source":             {standIn(plugins[0]), "local/plugins/docker/build.go", "package main\n", true},
		"a stand-in's test":               {standIn(plugins[0]), "local/plugins/docker/build_test.go", "package main\n", false},
		"another stand-in's source":       {standIn(plugins[0]), "local/plugins/aws/build.go", "package main\n", false},
		"the versions of the stand-ins":   {standIn(plugins[0]), "local/go.sum", "x", true},
		"a package that it imports":       {standIn(plugins[1]), "local/shared/shared.go", "package shared\n\nconst X = 2\n", true},
		"a package that one of those has": {standIn(plugins[1]), "local/inner/inner.go", "package inner\n\nconst X = 2\n", true},
	} {
		t.Run(name, func(t *testing.T) {
			folder := repository(t)
			write(t, folder, "local/plugins/awsx/imports.go", "package main\n\nimport _ \"fargate-stack/local/shared\"\n")
			write(t, folder, "local/shared/shared.go", "package shared\n\nimport _ \"fargate-stack/local/inner\"\n")
			write(t, folder, "local/inner/inner.go", "package inner\n")
			b, _ := testBuilder(t, folder)
			before, err := b.hash(test.tool)
			if err != nil {
				t.Fatal(err)
			}
			write(t, folder, test.file, test.content)
			after, err := b.hash(test.tool)
			if err != nil {
				t.Fatal(err)
			}
			if (before != after) != test.again {
				t.Errorf("the hash went from %s to %s", before, after)
			}
		})
	}
}

func TestAnotherGoToolchainBuildsAgain(t *testing.T) {
	b, _ := testBuilder(t, repository(t))
	before, err := b.hash(bridgeTool)
	if err != nil {
		t.Fatal(err)
	}
	b.goVersion += "x"
	after, err := b.hash(bridgeTool)
	if err != nil {
		t.Fatal(err)
	}
	if before == after {
		t.Error("the hash is the same")
	}
}

func TestAnInterruptedBuildLeavesNothingThatIsUsed(t *testing.T) {
	b, _ := testBuilder(t, repository(t))
	// The second program's build is interrupted once the first is there.
	slow := cliTool
	goBefore, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	fake := t.TempDir()
	path := os.Getenv("PATH")
	script(t, fake, "go", `case "$*" in *pulumi-language-go) touch "`+fake+`/started"; exec sleep 60;; esac; exec "`+goBefore+`" "$@"`)
	t.Setenv("PATH", fake+string(filepath.ListSeparator)+path)
	ctx, interrupt := context.WithCancel(t.Context())
	go func() {
		for !exists(filepath.Join(fake, "started")) {
			time.Sleep(10 * time.Millisecond)
		}
		interrupt()
	}()
	if _, err := b.build(ctx, slow); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	left, err := filepath.Glob(filepath.Join(b.tools(), "pulumi*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range left {
		if filepath.Base(name) != "pulumi.lock" {
			t.Errorf("left %s", name)
		}
	}

	t.Setenv("PATH", path)
	// What a killed run would have left is not in the way either.
	write(t, b.tools(), "pulumi.unfinished/pulumi", "half of it")
	folder, err := b.build(t.Context(), slow)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pulumi", "pulumi-language-go", "pulumi-language-go-host"} {
		if !isProgram(filepath.Join(folder, name)) {
			t.Errorf("no program %s in %s", name, folder)
		}
	}
}

func TestABuildThatFailsSaysWhatAndWhere(t *testing.T) {
	folder := repository(t)
	write(t, folder, "local/plugins/docker/main.go", "package main\n\nfunc main() { nonsense() }\n")
	b, report := testBuilder(t, folder)
	_, err := b.build(t.Context(), standIn(plugins[0]))
	for _, want := range []string{"building pulumi-resource-docker", filepath.Join(folder, "local"), "undefined: nonsense"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	if !strings.Contains(report.String(), "✗ building the stand-in for the plugin docker") {
		t.Errorf("reported\n%s", report)
	}
}

func TestTwoRunsBuildOnce(t *testing.T) {
	folder := repository(t)
	first, _ := testBuilder(t, folder)
	reports := make([]bytes.Buffer, 2)
	var runs sync.WaitGroup
	for i := range reports {
		runs.Go(func() {
			b := *first
			b.Report = progress.New(&reports[i])
			if _, err := b.build(t.Context(), bridgeTool); err != nil {
				t.Error(err)
			}
		})
	}
	runs.Wait()
	if built := strings.Count(reports[0].String()+reports[1].String(), "✓"); built != 1 {
		t.Errorf("built %d times", built)
	}
}
