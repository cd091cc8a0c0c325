package stack

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

const (
	projectFile  = "Pulumi.yaml"
	settingsFile = "Pulumi." + Name + ".yaml"

	// defaultRegion is for a stack whose settings do not name one; the program
	// will refuse it.
	defaultRegion = "us-east-1"
)

// regionKey is the setting of the AWS provider.
var regionKey = config.MustMakeKey("aws", "region")

// Settings are those of the stack that matter for what it is deployed with.
type Settings struct {
	// Region is the AWS region.
	Region string
	// Dockerfile is the path of the app's Dockerfile.
	Dockerfile string
	// Platform is what the app is built for, as Docker names it.
	Platform string

	project *workspace.Project
	stack   *workspace.ProjectStack
}

// ReadSettings reads the settings in the repository. An architecture that is
// not set becomes this machine's.
func ReadSettings(repository string) (*Settings, error) {
	project, err := workspace.LoadProject(filepath.Join(repository, projectFile))
	if err != nil {
		return nil, fmt.Errorf("reading the project (run make in the repository's top directory): %w", err)
	}
	path := filepath.Join(repository, settingsFile)
	stack, err := workspace.LoadProjectStack(nil, project, path)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if stack.EncryptionSalt != "" {
		return nil, fmt.Errorf("%s has secrets, which the stack on the emulator cannot decrypt; remove them and encryptionsalt", path)
	}
	s := &Settings{project: project, stack: stack}
	architecture := s.key("architecture")
	if _, set := stack.Config[architecture]; !set {
		stack.Config[architecture] = config.NewValue(machineArchitecture())
	}
	s.Region = s.value(regionKey, defaultRegion)
	s.Dockerfile = filepath.Join(repository, s.value(s.key("dockerfile"), "Dockerfile"))
	s.Platform = "linux/amd64"
	if s.value(architecture, "") == "arm64" {
		s.Platform = "linux/arm64"
	}
	return s, nil
}

func (s *Settings) key(name string) config.Key {
	return config.MustMakeKey(string(s.project.Name), name)
}

// value returns a setting of the stack, or its default in the project, or
// another one.
func (s *Settings) value(key config.Key, otherwise string) string {
	if set, ok := s.stack.Config[key]; ok {
		if value, err := set.Value(config.NopDecrypter); err == nil {
			return value
		}
	}
	if declared, ok := s.project.Config[key.Name()]; ok {
		if value, ok := declared.Default.(string); ok {
			return value
		}
	}
	return otherwise
}

// machineArchitecture is this machine's, as the program's setting has it.
func machineArchitecture() string {
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
	former, err := workspace.LoadProjectStack(nil, settings.project, s.settingsPath())
	if err != nil {
		return fmt.Errorf("reading %s: %w", s.settingsPath(), err)
	}
	settings.stack.EncryptionSalt = former.EncryptionSalt
	if err := settings.stack.Save(s.settingsPath()); err != nil {
		return fmt.Errorf("writing %s: %w", s.settingsPath(), err)
	}
	project, err := os.ReadFile(filepath.Join(s.options.Repository, projectFile))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.projectDirectory(), projectFile), project, 0o600)
}

func (s *Stack) settingsPath() string {
	return filepath.Join(s.projectDirectory(), settingsFile)
}
