package toolchain

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

const (
	// providerVersion is the version that pulumi-aws 6.83.0 is built of.
	providerVersion  = "5.100.0"
	providerName     = "terraform-provider-aws"
	providerAddress  = "registry.terraform.io/hashicorp/aws"
	providerVariable = "FARGATE_STACK_TERRAFORM_PROVIDER_AWS"

	mirrorLimit = 15 * time.Minute
)

// findTerraformProvider returns the path of the Terraform AWS provider: the
// one that the environment names, one in a folder where Terraform looks for
// providers, or one that Terraform downloads.
func findTerraformProvider(ctx context.Context, b *builder) (string, error) {
	if path := os.Getenv(providerVariable); path != "" {
		if !isProgram(path) {
			return "", fmt.Errorf("%s is %s, which is no program; set it to the path of %s %s", providerVariable, path, providerName, providerVersion)
		}
		return path, nil
	}
	unpacked := filepath.Join(b.Cache, "terraform-providers")
	mirrors := append([]string{unpacked}, mirrors()...)
	for _, mirror := range mirrors {
		if path, ok := providerIn(mirror); ok {
			return path, nil
		}
	}
	for _, mirror := range mirrors {
		if archive, ok := archiveIn(mirror); ok {
			return b.unpackProvider(ctx, archive, unpacked)
		}
	}
	archive, err := b.downloadProvider(ctx)
	if err != nil {
		return "", fmt.Errorf("no Terraform AWS provider %s for %s: %w; download it, or set %s to its path", providerVersion, platform(), err, providerVariable)
	}
	return b.unpackProvider(ctx, archive, unpacked)
}

func platform() string {
	return runtime.GOOS + "_" + runtime.GOARCH
}

// providerIn looks for the provider in a mirror folder of Terraform's unpacked
// layout. Its name ends in its version and that of its protocol.
func providerIn(mirror string) (string, bool) {
	return first(filepath.Join(mirror, providerAddress, providerVersion, platform(), providerName+"*"), isProgram)
}

// archiveIn looks for it in one of the packed layout.
func archiveIn(mirror string) (string, bool) {
	return first(filepath.Join(mirror, providerAddress, providerName+"_"+providerVersion+"_"+platform()+".zip"), exists)
}

// first returns the first path of a pattern that is accepted.
func first(pattern string, accept func(string) bool) (string, bool) {
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return "", false
	}
	for _, path := range paths {
		if accept(path) {
			return path, true
		}
	}
	return "", false
}

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// downloadProvider has Terraform download the provider, and returns the
// archive.
func (b *builder) downloadProvider(ctx context.Context) (string, error) {
	terraform, err := exec.LookPath("terraform")
	if err != nil {
		return "", errors.New("none found, and no terraform on PATH to download it")
	}
	mirror := filepath.Join(b.Cache, "terraform-mirror")
	err = b.Report.Step("downloading the Terraform AWS provider "+providerVersion+" (170 MB)", func() error {
		return mirrorProvider(ctx, terraform, mirror)
	})
	if err != nil {
		return "", err
	}
	archive, ok := archiveIn(mirror)
	if !ok {
		return "", fmt.Errorf("terraform left none in %s", mirror)
	}
	return archive, nil
}

func mirrorProvider(ctx context.Context, terraform, mirror string) error {
	ctx, cancel := context.WithTimeout(ctx, mirrorLimit)
	defer cancel()
	folder, err := os.MkdirTemp("", "fargate-stack-provider")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	configuration := fmt.Sprintf("terraform {\n  required_providers {\n    aws = {\n      source  = \"hashicorp/aws\"\n      version = %q\n    }\n  }\n}\n", providerVersion)
	if err := os.WriteFile(filepath.Join(folder, "main.tf"), []byte(configuration), 0o644); err != nil {
		return err
	}
	command := exec.CommandContext(ctx, terraform, "providers", "mirror", "-platform="+platform(), mirror)
	command.Dir = folder
	var messages bytes.Buffer
	command.Stderr = &messages
	if err := command.Run(); err != nil {
		return fmt.Errorf("terraform providers mirror: %w: %s", err, strings.Join(strings.Fields(lastLines(messages.String(), 6)), " "))
	}
	return nil
}

// unpackProvider unpacks an archive into a folder of Terraform's unpacked
// layout, where the next run finds it.
func (b *builder) unpackProvider(ctx context.Context, archive, into string) (string, error) {
	unlock, err := lock(ctx, into+".lock")
	if err != nil {
		return "", err
	}
	defer unlock()
	if path, ok := providerIn(into); ok { // another run has unpacked it meanwhile
		return path, nil
	}
	err = b.Report.Step("unpacking "+filepath.Base(archive), func() error {
		return unpackProgram(archive, filepath.Join(into, providerAddress, providerVersion, platform()))
	})
	if err != nil {
		return "", fmt.Errorf("unpacking %s: %w", archive, err)
	}
	path, ok := providerIn(into)
	if !ok {
		return "", fmt.Errorf("%s has no %s", archive, providerName)
	}
	return path, nil
}

// unpackProgram unpacks the provider's program into a folder.
func unpackProgram(archive, folder string) error {
	reader, err := zip.OpenReader(archive)
	if err != nil {
		return err
	}
	defer reader.Close()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for _, file := range reader.File {
		if strings.HasPrefix(file.Name, providerName) && filepath.Base(file.Name) == file.Name {
			return unpackFile(file, filepath.Join(folder, file.Name)) //nolint:gosec // the name has no folder in it
		}
	}
	return errors.New("no provider in it")
}

// unpackFile unpacks a file under another name first, so that what an
// interrupted run leaves is not taken for it.
func unpackFile(file *zip.File, name string) error {
	from, err := file.Open()
	if err != nil {
		return err
	}
	defer from.Close()
	unfinished, err := os.CreateTemp(filepath.Dir(name), ".unfinished-")
	if err != nil {
		return err
	}
	defer os.Remove(unfinished.Name())
	_, err = io.Copy(unfinished, from)
	if err := errors.Join(err, unfinished.Chmod(0o755), unfinished.Close()); err != nil {
		return err
	}
	return os.Rename(unfinished.Name(), name)
}
