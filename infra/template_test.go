package infra

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

func TestPulumiNewAsksForSettingsWithTheirDefaultsAndForNoSecret(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(projectDirectory(t), "Pulumi.yaml"))
	must(t, err)
	var project struct {
		Template *struct {
			Config map[string]struct {
				Default string
				Secret  bool
			}
		}
		Config map[string]struct{ Default any }
	}
	must(t, yaml.Unmarshal(text, &project))
	if project.Template == nil {
		t.Skip("this project was made by `pulumi new`, which takes the template away")
	}
	for name, asked := range project.Template.Config {
		if asked.Secret {
			t.Errorf("%s is asked for as a secret", name)
		}
		if strings.Contains(name, ":") {
			continue // a setting of the provider
		}
		setting, declared := project.Config[name]
		if want := fmt.Sprint(setting.Default); !declared || asked.Default != want {
			t.Errorf("%s is asked for with the default %q, the setting has %q", name, asked.Default, want)
		}
	}
	if len(project.Template.Config) < 3 {
		t.Errorf("only %v is asked for", project.Template.Config)
	}
}
