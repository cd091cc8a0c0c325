package infra

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// git runs git in the repository. A project that was just made by `pulumi new` is
// none yet.
func git(t *testing.T, arguments ...string) string {
	t.Helper()
	if _, err := os.Stat(filepath.Join(projectDirectory(t), ".git")); err != nil {
		t.Skip("this is no git repository yet")
	}
	command := exec.CommandContext(t.Context(), "git", arguments...)
	command.Dir = projectDirectory(t)
	output, err := command.Output()
	must(t, err)
	return string(output)
}

// committed returns the paths of what is in the repository or would get there.
func committed(t *testing.T) []string {
	t.Helper()
	list := git(t, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	return strings.Split(strings.TrimRight(list, "\x00"), "\x00")
}

func TestNoFileInTheRepositoryIsAState(t *testing.T) {
	for _, name := range committed(t) {
		if filepath.Ext(name) != ".json" {
			continue
		}
		content, err := os.ReadFile(filepath.Join(projectDirectory(t), name))
		must(t, err)
		if isState(content) {
			t.Errorf("%s is the state of a stack; remove it, and what is encrypted in it is worth renewing", name)
		}
	}
}

// isState tells whether a file is what `pulumi stack export` writes, or what a
// backend keeps.
func isState(content []byte) bool {
	var file map[string]json.RawMessage
	if err := json.Unmarshal(content, &file); err != nil {
		return false
	}
	_, exported := file["deployment"]
	_, kept := file["checkpoint"]
	return exported || kept
}

func TestStatesAreRecognized(t *testing.T) {
	for content, want := range map[string]bool{
		`{"version": 3, "deployment": {"manifest": {}, "resources": []}}`: true,
		`{"version": 3, "checkpoint": {"stack": "dev"}}`:                  true,
		`{"regions": {}}`: false,
		`[]`:              false,
	} {
		if got := isState([]byte(content)); got != want {
			t.Errorf("%s is a state: %v", content, got)
		}
	}
}

func TestExportedStatesAreIgnored(t *testing.T) {
	for _, name := range []string{"state.json", "dev.stack.json", ".pulumi/meta.yaml"} {
		if git(t, "check-ignore", name) == "" {
			t.Errorf("%s gets into the repository", name)
		}
	}
}

func TestNoStackFileInTheRepositoryHasACredential(t *testing.T) {
	for _, name := range committed(t) {
		if isStackFile, err := filepath.Match("Pulumi.*.yaml", name); err != nil || !isStackFile {
			continue
		}
		text, err := os.ReadFile(filepath.Join(projectDirectory(t), name))
		must(t, err)
		for _, found := range credentialsIn(t, text) {
			t.Errorf("%s has %s; keep it encrypted: pulumi config set --secret", name, found)
		}
	}
}

func TestCredentialsInStackFilesAreFound(t *testing.T) {
	const text = `
config:
  shop:environment:
    LEVEL: debug
    DB_PASSWORD: hunter2
    API_TOKEN: {secure: v1:abc}
    TRACE: [https://shop:hunter2@example.com]
`
	want := []string{"shop:environment.DB_PASSWORD (what its name says)", "shop:environment.TRACE (a URL with a password)"}
	if got := credentialsIn(t, []byte(text)); !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

// credentialsIn returns the names of settings that look like credentials.
func credentialsIn(t *testing.T, text []byte) []string {
	t.Helper()
	var stack struct{ Config map[string]any }
	must(t, yaml.Unmarshal(text, &stack))
	var found []string
	var search func(path, name string, value any)
	search = func(path, name string, value any) {
		switch plain, _ := decrypted(value); value := plain.(type) {
		case map[string]any:
			for _, inner := range slices.Sorted(maps.Keys(value)) {
				search(path+"."+inner, inner, value[inner])
			}
		case []any:
			for _, inner := range value {
				search(path, name, inner)
			}
		case string:
			if what := looksLike(name, value); what != "" && value != encryptedValue {
				found = append(found, path+" ("+what+")")
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(stack.Config)) {
		search(name, name, stack.Config[name])
	}
	return found
}
