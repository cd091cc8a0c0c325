package stack

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// A Lock keeps commands on the same state directory from running at once.
type Lock struct {
	file *os.File
}

// TakeLock locks a state directory. If somebody else has the lock, the error
// tells who.
//
// The system frees the lock when nobody has the file open any more. The CLI
// inherits it, so that it stays locked as long as a deployment goes on.
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
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return lockedBy(file)
	}
	if err != nil {
		return fmt.Errorf("locking %s: %w", file.Name(), err)
	}
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err = file.WriteString(fmt.Sprint(os.Getpid()))
	return err
}

// lockedBy returns an error that tells who has locked a file.
func lockedBy(file *os.File) error {
	content, _ := io.ReadAll(io.LimitReader(file, 20))
	holder, err := strconv.Atoi(string(content))
	if err == nil && errors.Is(syscall.Kill(holder, 0), syscall.ESRCH) {
		return fmt.Errorf("the deployment that process %d began still goes on, though the process was killed; wait for it to end", holder)
	}
	return fmt.Errorf("make up or make down is at work already (process %s); wait for it to end, or interrupt it", content)
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
