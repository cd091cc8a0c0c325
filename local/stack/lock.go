package stack

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
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
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		holder, _ := io.ReadAll(io.LimitReader(file, 20))
		file.Close()
		return nil, fmt.Errorf("make up or make down is still at work here, started as process %s; wait for it to end, or interrupt it", holder)
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	if err := errors.Join(file.Truncate(0), writeAt(file, fmt.Sprint(os.Getpid()))); err != nil {
		file.Close()
		return nil, err
	}
	return &Lock{file: file}, nil
}

func writeAt(file *os.File, text string) error {
	_, err := file.WriteAt([]byte(text), 0)
	return err
}

// Release frees the lock. The file stays: if it was removed, somebody might
// lock it while another one locks its successor.
func (l *Lock) Release() error {
	return l.file.Close()
}
