package diagnosis

import (
	"testing"
)

func TestContains(t *testing.T) {
	tests := []struct {
		outer, inner string
		want         bool
	}{
		{"0.0.0.0/0", "10.0.0.0/16", true},
		{"10.0.0.0/16", "10.0.0.0/16", true},
		{"10.0.0.0/16", "10.0.128.0/20", true},
		{"10.0.128.0/20", "10.0.0.0/16", false},
		{"10.1.0.0/16", "10.0.0.0/20", false},
		{"", "10.0.0.0/20", false},
	}
	for _, test := range tests {
		if got := contains(test.outer, test.inner); got != test.want {
			t.Errorf("%q contains %q: %v", test.outer, test.inner, got)
		}
	}
}
