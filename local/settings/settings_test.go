package settings

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestDirectories(t *testing.T) {
	working, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name      string
		directory func() (string, error)
		variables map[string]string
		want      string
	}{
		{"the cache has a place of its own among the user's caches", Cache,
			map[string]string{"XDG_CACHE_HOME": "/caches"}, "/caches/fargate-stack"},
		{"the cache can be elsewhere", Cache,
			map[string]string{"FARGATE_STACK_CACHE": "/elsewhere"}, "/elsewhere"},
		{"a relative path is made absolute, for other programs get it too", Cache,
			map[string]string{"FARGATE_STACK_CACHE": "near"}, filepath.Join(working, "near")},
		{"the state has a place of its own in the home directory", State,
			map[string]string{"HOME": "/home/someone"}, "/home/someone/.local/state/fargate-stack"},
		{"the state follows XDG_STATE_HOME", State,
			map[string]string{"XDG_STATE_HOME": "/states"}, "/states/fargate-stack"},
		{"a relative XDG_STATE_HOME does not count, as its specification says", State,
			map[string]string{"HOME": "/home/someone", "XDG_STATE_HOME": "states"}, "/home/someone/.local/state/fargate-stack"},
		{"the state can be elsewhere", State,
			map[string]string{"FARGATE_STACK_STATE": "/elsewhere"}, "/elsewhere"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if strings.HasPrefix(test.want, "/caches") && runtime.GOOS != "linux" {
				t.Skip("this system has another place for caches")
			}
			for _, name := range []string{cacheVariable, stateVariable, "XDG_CACHE_HOME", "XDG_STATE_HOME"} {
				t.Setenv(name, test.variables[name])
			}
			if home, set := test.variables["HOME"]; set {
				t.Setenv("HOME", home)
			}
			got, err := test.directory()
			if err != nil || got != test.want {
				t.Errorf("got %q (%v), want %q", got, err, test.want)
			}
		})
	}
}

func TestPort(t *testing.T) {
	tests := []struct {
		name, set string
		want      int
	}{
		{"the usual one when nothing is set", "", 4566},
		{"the one that is set", "4600", 4600},
		{"not zero", "0", 0},
		{"not more than there are", "65536", 0},
		{"not a word", "http", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv(portVariable, test.set)
			got, err := Port()
			if got != test.want || (err != nil) != (test.want == 0) {
				t.Errorf("got %d (%v), want %d", got, err, test.want)
			}
			if err != nil && !strings.Contains(err.Error(), portVariable) {
				t.Errorf("%q does not name the variable", err)
			}
		})
	}
}
