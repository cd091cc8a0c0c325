package infra

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFirstCommandThatRunsOnTheTarget(t *testing.T) {
	tests := []struct {
		statement, dockerfile, want string
	}{
		{"is none in a stage of the machine's own platform", "FROM --platform=$BUILDPLATFORM golang AS build\nRUN go build\nFROM scratch\nCOPY --from=build /app /app\n", ""},
		{"is one in a stage of no platform", "FROM python:3\nRUN pip install flask\n", "RUN pip install flask"},
		{"is one in the last stage", "FROM --platform=$BUILDPLATFORM golang\nRUN go build\nFROM debian\nRUN apt-get update\n", "RUN apt-get update"},
		{"is none in a stage that names this machine's platform", "FROM --platform=linux/amd64 golang\nRUN go build\n", ""},
		{"is one in a stage that names another platform", "FROM --platform=linux/arm64 golang\nRUN go build\n", "RUN go build"},
		{"is none in a stage that goes on from such a stage", "from --platform=${BUILDPLATFORM} golang as base\nFROM base\nrun go build\n", ""},
		{"is one in a stage that goes on from another", "FROM golang AS base\nFROM base\nRUN go build\n", "RUN go build"},
		{"is read over the ends of lines", "FROM python:3\nRUN apt-get update && \\\n    apt-get install curl\n", "RUN apt-get update && apt-get install curl"},
		{"is none in a line that goes on", "FROM debian\nLABEL a=b \\\n RUN=no\nENV A=1\n", ""},
		{"is none in a comment", "FROM debian\n# RUN apt-get update\n", ""},
	}
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			if got := firstRunOnTarget(test.dockerfile, buildMachine{architecture: "amd64"}); got != test.want {
				t.Errorf("it is %q, want %q", got, test.want)
			}
		})
	}
}

// linux returns a machine with one of the files of Linux's interpreters.
func linux(t *testing.T, interpreter string) buildMachine {
	t.Helper()
	directory := t.TempDir()
	must(t, os.WriteFile(filepath.Join(directory, "status"), []byte("enabled\n"), 0o600))
	must(t, os.WriteFile(filepath.Join(directory, "some-name"), []byte(interpreter), 0o600))
	return buildMachine{os: "linux", architecture: "amd64", interpreters: directory}
}

const (
	qemuForARM64 = "enabled\ninterpreter /usr/bin/qemu-aarch64\nflags: F\noffset 0\nmagic 7f454c460201010000000000000000000200b700\nmask ffffffffffffff00fffffffffffffffffeffffff\n"
	qemuForRISCV = "enabled\ninterpreter /usr/bin/qemu-riscv64\nflags: F\noffset 0\nmagic 7f454c460201010000000000000000000200f300\nmask ffffffffffffff00fffffffffffffffffeffffff\n"
)

func TestMachineRunsARM64(t *testing.T) {
	tests := []struct {
		statement string
		machine   buildMachine
		want      bool
	}{
		{"if it is its own", buildMachine{os: "linux", architecture: "arm64", interpreters: linux(t, "").interpreters}, true},
		{"with emulation", linux(t, qemuForARM64), true},
		{"not with emulation that is turned off", linux(t, strings.Replace(qemuForARM64, "enabled", "disabled", 1)), false},
		{"not with emulation of another processor", linux(t, qemuForRISCV), false},
		{"not without emulation", linux(t, ""), false},
		{"perhaps, if the engine is on another machine", buildMachine{"linux", "amd64", "ssh://builder", linux(t, "").interpreters}, true},
		{"not if the engine is only at another socket", buildMachine{"linux", "amd64", "unix:///run/docker.sock", linux(t, "").interpreters}, false},
		{"perhaps, if Linux does not tell", buildMachine{"linux", "amd64", "", t.TempDir()}, true},
		{"with Docker Desktop", buildMachine{"darwin", "amd64", "", "/nowhere"}, true},
	}
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			if got := test.machine.runs(ARM64); got != test.want {
				t.Errorf("it does: %v", got)
			}
		})
	}
}

func TestImageThatCannotBeBuiltHere(t *testing.T) {
	dockerfile := filepath.Join(t.TempDir(), "Dockerfile")
	must(t, os.WriteFile(dockerfile, []byte("FROM python:3\nRUN pip install flask\n"), 0o600))
	problems := func(c *Config, machine buildMachine) []Problem {
		s := settings{source: &StackFiles{project: testProject, stack: testStack}}
		s.checkBuild(c, machine)
		return s.problems
	}
	config := &Config{Architecture: ARM64, Dockerfile: dockerfile}
	if got := problems(config, linux(t, qemuForARM64)); len(got) != 0 {
		t.Errorf("with emulation, the problems are %v", got)
	}
	if got := problems(&Config{Architecture: ARM64, Dockerfile: filepath.Join(projectDirectory(t), "Dockerfile")}, linux(t, "")); len(got) != 0 {
		t.Errorf("of this project, the problems are %v", got)
	}
	got := problems(config, linux(t, ""))
	if len(got) != 1 {
		t.Fatalf("the problems are %v, want one", got)
	}
	for _, want := range []string{`architecture is "arm64"`, "RUN pip install flask", "pulumi config set fargate-stack:architecture x86_64", "$BUILDPLATFORM", "--install arm64"} {
		if !strings.Contains(got[0].String(), want) {
			t.Errorf("%q does not contain %q", got[0], want)
		}
	}
}
