package main

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"fargate-stack/cost/estimate"
)

func TestEstimatesAreWritten(t *testing.T) {
	t.Chdir("..")
	for _, test := range []struct {
		statement string
		arguments []string
		wants     []string
	}{
		{"for a terminal", []string{"dev"}, []string{"Item", "Load balancer   ", "Total", "Prices of ", "1 million requests"}},
		{"beside each other", []string{"dev", "prod"}, []string{"dev ", "prod "}},
		{"for more requests", []string{"-millions", "20", "dev"}, []string{"20 million requests", "200 GB"}},
		{"for more tasks", []string{"-tasks", "3.5", "prod"}, []string{"3.5 × "}},
	} {
		t.Run(test.statement, func(t *testing.T) {
			written := output(t, test.arguments)
			for _, want := range test.wants {
				if !strings.Contains(written, want) {
					t.Errorf("it does not contain %q:\n%s", want, written)
				}
			}
		})
	}
}

func TestAnEstimateIsReadAsItWasWritten(t *testing.T) {
	t.Chdir("..")
	want, err := estimate.New(".", "prod", estimate.Usage{Millions: 2, Tasks: 4})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "estimate.json")
	if err := os.WriteFile(path, []byte(output(t, []string{"-json", "-millions", "2", "-tasks", "4", "prod"})), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := estimate.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("it is %+v, was %+v", got, want)
	}
}

// output returns what the command writes if it is called well.
func output(t *testing.T, arguments []string) string {
	t.Helper()
	var out, problems bytes.Buffer
	if code := run(arguments, &out, &problems); code != 0 {
		t.Fatalf("exited with %d: %s", code, problems.String())
	}
	return out.String()
}

func TestWrongCallsSayWhy(t *testing.T) {
	t.Chdir("..")
	for _, test := range []struct {
		statement string
		arguments []string
		code      int
		want      string
	}{
		{"no stack", nil, 2, "name one or more stacks"},
		{"two stacks for one comparison", []string{"-json", "dev", "prod"}, 2, "but one with -json"},
		{"a flag that there is not", []string{"-free"}, 2, "-free"},
		{"requests below zero", []string{"-millions", "-1", "dev"}, 2, "not below zero"},
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
