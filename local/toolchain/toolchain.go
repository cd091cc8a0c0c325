// Package toolchain makes ready what runs a Pulumi program on a machine that
// may have none of it: the Pulumi CLI, the Go language host, the plugins aws,
// awsx and docker, and what stands in for Fargate.
//
// The official ones are used where they are to be had. Where Pulumi's
// downloads can't be reached, the CLI and the language host are built from
// their Go modules, and the stand-ins in local/plugins take the place of the
// plugins. What is built is kept in the cache and used again.
package toolchain

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"fargate-stack/local/fargate"
	"fargate-stack/local/progress"
)

// Options say where things are.
type Options struct {
	// Cache is the folder for what is costly to make and can be used again.
	Cache string
	// Repository is the folder with this repository.
	Repository string
	// Report is told what is being made.
	Report *progress.Reporter
}

// A Toolchain is what runs a Pulumi program.
type Toolchain struct {
	// Pulumi is the path of the Pulumi CLI.
	Pulumi string
	// Path are the folders to put before all others in PATH.
	Path []string
	// Fargate are the programs that run tasks and carry traffic on this machine.
	Fargate fargate.Programs
	// Environment are the variables, as NAME=value, that make the CLI use
	// this toolchain's plugins.
	Environment []string
}

// Prepare finds, downloads or builds the toolchain. Interrupted, it can be run
// again; several at once wait for each other.
func Prepare(ctx context.Context, options Options) (*Toolchain, error) {
	if err := os.MkdirAll(options.Cache, 0o755); err != nil {
		return nil, fmt.Errorf("making the cache folder (set FARGATE_STACK_CACHE to have it elsewhere): %w", err)
	}
	b, err := newBuilder(ctx, options)
	if err != nil {
		return nil, err
	}
	cli, err := findCLI(ctx, b)
	if err != nil {
		return nil, err
	}
	plugins, err := preparePlugins(ctx, b, cli)
	if err != nil {
		return nil, err
	}
	programs, err := buildFargate(ctx, b)
	if err != nil {
		return nil, err
	}
	environment := append(plugins,
		"PULUMI_SKIP_UPDATE_CHECK=1",
		// Else plugins that happen to be on PATH come before the right ones.
		"PULUMI_IGNORE_AMBIENT_PLUGINS=true")
	return &Toolchain{Pulumi: cli, Path: []string{filepath.Dir(cli)}, Fargate: programs, Environment: environment}, nil
}
