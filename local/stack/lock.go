package stack

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"fargate-stack/local/daemon"
)

// A Lock keeps commands on the same state directory from running at once.
type Lock struct {
	file *os.File
}

// TakeLock locks a state directory. If somebody else has the lock, the error
// tells who.
//
// The system frees the lock when the command ends, however it ends. A
// deployment that a killed command began may still go on then, so the file
// names its process too. It can't have the lock itself: the CLI would pass it
// on to its plugins, which outlive it by minutes if it is killed.
func TakeLock(stateDirectory string) (*Lock, error) {
	if err := os.MkdirAll(stateDirectory, 0o700); err != nil {
		return nil, fmt.Errorf("making the state directory (set FARGATE_STACK_STATE to have it elsewhere): %w", err)
	}
	path := filepath.Join(stateDirectory, "lock")
	for {
		file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return nil, err
		}
		err = lockFile(file)
		if err == nil && !isAt(file, path) {
			// Who had the lock has removed the file with it.
			file.Close()
			continue
		}
		if err != nil {
			file.Close()
			return nil, err
		}
		return &Lock{file: file}, nil
	}
}

// lockFile locks a file and writes into it who did so.
func lockFile(file *os.File) error {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	pid, identity := holder(file)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return fmt.Errorf("make up or make down is at work already (process %d); wait for it to end, or interrupt it", pid)
	}
	if err != nil {
		return fmt.Errorf("locking %s: %w", file.Name(), err)
	}
	if now, err := daemon.Identify(pid); err == nil && now == identity && pid != os.Getpid() {
		return fmt.Errorf("a deployment still goes on (process %d), though the command that began it was killed; wait for it to end, or interrupt it", pid)
	}
	return name(file, os.Getpid())
}

// name writes the process into the file of a lock that is at work under it.
func name(file *os.File, pid int) error {
	identity, err := daemon.Identify(pid)
	if err != nil {
		return nil // it has ended already, and needs no naming
	}
	content := fmt.Sprintln(pid, identity)
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err = file.WriteAt([]byte(content), 0)
	return err
}

// holder returns the process that a lock's file names.
func holder(file *os.File) (pid int, identity string) {
	content := io.NewSectionReader(file, 0, 1024)
	if _, err := fmt.Fscan(content, &pid, &identity); err != nil {
		return 0, "" // a new file, or one that was cut off
	}
	return pid, identity
}

// Name has the lock's file name another process, that goes on if this one is
// killed.
func (l *Lock) Name(pid int) error {
	return name(l.file, pid)
}

// isAt tells whether a path leads to an open file.
func isAt(file *os.File, path string) bool {
	opened, err := file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(opened, there)
}

// Release frees the lock.
func (l *Lock) Release() error {
	return l.file.Close()
}

// Remove removes the lock, which is freed by [Lock.Release], and the state
// directory if there is nothing else in it.
func (l *Lock) Remove() error {
	if err := os.Remove(l.file.Name()); err != nil {
		return err
	}
	// It stays if the user keeps other things in it.
	err := os.Remove(filepath.Dir(l.file.Name()))
	if errors.Is(err, syscall.ENOTEMPTY) || errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
