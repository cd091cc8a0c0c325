package e2e

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"fargate-stack/local/stack"
)

// TestTemplate makes a project of its own out of the repository, as people do
// with `pulumi new <address>`, and answers what it asks.
func TestTemplate(t *testing.T) {
	t.Parallel()
	cloud := newCloud(t)
	template := t.TempDir()
	files := copyFiles(t, template, ".")
	p := newProject(t, cloud, template)

	t.Run("only the project and the stack become others", func(t *testing.T) { p.checkFiles(t, template, files) })
	t.Run("the project has the name, and all settings", func(t *testing.T) { p.checkProject(t) })
	t.Run("answers hold, beside what the stack had", func(t *testing.T) {
		for key, want := range map[string]string{
			"aws:region": "eu-central-1", "vpcCidr": "10.20.0.0/16", "minimumTaskCount": "1", "logRetentionDays": "7",
		} {
			if got := p.run(t, "pulumi", "config", "get", key, "--stack", "dev"); strings.TrimSpace(got) != want {
				t.Errorf("%s is %s, want %s", key, got, want)
			}
		}
	})
	t.Run("its cost is estimated", func(t *testing.T) { p.expectCost(t, "1 × 0.25 vCPU", "eu-central-1") })
	t.Run("it builds, and its tests pass", func(t *testing.T) {
		p.run(t, "go", "vet", "./...") // which builds it all
		p.run(t, "make", "readme")
		p.run(t, "go", "test", "./...")
	})
	t.Run("it can be deployed", func(t *testing.T) {
		said := p.run(t, "pulumi", "preview", "--stack", "dev", "--non-interactive")
		for _, want := range []string{"aws:ecs:Service shop-dev create", "to create"} {
			if !strings.Contains(said, want) {
				t.Errorf("preview does not say %q:\n%s", want, said)
			}
		}
	})
	t.Run("settings may be with the project's name and without", func(t *testing.T) { p.checkForms(t) })
}

// An ownProject is a project that was made of the repository.
type ownProject struct {
	directory   string
	environment map[string]string
}

// newProject makes a project of a template.
func newProject(t *testing.T, cloud *testCloud, template string) *ownProject {
	t.Helper()
	p := &ownProject{directory: filepath.Join(t.TempDir(), "shop"), environment: maps.Clone(cloud.environment)}
	p.environment["PULUMI_HOME"] = homeOfNew(t, cloud)
	must(t, os.Mkdir(p.directory, 0o755))
	said := p.run(t, "pulumi", "new", template, "--name", "shop", "--description", "Where we sell", "--stack", "dev", "--yes",
		"--config", "aws:region=eu-central-1", "--config", "vpcCidr=10.20.0.0/16")
	if !strings.Contains(said, "make up") {
		t.Errorf("it does not say how to go on:\n%s", said)
	}
	p.environment["PULUMI_HOME"] = cloud.environment["PULUMI_HOME"]
	return p
}

// homeOfNew returns a home of the CLI for `pulumi new`, which looks whether all
// plugins are there, and for one more than deployments have: that of a package
// which another one refers to, and no resource is of. No program is needed there
// that works.
func homeOfNew(t *testing.T, cloud *testCloud) string {
	t.Helper()
	home := t.TempDir()
	plugins, theirs := filepath.Join(home, "plugins"), filepath.Join(cloud.environment["PULUMI_HOME"], "plugins")
	installed, err := os.ReadDir(theirs)
	must(t, err)
	unused := filepath.Join(plugins, "resource-docker-build-v0.0.3")
	must(t, os.MkdirAll(unused, 0o755))
	must(t, os.WriteFile(filepath.Join(unused, "pulumi-resource-docker-build"), []byte("#!/bin/sh\nexit 1\n"), 0o755))
	for _, plugin := range installed {
		if plugin.IsDir() && plugin.Name() != filepath.Base(unused) {
			must(t, os.Symlink(filepath.Join(theirs, plugin.Name()), filepath.Join(plugins, plugin.Name())))
		}
	}
	return home
}

// run runs a command in the project, which has to succeed, and returns what it
// says.
func (p *ownProject) run(t *testing.T, name string, arguments ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, arguments...)
	command.Dir = p.directory
	command.Env = stack.Environ(p.environment)
	said, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(arguments, " "), err, said)
	}
	return string(said)
}

// read returns the content of a file of the project.
func (p *ownProject) read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(p.directory, name))
	must(t, err)
	return string(content)
}

// checkFiles compares the files with those of the template: `pulumi new` fills
// in names wherever it finds their placeholders.
func (p *ownProject) checkFiles(t *testing.T, template string, files []string) {
	for _, name := range files {
		want, err := os.ReadFile(filepath.Join(template, name))
		must(t, err)
		changed := p.read(t, name) != string(want)
		if expected := name == "Pulumi.yaml" || name == "Pulumi.dev.yaml"; changed != expected {
			t.Errorf("%s has become another: %v", name, changed)
		}
	}
}

func (p *ownProject) checkProject(t *testing.T) {
	before, err := os.ReadFile(filepath.Join(repository(), "Pulumi.yaml"))
	must(t, err)
	_, settings, found := strings.Cut(string(before), "\n# Every setting of a stack.")
	if !found {
		t.Fatal("Pulumi.yaml has lost the comment above its settings")
	}
	after := p.read(t, "Pulumi.yaml")
	for _, want := range []string{"name: shop\n", "description: Where we sell\n", settings} {
		if !strings.Contains(after, want) {
			t.Errorf("Pulumi.yaml does not contain %q:\n%s", want, after)
		}
	}
	if strings.Contains(after, "\ntemplate:") {
		t.Errorf("Pulumi.yaml is a template still:\n%s", after)
	}
}

// checkForms changes the stack by the CLI, which writes the project's name before
// all settings, and by hand.
func (p *ownProject) checkForms(t *testing.T) {
	p.run(t, "pulumi", "config", "set", "cpu", "512", "--stack", "dev")
	p.run(t, "pulumi", "config", "set", "memory", "1024", "--stack", "dev")
	written := p.read(t, "Pulumi.dev.yaml")
	for _, want := range []string{"# The cheap stack:", "  shop:cpu: \"512\"\n", "# Saves most of the tasks' cost"} {
		if !strings.Contains(written, want) {
			t.Errorf("Pulumi.dev.yaml does not contain %q:\n%s", want, written)
		}
	}
	byHand := strings.Replace(written, "\nconfig:\n", "\nconfig:\n  dashboard: true\n", 1)
	must(t, os.WriteFile(filepath.Join(p.directory, "Pulumi.dev.yaml"), []byte(byHand), 0o644))
	if got := p.run(t, "pulumi", "config", "get", "dashboard", "--stack", "dev"); strings.TrimSpace(got) != "true" {
		t.Errorf("dashboard is %s", got)
	}
	p.expectCost(t, "1 × 0.5 vCPU, 1 GB", "Dashboard")
}

// expectCost estimates what the stack costs.
func (p *ownProject) expectCost(t *testing.T, wants ...string) {
	t.Helper()
	said := p.run(t, "go", "run", "./cost", "dev")
	for _, want := range wants {
		if !strings.Contains(said, want) {
			t.Errorf("the estimate does not say %q:\n%s", want, said)
		}
	}
}
