package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// repository is the directory of this repository, seen from here.
const repository = "../.."

func mustCopy(t *testing.T) *program {
	t.Helper()
	p, err := copyProgram(repository, filepath.Join(t.TempDir(), "program"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestACopyHasTheProgramAndTheAppButNoHistoryAndNoBuiltProgram(t *testing.T) {
	p := mustCopy(t)
	for _, name := range []string{"Pulumi.yaml", "main.go", "infra/deploy.go", "service/home.go", "local/main.go"} {
		if _, err := os.Stat(filepath.Join(p.directory, name)); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{".git", builtProgram} {
		if _, err := os.Stat(filepath.Join(p.directory, name)); !os.IsNotExist(err) {
			t.Errorf("%s is there (%v)", name, err)
		}
	}
}

func TestTheProgramIsBuiltWherePulumiBuildsIt(t *testing.T) {
	settings, err := os.ReadFile(filepath.Join(repository, "Pulumi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(settings), "buildTarget: "+builtProgram+"\n") {
		t.Errorf("it is not built to %s:\n%s", builtProgram, settings)
	}
}

func TestRenamingChangesOneLineOfTheCopy(t *testing.T) {
	p := mustCopy(t)
	own := readHomePage(t, repository)
	for _, name := range []string{"bench-one", "bench-two"} {
		if err := p.rename(name); err != nil {
			t.Fatal(err)
		}
		want := strings.Replace(own, `const appName = "fargate-stack"`, `const appName = "`+name+`"`, 1)
		if got := readHomePage(t, p.directory); got != want || got == own {
			t.Errorf("after renaming to %s:\n%s", name, got)
		}
	}
	if readHomePage(t, repository) != own {
		t.Error("the repository has changed")
	}
}

func readHomePage(t *testing.T, directory string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(directory, homePage))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestAnAppWithoutTheLineIsToldWithTheWayOut(t *testing.T) {
	p := mustCopy(t)
	p.name = "another-name"
	if err := p.rename("bench"); err == nil || !strings.Contains(err.Error(), homePage) {
		t.Errorf("error %v, want one that names %s", err, homePage)
	}
}
