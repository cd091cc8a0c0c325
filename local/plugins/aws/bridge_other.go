//go:build !linux

package main

import (
	"os/exec"
	"syscall"
)

// endWithParent asks for nothing where the kernel offers nothing: the bridge
// asks every few minutes whether the engine is still there, and ends if not.
func endWithParent() *syscall.SysProcAttr {
	return nil
}

// start starts a command and sends its end to exited.
func start(command *exec.Cmd, exited chan<- error) error {
	if err := command.Start(); err != nil {
		return err
	}
	go func() { exited <- command.Wait() }()
	return nil
}
