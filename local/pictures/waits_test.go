package main

import (
	"strings"
	"testing"
)

func TestWithoutWaits(t *testing.T) {
	tests := []struct {
		name         string
		frames, want []string
	}{
		{"seconds that go by are left out", []string{"creating (1s)", "creating (2s)", "creating (13s)...", "created (14s)"}, []string{"creating (1s)", "created (14s)"}},
		{"what comes to be stays", []string{"one", "one two", "one two three"}, []string{"one", "one two", "one two three"}},
		{"the last frame stays", []string{"creating (1s)", "creating (2s)"}, []string{"creating (1s)", "creating (2s)"}},
		{"what comes back stays", []string{"one", "two", "one"}, []string{"one", "two", "one"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var frames []frame
			for _, text := range test.frames {
				frames = append(frames, frame{word(text)})
			}
			var got []string
			for _, f := range withoutWaits(frames) {
				got = append(got, f[0][0].text)
			}
			if strings.Join(got, "; ") != strings.Join(test.want, "; ") {
				t.Errorf("what stays is %q, want %q", got, test.want)
			}
		})
	}
}
