package stack

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func mustLock(t *testing.T, directory string) *Lock {
	t.Helper()
	lock, err := TakeLock(directory)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lock.Release() })
	return lock
}

func TestASecondCommandIsToldWhoIsAtWork(t *testing.T) {
	directory := t.TempDir()
	first := mustLock(t, directory)
	_, err := TakeLock(directory)
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("(process %d)", os.Getpid())) {
		t.Errorf("error %v, want one that names this process", err)
	}
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	mustLock(t, directory)
}

func TestADeploymentOutlivesTheCommandThatBeganIt(t *testing.T) {
	directory := t.TempDir()
	lock := mustLock(t, directory)
	deployment := exec.Command("sleep", "60")
	if err := deployment.Start(); err != nil {
		t.Fatal(err)
	}
	if err := lock.Name(deployment.Process.Pid); err != nil {
		t.Fatal(err)
	}
	if err := lock.Release(); err != nil { // as the system does for a command that is killed
		t.Fatal(err)
	}
	_, err := TakeLock(directory)
	if want := fmt.Sprintf("still goes on (process %d)", deployment.Process.Pid); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("while it goes on the error is %v, want one that says that it %s", err, want)
	}
	if err := deployment.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := deployment.Wait(); err == nil {
		t.Fatal("sleep was not killed")
	}
	mustLock(t, directory)
}

func TestALockThatIsRemovedLeavesNothingBehind(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "state")
	if err := mustLock(t, directory).Remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(directory); !os.IsNotExist(err) {
		t.Errorf("the state directory is still there (%v)", err)
	}
}

func TestALockThatIsRemovedLeavesWhatTheUserKeepsBesideIt(t *testing.T) {
	directory := t.TempDir()
	kept := filepath.Join(directory, "kept")
	if err := os.WriteFile(kept, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := mustLock(t, directory).Remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(kept); err != nil {
		t.Error(err)
	}
}

func TestALockOnAFileThatWasRemovedDoesNotCount(t *testing.T) {
	directory := t.TempDir()
	removed := mustLock(t, directory)
	if err := removed.Remove(); err != nil {
		t.Fatal(err)
	}
	second := mustLock(t, directory)
	if !isAt(second.file, filepath.Join(directory, "lock")) || isAt(removed.file, filepath.Join(directory, "lock")) {
		t.Error("the second lock is not on the file that the next command will find")
	}
}
