package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestChoose(t *testing.T) {
	tests := []struct {
		name      string
		arguments []string
		want      []string
	}{
		{"everything without arguments", nil, []string{"deployment", "service"}},
		{"one part", []string{"service"}, []string{"service"}},
		{"each part once, in the order of the table", []string{"service", "deployment", "service"}, []string{"deployment", "service"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			chosen, err := choose(test.arguments)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, p := range chosen {
				names = append(names, p.name)
			}
			if !slices.Equal(names, test.want) {
				t.Errorf("got %q, want %q", names, test.want)
			}
		})
	}
}

func TestAWrongCallIsToldHowToCall(t *testing.T) {
	var out, problems bytes.Buffer
	if code := run([]string{"service", "servce"}, &out, &problems); code != 2 {
		t.Errorf("exits with %d, want 2", code)
	}
	if got := problems.String(); !strings.Contains(got, `"servce"`) || !strings.Contains(got, "bench [deployment] [service]") {
		t.Errorf("it says %q", got)
	}
}

func TestAnotherDirectoryThanTheRepositoryIsRefused(t *testing.T) {
	t.Chdir(t.TempDir())
	var out, problems bytes.Buffer
	if code := run(nil, &out, &problems); code != 1 {
		t.Errorf("exits with %d, want 1", code)
	}
	if !strings.Contains(problems.String(), "top directory") {
		t.Errorf("it says %q", problems.String())
	}
}
