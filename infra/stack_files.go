package infra

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gopkg.in/yaml.v3"
)

// A Source is where the settings of a stack are read from: the engine, by way of
// a [pulumi.Context], or the files that the engine reads them from.
type Source interface {
	// Project and Stack are the names.
	Project() string
	Stack() string
	// GetConfig returns the setting with a full name, which may be its default.
	GetConfig(key string) (string, bool)
	// IsConfigSecret tells whether the stack keeps a setting encrypted.
	IsConfigSecret(key string) bool
}

// encryptedValue stands for a value that only the engine can decrypt.
const encryptedValue = "[secret]"

// StackFiles are the settings of a stack as they are written, without the
// engine: in Pulumi.<stack>.yaml, and the defaults in Pulumi.yaml.
type StackFiles struct {
	project, stack string
	// values are those of the settings, and secrets which of them are encrypted,
	// by full name.
	values  map[string]string
	secrets map[string]bool
}

// ReadStackFiles reads the settings of a stack in the project's directory.
func ReadStackFiles(directory, stack string) (*StackFiles, error) {
	files, err := readDefaults(directory, stack)
	if err != nil {
		return nil, err
	}
	var own struct{ Config map[string]any }
	if err := readYAML(filepath.Join(directory, "Pulumi."+stack+".yaml"), &own); err != nil {
		return nil, fmt.Errorf("settings of stack %s: %w", stack, err)
	}
	for key, value := range own.Config {
		if _, twice := own.Config[files.fullName(key)]; twice && key != files.fullName(key) {
			return nil, fmt.Errorf("settings of stack %s: there is %s beside %s, and the engine takes either; remove one", stack, key, files.fullName(key))
		}
		if err := files.set(key, value); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// readDefaults returns what a stack has that sets nothing.
func readDefaults(directory, stack string) (*StackFiles, error) {
	var project struct {
		Name   string
		Config map[string]struct{ Default, Value any }
	}
	if err := readYAML(filepath.Join(directory, "Pulumi.yaml"), &project); err != nil {
		return nil, err
	}
	files := &StackFiles{project: project.Name, stack: stack, values: map[string]string{}, secrets: map[string]bool{}}
	for key, declared := range project.Config {
		value := declared.Default
		if value == nil { // in other namespaces than the project's there are only values
			value = declared.Value
		}
		if err := files.set(key, value); err != nil {
			return nil, err
		}
	}
	return files, nil
}

func readYAML(path string, into any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := yaml.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// fullName returns the name of a setting with its namespace. One that is written
// without is in the project's, whatever the project is called.
func (f *StackFiles) fullName(key string) string {
	if strings.Contains(key, ":") {
		return key
	}
	return f.project + ":" + key
}

// set writes a value down as the engine passes it: text as it is, and anything
// else in JSON.
func (f *StackFiles) set(key string, value any) error {
	key = f.fullName(key)
	plain, secret := decrypted(value)
	f.secrets[key] = secret
	if text, ok := plain.(string); ok {
		f.values[key] = text
		return nil
	}
	encoded, err := json.Marshal(plain)
	if err != nil {
		return fmt.Errorf("setting %s of stack %s: %w", key, f.stack, err)
	}
	f.values[key] = string(encoded)
	return nil
}

// decrypted puts [encryptedValue] in the place of what is encrypted, and tells
// whether there is any.
func decrypted(value any) (plain any, secret bool) {
	object, ok := value.(map[string]any)
	if !ok {
		return value, false
	}
	if _, encrypted := object["secure"]; encrypted && len(object) == 1 {
		return encryptedValue, true
	}
	fields := map[string]any{}
	for name, field := range object {
		inner, isSecret := decrypted(field)
		fields[name], secret = inner, secret || isSecret
	}
	return fields, secret
}

// Project returns the project's name.
func (f *StackFiles) Project() string { return f.project }

// Stack returns the stack's name.
func (f *StackFiles) Stack() string { return f.stack }

// GetConfig returns the setting with a full name.
func (f *StackFiles) GetConfig(key string) (string, bool) {
	value, ok := f.values[key]
	return value, ok
}

// IsConfigSecret tells whether a setting, or a part of it, is encrypted.
func (f *StackFiles) IsConfigSecret(key string) bool { return f.secrets[key] }
