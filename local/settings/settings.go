// Package settings reads what differs from machine to machine from
// environment variables.
package settings

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

const (
	cacheVariable = "FARGATE_STACK_CACHE"
	stateVariable = "FARGATE_STACK_STATE"
	portVariable  = "FARGATE_STACK_PORT"

	// defaultPort is the port that AWS emulators commonly have.
	defaultPort = 4566

	// own is the directory that is made in directories for all programs.
	own = "fargate-stack"
)

// Cache returns the directory for what is costly to make and used again.
func Cache() (string, error) {
	if set := os.Getenv(cacheVariable); set != "" {
		return filepath.Abs(set)
	}
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("there is no directory for caches (%w); set %s", err, cacheVariable)
	}
	return filepath.Join(base, own), nil
}

// State returns the directory for what is known of what runs now.
func State() (string, error) {
	if set := os.Getenv(stateVariable); set != "" {
		return filepath.Abs(set)
	}
	if base := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(base) {
		return filepath.Join(base, own), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("there is no home directory (%w); set %s", err, stateVariable)
	}
	return filepath.Join(home, ".local", "state", own), nil
}

// Port returns the port of the AWS emulator.
func Port() (int, error) {
	set := os.Getenv(portVariable)
	if set == "" {
		return defaultPort, nil
	}
	port, err := strconv.Atoi(set)
	if err != nil || port < 1 || port > 65535 {
		return 0, fmt.Errorf("%s is %q; set it to a port, 1 to 65535", portVariable, set)
	}
	return port, nil
}
