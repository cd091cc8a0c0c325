package infra

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// A buildMachine is where the image is built, as far as it decides for which
// processors it can be.
type buildMachine struct {
	// os and architecture are Go's names.
	os, architecture string
	// dockerHost is the Docker engine's address if it is not the usual one.
	dockerHost string
	// interpreters is where Linux lists what it runs programs of other
	// processors with.
	// https://docs.kernel.org/admin-guide/binfmt-misc.html
	interpreters string
}

func thisMachine() buildMachine {
	return buildMachine{runtime.GOOS, runtime.GOARCH, os.Getenv("DOCKER_HOST"), "/proc/sys/fs/binfmt_misc"}
}

// checkBuild checks that the image can be built for its architecture here. For
// one of another processor, a Dockerfile may only run what is this machine's;
// else the machine needs emulation.
// https://docs.docker.com/build/building/multi-platform/
func (s *settings) checkBuild(c *Config, machine buildMachine) {
	if !s.sound("architecture", "dockerfile") || machine.runs(c.Architecture) {
		return
	}
	text, err := os.ReadFile(c.Dockerfile)
	if err != nil {
		return // which checkApp has told
	}
	command := firstRunOnTarget(string(text), machine)
	if command == "" {
		return
	}
	s.problems = append(s.problems, Problem{
		Key: s.name("architecture"), Value: string(c.Architecture),
		Allowed: fmt.Sprintf("one that this machine can build %s for: it has no emulation to run %q with", c.Dockerfile, command),
		Mend: fmt.Sprintf("set it with: pulumi config set %s %s; or compile for $TARGETARCH in a stage that begins with FROM --platform=$BUILDPLATFORM, as the Dockerfile of this project does; or install emulation with: docker run --privileged --rm tonistiigi/binfmt --install %s",
			s.name("architecture"), c.Architecture.other(), strings.TrimPrefix(c.Architecture.Platform(), "linux/")),
	})
}

// runs tells whether programs of an architecture run on the machine. Where that
// can't be told, they are taken to: the build will tell.
func (m buildMachine) runs(a Architecture) bool {
	isElsewhere := m.dockerHost != "" && !strings.HasPrefix(m.dockerHost, "unix:")
	if m.platform() == a.Platform() || m.os != "linux" || isElsewhere { // Docker Desktop has emulation
		return true
	}
	if _, err := os.Stat(filepath.Join(m.interpreters, "status")); err != nil {
		return true // not told here, as in a container
	}
	return m.emulates(a)
}

func (m buildMachine) platform() string { return "linux/" + m.architecture }

// machineNumber is where a program says which processor it is for: the field
// e_machine of its ELF header, in what an interpreter's file says of the
// beginning of programs.
var machineNumber = regexp.MustCompile(`(?m)^magic 7f454c46[0-9a-f]{28}([0-9a-f]{4})`)

// emulates tells whether there is an interpreter for an architecture.
func (m buildMachine) emulates(a Architecture) bool {
	number := map[Architecture]string{ARM64: "b700", X8664: "3e00"}[a]
	files, err := filepath.Glob(filepath.Join(m.interpreters, "*"))
	if err != nil {
		return false
	}
	return slices.ContainsFunc(files, func(file string) bool {
		text, err := os.ReadFile(file)
		match := machineNumber.FindSubmatch(text)
		return err == nil && strings.HasPrefix(string(text), "enabled") && match != nil && string(match[1]) == number
	})
}

// continued is the end of a line that goes on in the next one.
var continued = regexp.MustCompile(`\\[ \t]*\r?\n`)

// firstRunOnTarget returns the first command that a Dockerfile runs in a stage
// of the image's platform, empty if it has none.
func firstRunOnTarget(dockerfile string, machine buildMachine) string {
	isNative := map[string]bool{} // by the name of a stage
	native := false
	for line := range strings.Lines(continued.ReplaceAllString(dockerfile, " ")) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		switch strings.ToUpper(fields[0]) {
		case "FROM":
			from := parseFrom(fields[1:])
			native = isNative[from.image]
			if from.platform != "" {
				native = slices.Contains([]string{"$BUILDPLATFORM", "${BUILDPLATFORM}", machine.platform()}, from.platform)
			}
			isNative[from.stage] = native
		case "RUN":
			if !native {
				return strings.Join(fields, " ")
			}
		}
	}
	return ""
}

// A fromInstruction begins a stage of a Dockerfile.
type fromInstruction struct{ platform, image, stage string }

func parseFrom(arguments []string) fromInstruction {
	var from fromInstruction
	for i, argument := range arguments {
		platform, isPlatform := strings.CutPrefix(argument, "--platform=")
		switch {
		case isPlatform:
			from.platform = platform
		case strings.EqualFold(argument, "AS") && i+1 < len(arguments):
			from.stage = arguments[i+1]
			return from
		default:
			from.image = argument
		}
	}
	return from
}
