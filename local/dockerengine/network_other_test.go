//go:build !linux

package dockerengine

import "testing"

// leaveNetwork skips the test: engines run on Linux only.
func leaveNetwork(t *testing.T) {
	t.Helper()
	t.Skip("a Docker engine can be started on Linux only")
}
