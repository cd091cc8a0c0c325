package main

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the estimates in README.md anew")

const (
	tableBegin = "<!-- costs: written by `make readme` -->\n"
	tableEnd   = "<!-- end of costs -->\n"
)

func TestReadmeHasTheCostsOfTheStacks(t *testing.T) {
	t.Chdir(repository())
	readme, err := os.ReadFile("README.md")
	must(t, err)
	before, rest, begins := strings.Cut(string(readme), tableBegin)
	_, after, ends := strings.Cut(rest, tableEnd)
	if !begins || !ends {
		t.Fatal("README.md has lost the marks around its estimates")
	}
	var table bytes.Buffer
	must(t, write(&table, []string{"dev", "prod"}, Usage{Millions: 1}, true))
	want := before + tableBegin + table.String() + tableEnd + after
	if *update {
		must(t, os.WriteFile("README.md", []byte(want), 0o644))
		return
	}
	if want != string(readme) {
		t.Error("the estimates in README.md are not those of the stacks; run: make readme")
	}
}

func TestEstimatesAreWritten(t *testing.T) {
	tests := []struct {
		statement string
		arguments []string
		wants     []string
	}{
		{"for a terminal", []string{"test"}, []string{"Item", "Load balancer   ", "16.43", "Total", "us-east-1", "1 million requests"}},
		{"for a page", []string{"-markdown", "test"}, []string{"| Item | test | USD a month |\n|---|---|---:|\n", "| Load balancer | 1 | 16.43 |\n"}},
		{"beside each other", []string{"-markdown", "test", "test"}, []string{"| Item | test | USD a month | test | USD a month |\n|---|---|---:|---|---:|\n"}},
		{"for more requests", []string{"-millions", "20", "test"}, []string{"20 million requests", "200 GB"}},
		{"for more tasks", []string{"-tasks", "3.5", "test"}, []string{"3.5 × 0.25 vCPU"}},
	}
	inProject(t, nil)
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			var out, problems bytes.Buffer
			if code := run(test.arguments, &out, &problems); code != 0 {
				t.Fatalf("exited with %d: %s", code, problems.String())
			}
			for _, want := range test.wants {
				if !strings.Contains(out.String(), want) {
					t.Errorf("it does not contain %q:\n%s", want, out.String())
				}
			}
			if strings.Contains(out.String(), "Dashboard") {
				t.Error("it names what no stack has")
			}
		})
	}
}

func TestWrongCallsSayWhy(t *testing.T) {
	inProject(t, nil)
	for _, test := range []struct {
		statement string
		arguments []string
		code      int
		want      string
	}{
		{"no stack", nil, 2, "name one or more stacks"},
		{"a flag that there is not", []string{"-free"}, 2, "-free"},
		{"requests below zero", []string{"-millions", "-1", "test"}, 2, "not below zero"},
		{"a stack that there is not", []string{"other"}, 1, "stack other"},
	} {
		t.Run(test.statement, func(t *testing.T) {
			var out, problems bytes.Buffer
			if code := run(test.arguments, &out, &problems); code != test.code || !strings.Contains(problems.String(), test.want) {
				t.Errorf("exited with %d and said %q, want %d and %q", code, problems.String(), test.code, test.want)
			}
		})
	}
}
