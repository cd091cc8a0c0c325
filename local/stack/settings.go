package stack

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"gopkg.in/yaml.v3"
)

const (
	projectFile  = "Pulumi.yaml"
	settingsFile = "Pulumi." + Name + ".yaml"

	regionKey = "aws:region"

	// saltKey is where the CLI keeps the salt of the stack's passphrase.
	saltKey = "encryptionsalt"

	// defaultRegion is for a stack whose settings do not name one; the program
	// will refuse it.
	defaultRegion = "us-east-1"
)

// Settings are those of the stack that matter for what it is deployed with.
type Settings struct {
	// Region is the AWS region.
	Region string
	// Dockerfile is the path of the app's Dockerfile.
	Dockerfile string
	// Platform is what the app is built for, as Docker names it.
	Platform string

	// stack is the content of the stack's file.
	stack map[string]any
}

// project is what matters of the project's file.
type project struct {
	Name string
	// Config has a default or a description with a default in it for each key.
	Config map[string]any
}

// ReadSettings reads the settings in the repository. An architecture that is
// not set becomes this machine's.
func ReadSettings(repository string) (*Settings, error) {
	var p project
	if err := readYAML(filepath.Join(repository, projectFile), &p); err != nil {
		return nil, fmt.Errorf("reading the project (run make in the repository's top directory): %w", err)
	}
	path := filepath.Join(repository, settingsFile)
	stack, err := readStackFile(path)
	if err != nil {
		return nil, err
	}
	config, err := configIn(stack)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if _, set := p.lookUp(config, "architecture"); !set {
		config[p.Name+":architecture"] = MachineArchitecture()
	}
	s := &Settings{
		Region:     defaultRegion,
		Dockerfile: filepath.Join(repository, p.text(config, "dockerfile", "Dockerfile")),
		Platform:   "linux/amd64",
		stack:      stack,
	}
	if region, ok := config[regionKey].(string); ok {
		s.Region = region
	}
	if p.text(config, "architecture", "") == "arm64" {
		s.Platform = "linux/arm64"
	}
	return s, nil
}

// configIn returns the settings in the content of a stack's file, which may be
// added to.
func configIn(stack map[string]any) (map[string]any, error) {
	if _, encrypted := stack[saltKey]; encrypted {
		return nil, fmt.Errorf("it has secrets, which the stack on the emulator cannot decrypt; remove them and %s", saltKey)
	}
	if stack["config"] == nil {
		stack["config"] = map[string]any{}
	}
	config, ok := stack["config"].(map[string]any)
	if !ok {
		return nil, errors.New("config is no list of names and values")
	}
	return config, nil
}

// lookUp returns a setting of the program, whose name may be preceded by that
// of the project.
func (p *project) lookUp(config map[string]any, name string) (any, bool) {
	for _, key := range []string{p.Name + ":" + name, name} {
		if value, set := config[key]; set {
			return value, true
		}
	}
	return nil, false
}

// text returns a setting of the program, or its default in the project, or
// another one.
func (p *project) text(config map[string]any, name, otherwise string) string {
	if value, _ := p.lookUp(config, name); value != nil {
		return fmt.Sprint(value)
	}
	declared, _ := p.lookUp(p.Config, name)
	if description, ok := declared.(map[string]any); ok {
		declared = description["default"]
	}
	if value, ok := declared.(string); ok {
		return value
	}
	return otherwise
}

// MachineArchitecture is this machine's, as the program's setting has it.
func MachineArchitecture() string {
	if runtime.GOARCH == "arm64" {
		return "arm64"
	}
	return "x86_64"
}

// copySettings copies the settings in the repository to the stack's own,
// which have the salt of its passphrase.
func (s *Stack) copySettings() error {
	settings, err := ReadSettings(s.options.Repository)
	if err != nil {
		return err
	}
	former, err := readStackFile(s.settingsPath())
	if err != nil {
		return err
	}
	if salt, ok := former[saltKey]; ok {
		settings.stack[saltKey] = salt
	}
	content, err := yaml.Marshal(settings.stack)
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.settingsPath(), content, 0o600); err != nil {
		return err
	}
	project, err := os.ReadFile(filepath.Join(s.options.Repository, projectFile))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.projectDirectory(), projectFile), project, 0o600)
}

func (s *Stack) settingsPath() string { return SettingsFile(s.options.StateDirectory) }

// SettingsFile returns the path of the settings that the stack is deployed
// with.
func SettingsFile(stateDirectory string) string {
	return filepath.Join(projectDirectory(stateDirectory), settingsFile)
}

// readStackFile returns the content of a stack's file, which need not exist.
func readStackFile(path string) (map[string]any, error) {
	content := map[string]any{}
	err := readYAML(path, &content)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading the settings of the stack: %w", err)
	}
	return content, nil
}

func readYAML(path string, content any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := yaml.Unmarshal(text, content); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
