package progress

import (
	"bytes"
	"errors"
	"regexp"
	"testing"
)

func TestReporter(t *testing.T) {
	failure := errors.New("no such thing")
	tests := []struct {
		name   string
		report func(*Reporter) error
		want   string
		err    error
	}{
		{"a step is told before it begins, and with its time when it has ended",
			func(r *Reporter) error { return r.Step("building", func() error { return nil }) },
			`^  … building\n  ✓ building \(\S+s\)\n$`, nil},
		{"a step that fails returns its error to be told by others",
			func(r *Reporter) error { return r.Step("building", func() error { return failure }) },
			`^  … building\n  ✗ building \(\S+s\)\n$`, failure},
		{"an attempt that fails is told with its reason",
			func(r *Reporter) error { return r.Attempt("pulling", func() error { return failure }) },
			`^  … pulling\n  · pulling: not possible \(\S+s\): no such thing\n$`, failure},
		{"an attempt that succeeds is a step",
			func(r *Reporter) error { return r.Attempt("pulling", func() error { return nil }) },
			`^  … pulling\n  ✓ pulling \(\S+s\)\n$`, nil},
		{"what is there already takes one line",
			func(r *Reporter) error { r.Ready("engine"); return nil },
			`^  ✓ engine\n$`, nil},
		{"a note is a sentence with values",
			func(r *Reporter) error { r.Note("%d of %s", 2, "them"); return nil },
			`^  · 2 of them\n$`, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := test.report(New(&out)); !errors.Is(err, test.err) || (err == nil) != (test.err == nil) {
				t.Errorf("error %v, want %v", err, test.err)
			}
			if !regexp.MustCompile(test.want).MatchString(out.String()) {
				t.Errorf("told %q, want %s", out.String(), test.want)
			}
		})
	}
}
