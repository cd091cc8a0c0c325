package toolchain

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// standIn is the program in local/plugins that stands for a plugin.
func standIn(p plugin) tool {
	return tool{
		name:     p.program(),
		why:      "the stand-in for the plugin " + p.name + " (a minute the first time)",
		programs: []program{{name: p.program(), pkg: "./plugins/" + p.name}},
	}
}

var bridgeTool = tool{
	name: "pulumi-resource-terraform-provider",
	why:  "Pulumi's bridge to Terraform providers (2 minutes the first time)",
	programs: []program{{
		name: "pulumi-resource-terraform-provider", recipe: "pulumi-resource-terraform-provider",
		pkg: "github.com/pulumi/pulumi-terraform-bridge/v3/dynamic",
	}},
}

func prepareStandIns(ctx context.Context, b *builder) ([]string, error) {
	provider, err := findTerraformProvider(ctx, b)
	if err != nil {
		return nil, err
	}
	bridge, err := b.build(ctx, bridgeTool)
	if err != nil {
		return nil, err
	}
	home, err := b.standInHome(ctx)
	if err != nil {
		return nil, err
	}
	return []string{
		"PULUMI_HOME=" + home,
		// Else the CLI tries to download what it has.
		"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true",
		"FARGATE_STACK_TERRAFORM_BRIDGE=" + filepath.Join(bridge, bridgeTool.name),
		"FARGATE_STACK_TERRAFORM_PROVIDER_AWS=" + provider,
	}, nil
}

// standInHome returns a Pulumi home folder with the stand-ins installed. Its
// name follows from them, so it never changes once it is there.
func (b *builder) standInHome(ctx context.Context) (string, error) {
	sum := sha256.New()
	programs := map[plugin]string{}
	for _, p := range plugins {
		folder, err := b.build(ctx, standIn(p))
		if err != nil {
			return "", err
		}
		programs[p] = filepath.Join(folder, p.program())
		fmt.Fprintln(sum, programs[p])
	}
	home := filepath.Join(b.Cache, "homes", hex.EncodeToString(sum.Sum(nil))[:12])
	var failed []error
	for p, program := range programs {
		failed = append(failed, link(program, filepath.Join(p.folder(home), p.program())))
	}
	return home, errors.Join(failed...)
}

// link makes a symbolic link if there is none.
func link(target, name string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	if err := os.Symlink(target, name); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return nil
}
