package stack

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const testProject = `name: fargate-stack
runtime: go
config:
  dockerfile:
    type: string
    default: Dockerfile
  architecture:
    type: string
    default: riscv
`

// repository makes a repository with settings of the stack.
func repository(t *testing.T, settings string) string {
	t.Helper()
	directory := t.TempDir()
	for name, content := range map[string]string{projectFile: testProject, settingsFile: settings} {
		if err := os.WriteFile(filepath.Join(directory, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return directory
}

func TestReadSettings(t *testing.T) {
	own := "linux/amd64"
	if MachineArchitecture() == "arm64" {
		own = "linux/arm64"
	}
	tests := []struct {
		name, settings               string
		region, dockerfile, platform string
	}{
		{"the defaults, on this machine's architecture", "", "us-east-1", "Dockerfile", own},
		{"a region", "config:\n  aws:region: eu-central-1\n", "eu-central-1", "Dockerfile", own},
		{"a Dockerfile", "config:\n  fargate-stack:dockerfile: docker/App\n", "us-east-1", "docker/App", own},
		{"a setting without the project's name", "config:\n  dockerfile: App\n", "us-east-1", "App", own},
		{"an architecture that is set stays", "config:\n  fargate-stack:architecture: arm64\n", "us-east-1", "Dockerfile", "linux/arm64"},
		{"and so does the other one", "config:\n  fargate-stack:architecture: x86_64\n", "us-east-1", "Dockerfile", "linux/amd64"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			directory := repository(t, test.settings)
			got, err := ReadSettings(directory)
			if err != nil {
				t.Fatal(err)
			}
			if got.Region != test.region || got.Dockerfile != filepath.Join(directory, test.dockerfile) || got.Platform != test.platform {
				t.Errorf("got %s, %s, %s", got.Region, got.Dockerfile, got.Platform)
			}
		})
	}
}

func TestReadSettingsOfARepositoryWithoutThem(t *testing.T) {
	directory := repository(t, "")
	if err := os.Remove(filepath.Join(directory, settingsFile)); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadSettings(directory); err != nil || got.Region != defaultRegion {
		t.Errorf("got %+v (%v)", got, err)
	}
}

func TestSettingsThatCannotBeUsedAreToldWithTheWayOut(t *testing.T) {
	tests := []struct{ name, directory, want string }{
		{"secrets of another passphrase", repository(t, "encryptionsalt: v1:abc\n"), "remove them"},
		{"another directory", t.TempDir(), "top directory"},
		{"no YAML", repository(t, "config: [\n"), settingsFile},
		{"settings without names", repository(t, "config:\n- a\n"), "config is no list of names and values"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := ReadSettings(test.directory)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestTheStacksOwnSettingsFollowThoseInTheRepositoryAndKeepTheirSalt(t *testing.T) {
	directory := repository(t, "config:\n  fargate-stack:cpu: 256\n  fargate-stack:environment:\n    LEVEL: debug\n")
	s := &Stack{options: Options{Repository: directory, StateDirectory: t.TempDir()}}
	if err := os.MkdirAll(s.projectDirectory(), 0o700); err != nil {
		t.Fatal(err)
	}
	own := func() string {
		t.Helper()
		if err := s.copySettings(); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(s.settingsPath())
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	first := own()
	want := "config:\n    fargate-stack:architecture: " + MachineArchitecture() +
		"\n    fargate-stack:cpu: 256\n    fargate-stack:environment:\n        LEVEL: debug\n"
	if first != want {
		t.Errorf("the first time: %q, want %q", first, want)
	}
	if err := os.WriteFile(s.settingsPath(), []byte(first+"encryptionsalt: v1:salt\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	changed := "config:\n  fargate-stack:memory: 512\n  fargate-stack:architecture: arm64\n"
	if err := os.WriteFile(filepath.Join(directory, settingsFile), []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	want = "config:\n    fargate-stack:architecture: arm64\n    fargate-stack:memory: 512\nencryptionsalt: v1:salt\n"
	if second := own(); second != want {
		t.Errorf("the second time: %q, want %q", second, want)
	}
	content, err := os.ReadFile(filepath.Join(directory, settingsFile))
	if err != nil || string(content) != changed {
		t.Errorf("the repository was changed: %q (%v)", content, err)
	}
	project, err := os.ReadFile(filepath.Join(s.projectDirectory(), projectFile))
	if err != nil || string(project) != testProject {
		t.Errorf("the project is %q (%v)", project, err)
	}
}
