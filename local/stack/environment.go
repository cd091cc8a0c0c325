package stack

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// hidden are the beginnings of the names of variables that are not taken over
// from the user's environment. They hold credentials of the real AWS, or
// would lead to it, or to another Pulumi backend.
var hidden = []string{"AWS_", "PULUMI_"}

// Environment returns the variables to run the program with, beside those of
// this command, so that it reaches the emulated AWS and nothing else. A
// variable that is empty has to be left out or be empty.
func Environment(options Options) map[string]string {
	variables := map[string]string{}
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if slices.ContainsFunc(hidden, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
			variables[name] = ""
		}
	}
	for _, variable := range options.Toolchain.Environment {
		name, value, _ := strings.Cut(variable, "=")
		variables[name] = value
	}
	path := append(slices.Clone(options.Toolchain.Path), os.Getenv("PATH"))
	variables["PATH"] = strings.Join(path, string(filepath.ListSeparator))

	variables["PULUMI_BACKEND_URL"] = BackendURL(backendDirectory(options.StateDirectory))
	variables["PULUMI_CONFIG_PASSPHRASE_FILE"] = passphraseFile(options.StateDirectory)

	variables["AWS_ENDPOINT_URL"] = options.Endpoint
	// The emulator takes any credentials, but the provider needs some.
	variables["AWS_ACCESS_KEY_ID"] = "test"
	variables["AWS_SECRET_ACCESS_KEY"] = "test"
	variables["AWS_EC2_METADATA_DISABLED"] = "true"
	// A default profile may name other endpoints or a role.
	variables["AWS_CONFIG_FILE"] = os.DevNull
	variables["AWS_SHARED_CREDENTIALS_FILE"] = os.DevNull
	if options.DockerHost != "" {
		variables["DOCKER_HOST"] = options.DockerHost
	}
	return variables
}

// BackendURL returns the address of a backend in a directory. It has no files
// of attributes: one that is being written when the CLI is killed would make
// the state unreadable.
func BackendURL(directory string) string {
	return "file://" + filepath.ToSlash(directory) + "?metadata=skip"
}

// Environ returns this command's environment with variables changed. Those that
// are empty are left out.
func Environ(variables map[string]string) []string {
	environment := slices.DeleteFunc(os.Environ(), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		_, changed := variables[name]
		return changed
	})
	for name, value := range variables {
		if value != "" {
			environment = append(environment, name+"="+value)
		}
	}
	return environment
}
