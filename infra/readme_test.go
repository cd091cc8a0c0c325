package infra

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

var update = flag.Bool("update", false, "write the table of settings in README.md anew")

const (
	tableBegin = "<!-- settings: written by `make readme` from Pulumi.yaml -->\n"
	tableEnd   = "<!-- end of settings -->\n"
)

func TestReadmeHasTheSettingsOfPulumiYAML(t *testing.T) {
	t.Chdir(projectDirectory(t))
	readme, err := os.ReadFile("README.md")
	must(t, err)
	before, rest, begins := strings.Cut(string(readme), tableBegin)
	_, after, ends := strings.Cut(rest, tableEnd)
	if !begins || !ends {
		t.Fatal("README.md has lost the marks around its table of settings")
	}
	want := before + tableBegin + settingsTable(t) + tableEnd + after
	if *update {
		must(t, os.WriteFile("README.md", []byte(want), 0o644))
		return
	}
	if want != string(readme) {
		t.Error("the table of settings in README.md is not that of Pulumi.yaml; run: make readme")
	}
}

// settingsTable returns the settings of Pulumi.yaml, in its order.
func settingsTable(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("Pulumi.yaml")
	must(t, err)
	var project struct {
		Config yaml.Node
	}
	must(t, yaml.Unmarshal(text, &project))
	var table strings.Builder
	table.WriteString("| Setting | Type | Default | What it is |\n|---|---|---|---|\n")
	for i := 0; i < len(project.Config.Content); i += 2 {
		if strings.Contains(project.Config.Content[i].Value, ":") {
			continue // not the program's, like the tags that `pulumi new` adds
		}
		var setting struct {
			Type, Description string
			Default           any
		}
		must(t, project.Config.Content[i+1].Decode(&setting))
		standard, err := json.Marshal(setting.Default)
		must(t, err)
		fmt.Fprintf(&table, "| `%s` | %s | `%s` | %s |\n", project.Config.Content[i].Value, setting.Type,
			strings.ReplaceAll(strings.Trim(string(standard), `"`), "|", `\|`), setting.Description)
	}
	return table.String()
}

func TestReadmeNamesEachFileOfThePackage(t *testing.T) {
	t.Chdir(projectDirectory(t))
	readme, err := os.ReadFile("README.md")
	must(t, err)
	files, err := filepath.Glob("infra/*.go")
	must(t, err)
	for _, file := range files {
		named := strings.Contains(string(readme), "`"+filepath.ToSlash(file)+"`")
		if isTest := strings.HasSuffix(file, "_test.go"); named == isTest {
			t.Errorf("README.md names %s: %v", file, named)
		}
	}
}
