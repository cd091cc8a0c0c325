package baseimages

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"

	"golang.org/x/mod/semver"

	"fargate-stack/local/debian"
)

// pythonTag is a tag of the image python: a version, whether it is slim, and
// a release. Only the version has to be there.
var pythonTag = regexp.MustCompile(`^(3(?:\.[0-9]+){0,2})(?:-slim)?(?:-([a-z]+))?$`)

// pythonImage makes the image python from the running release's Python.
//
// It has no pip, as the official image has; what an app needs is copied into
// it, or comes from an earlier stage of the build.
func pythonImage(ctx context.Context, tag string, system debian.Release) (*product, error) {
	have, err := packagedPython(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkPythonTag(tag, have, system); err != nil {
		return nil, err
	}
	return &product{
		from:     fmt.Sprintf("Python %s of %s", have, describe(system)),
		packages: []string{"ca-certificates", "python3"},
		add:      addPythonLinks,
		settings: []string{
			"ENV PYTHON_VERSION=" + have,
			"ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin",
			`CMD ["python3"]`,
		},
	}, nil
}

// packagedPython returns the version of the Python that is the running
// release's own.
func packagedPython(ctx context.Context) (string, error) {
	output, err := exec.CommandContext(ctx, "apt-cache", "show", "--no-all-versions", "python3").Output()
	if err != nil {
		return "", fmt.Errorf("asking apt-cache for the package python3: %w; run apt-get update", err)
	}
	for scanner := bufio.NewScanner(bytes.NewReader(output)); scanner.Scan(); {
		if packaged, ok := strings.CutPrefix(scanner.Text(), "Version: "); ok {
			upstream, _, _ := strings.Cut(packaged, "-")
			return upstream, nil
		}
	}
	return "", errors.New("apt-cache tells no version of the package python3; run apt-get update")
}

// checkPythonTag returns nil if an image with the tag can be made of a Python
// and a release. A newer Python than the tag asks for will do.
func checkPythonTag(tag, have string, system debian.Release) error {
	parts := pythonTag.FindStringSubmatch(tag)
	if parts == nil {
		return fmt.Errorf("%s is no version of Python 3 on Debian", tag)
	}
	wanted, release := parts[1], parts[2]
	if release != "" && release != system.Codename {
		return fmt.Errorf("this machine runs %s, which is not %s", describe(system), release)
	}
	if semver.Compare("v"+wanted, "v"+have) > 0 {
		return fmt.Errorf("the Python of %s is %s, which is older than %s", describe(system), have, wanted)
	}
	return nil
}

// addPythonLinks adds links to Python where the official image has it.
func addPythonLinks(archive *tar.Writer) error {
	for _, name := range []string{"python", "python3"} {
		link := &tar.Header{Typeflag: tar.TypeSymlink, Name: "usr/local/bin/" + name, Linkname: "/usr/bin/python3", Mode: 0o777}
		if err := archive.WriteHeader(link); err != nil {
			return err
		}
	}
	return nil
}
