package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the reports in testdata anew")

// usePulumi puts a Pulumi CLI on the PATH that runs a script.
func usePulumi(t *testing.T, script string) {
	t.Helper()
	directory := t.TempDir()
	must(t, os.WriteFile(filepath.Join(directory, "pulumi"), []byte("#!/bin/sh\n"+script), 0o700))
	t.Setenv("PATH", directory+string(filepath.ListSeparator)+os.Getenv("PATH"))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// expectReport compares a report with one in a file.
func expectReport(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		must(t, os.WriteFile(path, []byte(got), 0o644))
		return
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if got != string(want) {
		t.Errorf("the report is not that of %s; if it is as it should be, run: go test ./preview -update\n%s", path, got)
	}
}

func TestReports(t *testing.T) {
	// settings are those that stack prod costs by before and after a change.
	const (
		asBefore = "availabilityZoneCount: 3, natStrategy: onePerAz, minimumTaskCount: 3, maximumTaskCount: 12, firewall: true"
		changed  = "availabilityZoneCount: 3, natStrategy: single, minimumTaskCount: 2, maximumTaskCount: 6, firewall: false"
	)
	for _, test := range []struct {
		statement    string
		plan, status string
		settings     string
		before       string
		want         int
		report       string
	}{
		{"what does not change is a line, and so is what costs the same", "guardrails/testdata/unchanged.json", "0", asBefore, "before.json", 0, "unchanged.md"},
		{"changes come with findings and what they add to the cost", "testdata/changed.json", "0", changed, "before.json", 0, "changed.md"},
		{"without an estimate from before, a new stack has its cost", "guardrails/testdata/create-prod.json", "0", asBefore, "", 0, "created.md"},
		{"a failed preview says why", "testdata/failed.json", "255", "cpu: 300", "before.json", 1, "failed.md"},
		{"what can't be estimated does not keep the rest back", "guardrails/testdata/unchanged.json", "0", "cpu: 300", "", 0, "not_estimated.md"},
	} {
		t.Run(test.statement, func(t *testing.T) {
			directory, err := os.Getwd()
			must(t, err)
			usePulumi(t, "cat '"+filepath.Join(directory, test.plan)+"'; exit "+test.status)
			arguments := []string{"-stack", "prod"}
			if test.before != "" {
				arguments = append(arguments, "-before", filepath.Join(directory, "testdata", test.before))
			}
			inProject(t, test.settings)
			var out, problems bytes.Buffer
			if got := run(t.Context(), arguments, &out, &problems); got != test.want {
				t.Errorf("exits with %d, want %d: %s", got, test.want, problems.String())
			}
			expectReport(t, filepath.Join(directory, "testdata", test.report), out.String())
		})
	}
}

// projectName is the line of Pulumi.yaml with the project's name, which is another
// one where `pulumi new` made it.
var projectName = regexp.MustCompile(`(?m)^name: .*$`)

// inProject changes to a directory with the project's defaults, under the name
// that the reports have it by, and with some settings of a stack.
func inProject(t *testing.T, settings string) {
	t.Helper()
	repository, err := filepath.Abs("..")
	must(t, err)
	defaults, err := os.ReadFile(filepath.Join(repository, "Pulumi.yaml"))
	must(t, err)
	defaults = projectName.ReplaceAll(defaults, []byte("name: fargate-stack"))
	directory := t.TempDir()
	must(t, os.WriteFile(filepath.Join(directory, "Pulumi.yaml"), defaults, 0o600))
	must(t, os.WriteFile(filepath.Join(directory, "Pulumi.prod.yaml"), fmt.Appendf(nil,
		"config: {'aws:region': us-east-1, appDirectory: %[1]s/service, dockerfile: %[1]s/Dockerfile, %[2]s}\n", repository, settings), 0o600))
	t.Chdir(directory)
}

func TestWithoutAReport(t *testing.T) {
	for _, test := range []struct {
		statement string
		arguments []string
		pulumi    string
		want      int
		problem   string
	}{
		{"no stack", nil, "", 2, "preview: name one stack"},
		{"an argument", []string{"-stack", "dev", "prod"}, "", 2, "preview: name one stack"},
		{"an option that there is not", []string{"-fast"}, "", 2, "-fast"},
		{"no estimate to compare with", []string{"-stack", "dev", "-before", "nowhere.json"}, "", 1, "preview: reading an estimate: open nowhere.json: no such file or directory; make it with: go run ./cost -json <stack> > nowhere.json\n"},
		{"an estimate of another stack", []string{"-stack", "dev", "-before", "testdata/before.json"}, "", 1, "preview: testdata/before.json is an estimate of stack prod, not of dev\n"},
		{"a plan that can't be read", []string{"-stack", "dev"}, "echo nothing", 1, "preview: reading what pulumi preview --json says: "},
	} {
		t.Run(test.statement, func(t *testing.T) {
			usePulumi(t, test.pulumi)
			var out, problems bytes.Buffer
			if got := run(t.Context(), test.arguments, &out, &problems); got != test.want {
				t.Errorf("exits with %d, want %d", got, test.want)
			}
			if !strings.Contains(problems.String(), test.problem) {
				t.Errorf("problems are %q, want %q", problems.String(), test.problem)
			}
			if out.Len() > 0 {
				t.Errorf("it reports %s", out.String())
			}
		})
	}
}

func TestWhatTheCLISaysWithoutAPlanIsReported(t *testing.T) {
	usePulumi(t, `echo "error: no stack named '$6' found" >&2; exit 255`)
	var out, problems bytes.Buffer
	if got := run(t.Context(), []string{"-stack", "staging"}, &out, &problems); got != 1 {
		t.Errorf("exits with %d", got)
	}
	const want = "## Stack staging\n\n**The preview failed.** What is said of changes is as far as it came.\n\n" +
		"### Errors\n\n```text\nerror: no stack named 'staging' found\n\npulumi preview: exit status 255\n```\n"
	if out.String() != want {
		t.Errorf("it reports %q, want %q", out.String(), want)
	}
	if problems.String() != "error: no stack named 'staging' found\n" {
		t.Errorf("problems are %q", problems.String())
	}
}

func TestWithoutPulumiItSaysWhereToGetIt(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	var problems strings.Builder
	if got := run(t.Context(), []string{"-stack", "dev"}, &strings.Builder{}, &problems); got != 1 || !strings.Contains(problems.String(), "install it from https://www.pulumi.com") {
		t.Errorf("exits with %d: %s", got, problems.String())
	}
}
