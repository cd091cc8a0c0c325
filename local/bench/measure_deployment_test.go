package main

import (
	"testing"
	"time"
)

func TestAPreviewIsHeldAgainstItsTargetWithoutCompiling(t *testing.T) {
	tests := []struct {
		name    string
		figures deploymentFigures
		figure  string
		missed  bool
	}{
		{"within the target", deploymentFigures{preview: 4 * time.Second, compiling: time.Second}, "3.0 s", false},
		{"within it without compiling", deploymentFigures{preview: 7 * time.Second, compiling: 3 * time.Second}, "4.0 s", false},
		{"beyond it", deploymentFigures{preview: 7 * time.Second, compiling: time.Second}, "6.0 s", true},
		{"not measured", deploymentFigures{compiling: time.Second}, "", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := find(t, test.figures.rows(), "pulumi preview, nothing changed, beyond compiling")
			if got.figure != test.figure || got.missed() != test.missed {
				t.Errorf("got %+v, want %q, missed %t", got, test.figure, test.missed)
			}
		})
	}
}

// find returns the row of a name.
func find(t *testing.T, rows []row, name string) row {
	t.Helper()
	for _, r := range rows {
		if r.name == name {
			return r
		}
	}
	t.Fatalf("there is no row %q in %+v", name, rows)
	return row{}
}
