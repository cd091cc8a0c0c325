package toolchain

import (
	"context"
	"path/filepath"
)

// A plugin is one that the program needs, by the version of its SDK.
type plugin struct {
	name, version string
}

// plugins has the smallest first: whether downloads work is found out with it.
var plugins = []plugin{
	{"docker", "4.11.2"},
	{"awsx", "2.22.0"},
	{"aws", "6.83.0"},
}

func (p plugin) String() string { return p.name + " " + p.version }

// program is the name that the engine knows the plugin by.
func (p plugin) program() string { return "pulumi-resource-" + p.name }

// folder is where a plugin is in a Pulumi home folder.
func (p plugin) folder(home string) string {
	return filepath.Join(home, "plugins", "resource-"+p.name+"-v"+p.version)
}

// preparePlugins returns the variables that have the CLI find the plugins:
// the official ones, or else the stand-ins, but never some of each, since
// awsx makes aws resources. They have Pulumi homes of their own, so that a
// stand-in can never be found by a deployment to AWS.
func preparePlugins(ctx context.Context, b *builder, cli string) ([]string, error) {
	home, reason := installOfficial(ctx, b, cli)
	if reason == nil {
		return []string{"PULUMI_HOME=" + home}, nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	b.Report.Note("using the stand-ins in local/plugins, since the official ones could not be downloaded: %s", reason)
	return prepareStandIns(ctx, b)
}
