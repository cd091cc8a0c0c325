package baseimages

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"fargate-stack/local/debian"
)

const (
	// builder is the program that makes root file systems, and its package.
	builder = "mmdebstrap"

	// builderGrace is how long it may take to clean up when it is interrupted.
	builderGrace = 20 * time.Second

	// lockRetry is how often a lock that another command holds is tried.
	lockRetry = 200 * time.Millisecond
)

// unneeded is what slim images leave out too.
var unneeded = []string{"/usr/share/doc/*", "/usr/share/info/*", "/usr/share/locale/*", "/usr/share/man/*"}

// debianTag is a tag of the image debian: a release, and whether it is slim
// or of a certain day.
var debianTag = regexp.MustCompile(`^([a-z]+|[0-9]+)(\.[0-9]+)?(-[0-9]{8})?(-slim)?$`)

// debianImage makes the image debian of the running release.
func debianImage(_ context.Context, tag string, system debian.Release) (*product, error) {
	parts := debianTag.FindStringSubmatch(tag)
	if parts == nil || !isRelease(parts[1], system) {
		return nil, fmt.Errorf("this machine runs %s, which is not %s", describe(system), tag)
	}
	return &product{from: describe(system), settings: []string{`CMD ["bash"]`}}, nil
}

// isRelease tells whether a name stands for the running release. What
// "latest" and "stable" stand for changes; the running release will do.
func isRelease(name string, system debian.Release) bool {
	if system.ID != "debian" {
		return false
	}
	return name == system.Codename || name == system.Version || name == "latest" || name == "stable"
}

func describe(system debian.Release) string {
	name := strings.ToUpper(system.ID[:1]) + system.ID[1:]
	return fmt.Sprintf("%s %s (%s)", name, system.Version, system.Codename)
}

// rootFileSystem returns the archive of a root file system of the running
// release with the essential packages and those that are asked for. It is
// made once.
func (w *workshop) rootFileSystem(ctx context.Context, packages []string) (string, error) {
	system := debian.Running()
	archive := w.rootArchive(system, packages)
	if exists(archive) {
		return archive, nil
	}
	if err := os.MkdirAll(filepath.Dir(archive), 0o755); err != nil {
		return "", err
	}
	lock := flock.New(archive + ".lock")
	if _, err := lock.TryLockContext(ctx, lockRetry); err != nil {
		return "", fmt.Errorf("waiting for another command to make %s: %w", archive, err)
	}
	defer lock.Close()
	if exists(archive) {
		return archive, nil
	}
	if err := w.installBuilder(ctx); err != nil {
		return "", err
	}
	return archive, w.options.Report.Step("making a root file system of "+describe(system), func() error {
		if err := build(ctx, system, packages, archive+".part"); err != nil {
			return err
		}
		return os.Rename(archive+".part", archive)
	})
}

// rootArchive returns where the archive belongs.
func (w *workshop) rootArchive(system debian.Release, packages []string) string {
	content := sha256.Sum256([]byte(strings.Join(append(packages, unneeded...), "\n")))
	return filepath.Join(w.options.Cache, "base-images",
		fmt.Sprintf("%s-%s-%s-%x.tar", system.ID, system.Codename, w.own.processor(), content[:4]))
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func (w *workshop) installBuilder(ctx context.Context) error {
	if _, err := exec.LookPath(builder); err == nil {
		return nil
	}
	return w.options.Report.Step("installing "+builder, func() error {
		return debian.Install(ctx, filepath.Join(w.options.Cache, "base-images", "apt-get.log"), builder)
	})
}

// build makes the archive of a root file system.
func build(ctx context.Context, system debian.Release, packages []string, archive string) error {
	mirror, err := mirrorOf(ctx, system)
	if err != nil {
		return err
	}
	arguments := []string{"--variant=minbase", "--format=tar"}
	if len(packages) > 0 {
		arguments = append(arguments, "--include="+strings.Join(packages, ","))
	}
	for _, pattern := range unneeded {
		arguments = append(arguments, "--dpkgopt=path-exclude="+pattern)
	}
	arguments = append(arguments, system.Codename, archive, mirror)
	log, err := os.Create(archive + ".log")
	if err != nil {
		return err
	}
	defer log.Close()
	command := exec.CommandContext(ctx, builder, arguments...)
	command.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	command.Stdout, command.Stderr = log, log
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGINT) }
	command.WaitDelay = builderGrace
	err = command.Run()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("%s: %w; its output is in %s", builder, err, log.Name())
	}
	return nil
}

// mirrorOf returns where this machine gets the packages of its release from.
func mirrorOf(ctx context.Context, system debian.Release) (string, error) {
	output, err := exec.CommandContext(ctx, "apt-get", "indextargets", "--format", "$(SITE) $(CODENAME) $(COMPONENT)", "Created-By: Packages").Output()
	if err != nil {
		return "", fmt.Errorf("asking apt-get for the package mirror: %w", err)
	}
	for line := range strings.Lines(string(output)) {
		fields := strings.Fields(line)
		if len(fields) == 3 && fields[1] == system.Codename && fields[2] == "main" {
			return fields[0], nil
		}
	}
	return "", errors.New("apt-get knows no mirror of " + describe(system) + "; correct its sources")
}
