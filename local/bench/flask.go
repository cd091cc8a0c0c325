package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	"fargate-stack/local/emulator"
)

const (
	// pythonImage is what flask/Dockerfile begins with.
	pythonImage = "python:3-slim"

	// pythonVersion begins the variable in which it has its version.
	pythonVersion = "PYTHON_VERSION="
)

// installPackages installs what the Flask app needs into its build context, for
// the Python of its base image. It does so on this machine, whose pip reaches
// its package index where a container may not.
func (c *comparison) installPackages(ctx context.Context, directory string) error {
	version, err := c.pythonVersion(ctx)
	if err != nil {
		return err
	}
	return c.report.Step("installing Flask and gunicorn for Python "+version, func() error {
		return c.pipInstall(ctx, directory, version)
	})
}

// pythonVersion returns the version of Python in the base image.
func (c *comparison) pythonVersion(ctx context.Context) (string, error) {
	found, err := c.docker.ImageInspect(ctx, pythonImage)
	if err != nil {
		return "", fmt.Errorf("inspecting %s: %w", pythonImage, err)
	}
	for _, variable := range found.Config.Env {
		if version, ok := strings.CutPrefix(variable, pythonVersion); ok {
			return version, nil
		}
	}
	return "", fmt.Errorf("%s does not tell its version in %s, as the official image does", pythonImage, pythonVersion)
}

// pipInstall installs packages for another Python than the one that runs pip,
// which comes with a virtual environment.
func (c *comparison) pipInstall(ctx context.Context, directory, version string) error {
	python, err := emulator.FindPython(ctx)
	if err != nil {
		return err
	}
	environment := filepath.Join(c.scratch, "venv")
	for _, command := range [][]string{
		{python.Path, "-m", "venv", environment},
		{
			filepath.Join(environment, "bin", "python"), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check",
			"--no-deps", "--no-compile", "--requirement", filepath.Join(directory, "requirements.txt"), "--target", filepath.Join(directory, "packages"),
			"--python-version", version, "--platform", "manylinux2014_" + c.processor, "--only-binary", ":all:",
		},
	} {
		output, err := exec.CommandContext(ctx, command[0], command[1:]...).CombinedOutput()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			return fmt.Errorf("%s: %w: %s", strings.Join(command[:4], " "), err, lastLines(string(output)))
		}
	}
	return nil
}
