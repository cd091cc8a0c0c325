package dockerengine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"fargate-stack/local/daemon"
	"fargate-stack/local/debian"
)

const (
	// startLimit is how long an engine may take to answer after its start.
	startLimit = 60 * time.Second

	// stopLimit is how long it may take to end; dockerd itself gives its
	// containers ten seconds.
	stopLimit = 30 * time.Second
)

// required are the programs that an engine needs, with Debian's packages.
var required = []struct{ program, pkg string }{
	{"dockerd", "docker.io"},
	{"iptables", "iptables"},
}

// checkStart returns nil if an engine can be started here, installed first if
// need be, and an error that adds to the reason what to do otherwise.
func checkStart(reason error) error {
	if startable(runtime.GOOS, os.Geteuid(), len(missing()) == 0, debian.CanInstall() == nil) {
		return nil
	}
	return fmt.Errorf("%w at the usual sockets, and only root on Debian or Ubuntu gets one installed; start Docker, name its address in DOCKER_HOST, or install it: https://docs.docker.com/engine/install", reason)
}

func startable(system string, user int, installed, installable bool) bool {
	return system == "linux" && user == 0 && (installed || installable)
}

// missing returns the packages of the required programs that are not here.
func missing() []string {
	var packages []string
	for _, needed := range required {
		if _, err := lookPath(needed.program); err != nil {
			packages = append(packages, needed.pkg)
		}
	}
	return packages
}

// lookPath finds a program on PATH or where programs for root are, which is
// not on the PATH of everyone who becomes root.
func lookPath(program string) (string, error) {
	path, err := exec.LookPath(program)
	if err == nil {
		return path, nil
	}
	for _, folder := range []string{"/usr/local/sbin", "/usr/sbin", "/sbin"} {
		if path, err := exec.LookPath(filepath.Join(folder, program)); err == nil {
			return path, nil
		}
	}
	return "", err
}

func installMissing(ctx context.Context, options Options) error {
	packages := missing()
	if len(packages) == 0 {
		return nil
	}
	return options.Report.Step(fmt.Sprintf("installing a Docker engine (Debian's packages %v)", packages), func() error {
		return debian.Install(ctx, filepath.Join(directory(options), "apt-get.log"), packages...)
	})
}

func directory(options Options) string {
	return filepath.Join(options.StateDirectory, "docker")
}

// start starts an engine. Storage driver and data directory are dockerd's own
// choice: it takes overlay2 if the file system allows it, and vfs otherwise.
func start(ctx context.Context, options Options) (*Engine, error) {
	// One that runs but does not answer would stand in the way.
	if _, err := StopStarted(options); err != nil {
		return nil, err
	}
	program, err := lookPath("dockerd")
	if err != nil {
		return nil, err
	}
	socket := cmp.Or(options.Socket, DefaultSocket)
	host := "unix://" + socket
	command := exec.Command(program, append([]string{
		"--host", host,
		"--pidfile", filepath.Join(directory(options), "dockerd.pid"),
	}, options.Arguments...)...)
	command.Env = append(os.Environ(), "PATH="+os.Getenv("PATH")+":/usr/local/sbin:/usr/sbin:/sbin")

	var engine *Engine
	err = options.Report.Step("starting the Docker engine on "+socket, func() error {
		process, err := daemon.Start(ctx, command, daemon.Options{
			Directory:  directory(options),
			Detail:     host,
			StartLimit: startLimit,
			StopLimit:  stopLimit,
			Ready: func(ctx context.Context) error {
				engine, err = ask(ctx, host)
				return err
			},
		})
		if err == nil {
			engine.process = process
		}
		return err
	})
	return engine, err
}

// Stop stops the engine if this package started it. Its images stay.
func (e *Engine) Stop() error {
	if e.process == nil {
		return nil
	}
	return e.process.Stop(stopLimit)
}

// StopStarted stops the engine that was started with the same state directory,
// whether it answers or not. It tells whether there was one.
func StopStarted(options Options) (bool, error) {
	process, err := daemon.Find(directory(options))
	if errors.Is(err, daemon.ErrNotRunning) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, process.Stop(stopLimit)
}
