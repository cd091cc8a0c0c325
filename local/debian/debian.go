// Package debian installs what a Debian or Ubuntu machine can give: packages,
// and the knowledge of which release runs.
package debian

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// ErrCannotInstall says that this user cannot install packages here.
var ErrCannotInstall = errors.New("packages can be installed by root on Debian or Ubuntu only")

// interruptGrace is how long apt-get may take to leave the package database in
// order when it is interrupted.
const interruptGrace = 30 * time.Second

// A Release is the release of the running system.
type Release struct {
	// ID is debian, ubuntu or another distribution's name.
	ID string
	// Codename is the release's name, as in bookworm.
	Codename string
	// Version is the release's number, as in 12.
	Version string
}

// Running returns the release of the running system. It is empty where the
// system does not tell.
func Running() Release {
	return readRelease("/etc/os-release")
}

// readRelease reads a file as in os-release(5).
func readRelease(path string) Release {
	file, err := os.Open(path)
	if err != nil {
		return Release{}
	}
	defer file.Close()
	values := map[string]string{}
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		name, value, _ := strings.Cut(scanner.Text(), "=")
		values[name] = strings.Trim(value, `"'`)
	}
	return Release{ID: values["ID"], Codename: values["VERSION_CODENAME"], Version: values["VERSION_ID"]}
}

// CanInstall returns [ErrCannotInstall] if this user cannot install packages.
func CanInstall() error {
	release := Running()
	if release.ID != "debian" && release.ID != "ubuntu" || os.Geteuid() != 0 {
		return ErrCannotInstall
	}
	return nil
}

// Install installs packages with apt-get, whose output goes to a log file.
func Install(ctx context.Context, log string, packages ...string) error {
	if err := CanInstall(); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(log), 0o755); err != nil {
		return err
	}
	output, err := os.Create(log)
	if err != nil {
		return err
	}
	defer output.Close()
	install := append([]string{"install", "--yes", "--no-install-recommends"}, packages...)
	for _, arguments := range [][]string{{"update"}, install} {
		if err := aptGet(ctx, output, arguments); err != nil {
			return fmt.Errorf("apt-get %s: %w; its output is in %s", strings.Join(arguments, " "), err, log)
		}
	}
	return nil
}

func aptGet(ctx context.Context, output *os.File, arguments []string) error {
	// Another apt-get, such as the daily upgrade, is waited for.
	arguments = append([]string{"--option", "DPkg::Lock::Timeout=120"}, arguments...)
	command := exec.CommandContext(ctx, "apt-get", arguments...)
	command.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8")
	command.Stdout, command.Stderr = output, output
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGINT) }
	command.WaitDelay = interruptGrace
	err := command.Run()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
