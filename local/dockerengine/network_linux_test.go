package dockerengine

import (
	"runtime"
	"syscall"
	"testing"
)

// leaveNetwork gives what this test starts a network namespace of its own: an
// engine without a bridge removes docker0, which belongs to the machine's own.
// The thread is not unlocked, so that it ends with the test.
func leaveNetwork(t *testing.T) {
	t.Helper()
	runtime.LockOSThread()
	if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
		t.Fatal(err)
	}
}
