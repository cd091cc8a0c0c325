package toolchain

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/mod/semver"
)

const (
	cliVersion   = "v3.259.0"
	languageHost = "pulumi-language-go"
)

// cliTool is the CLI with the Go language host beside it, which is where the
// CLI looks for it.
var cliTool = tool{
	name: "pulumi",
	why:  "the Pulumi CLI " + cliVersion + ", for there is none on PATH that fits (4 minutes the first time)",
	programs: []program{
		{
			name: "pulumi", recipe: "pulumi", pkg: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
			flags: "-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=" + cliVersion,
		},
		{name: "pulumi-language-go-host", recipe: languageHost, pkg: "github.com/pulumi/pulumi/sdk/v3/go/pulumi-language-go"},
	},
	scripts: map[string]string{languageHost: "local/toolchain/pulumi-language-go/launch.sh"},
}

// findCLI returns the path of a CLI that can run the program: the one on
// PATH, or one that it builds.
func findCLI(ctx context.Context, b *builder) (string, error) {
	if cli, ok := installedCLI(ctx); ok {
		return cli, nil
	}
	folder, err := b.build(ctx, cliTool)
	return filepath.Join(folder, "pulumi"), err
}

// installedCLI returns the CLI on PATH if it is as new as the SDK, since an
// older engine may not know what a program asks for, and has its Go language
// host.
func installedCLI(ctx context.Context) (string, bool) {
	cli, err := exec.LookPath("pulumi")
	if err != nil {
		return "", false
	}
	version, err := exec.CommandContext(ctx, cli, "version").Output()
	if err != nil || semver.Compare(strings.TrimSpace(string(version)), cliVersion) < 0 {
		return "", false
	}
	real, err := filepath.EvalSymlinks(cli)
	return cli, err == nil && exists(filepath.Join(filepath.Dir(real), languageHost))
}
