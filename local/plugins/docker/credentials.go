package main

import (
	"fmt"
	"strings"

	"github.com/distribution/reference"
	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/config/configfile"
	"github.com/docker/cli/cli/config/credentials"
	"github.com/docker/docker/api/types/registry"
)

// dockerHubKey is the name under which Docker clients keep the credentials of
// Docker Hub.
const dockerHubKey = "https://index.docker.io/v1/"

// A keychain knows the credentials of registries: those in the program for the
// image's own registry, and the user's Docker configuration for all others.
type keychain struct {
	own    string
	given  registryArguments
	config *configfile.ConfigFile
}

// newKeychain returns the keychain for an image.
func newKeychain(args imageArguments) (*keychain, error) {
	file, err := config.Load(config.Dir())
	if err != nil {
		return nil, fmt.Errorf("reading the Docker configuration: %w", err)
	}
	file.CredentialsStore = credentials.DetectDefaultStore(file.CredentialsStore)
	own, err := registryKey(args)
	if err != nil {
		return nil, err
	}
	return &keychain{own: own, given: args.registry, config: file}, nil
}

// warning tells of credentials in the program that are not used, because half
// of them is missing.
func (k *keychain) warning() string {
	switch {
	case k.given.username == "" && k.given.password != "":
		return "registry.username was not set, although registry.password was; using host credentials file"
	case k.given.username != "" && k.given.password == "":
		return "registry.password was not set, although registry.username was; using host credentials file"
	default:
		return ""
	}
}

// credentials returns the credentials for a registry, which may be none.
func (k *keychain) credentials(key string) (registry.AuthConfig, error) {
	if key == k.own && k.given.username != "" && k.given.password != "" {
		return registry.AuthConfig{Username: k.given.username, Password: k.given.password, ServerAddress: key}, nil
	}
	found, err := k.config.GetAuthConfig(key)
	if err != nil {
		return registry.AuthConfig{}, fmt.Errorf("credentials for %s from the Docker configuration: %w", key, err)
	}
	return registry.AuthConfig{
		Username:      found.Username,
		Password:      found.Password,
		Auth:          found.Auth,
		ServerAddress: found.ServerAddress,
		IdentityToken: found.IdentityToken,
		RegistryToken: found.RegistryToken,
	}, nil
}

// registryKey returns the name under which the credentials of the image's
// registry are kept: that of the registry given, or else the one in the
// image's name.
func registryKey(args imageArguments) (string, error) {
	if args.registry.server != "" {
		host := args.registry.server
		for _, scheme := range []string{"https://", "http://"} {
			host = strings.TrimPrefix(host, scheme)
		}
		host, _, _ = strings.Cut(host, "/")
		return credentialsKey(host), nil
	}
	named, err := reference.ParseNormalizedNamed(args.name)
	if err != nil {
		return "", fmt.Errorf("imageName %q: %w", args.name, err)
	}
	return credentialsKey(reference.Domain(named)), nil
}

// credentialsKey returns the name under which the credentials for a host are
// kept. Docker Hub has several hosts and one such name.
func credentialsKey(host string) string {
	switch host {
	case "docker.io", "index.docker.io", "registry-1.docker.io":
		return dockerHubKey
	default:
		return host
	}
}
