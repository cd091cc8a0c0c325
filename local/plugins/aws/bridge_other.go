//go:build !linux

package main

import (
	"os/exec"
	"syscall"
)

// processAttributes put the bridge and what it starts into a process group of
// their own, since the engine interrupts that of the plugin. Should this
// process be killed, the bridge ends once it finds that the engine is gone,
// which it looks for every few minutes.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

// start starts a command and sends its end to exited.
func start(command *exec.Cmd, exited chan<- error) error {
	if err := command.Start(); err != nil {
		return err
	}
	go func() { exited <- command.Wait() }()
	return nil
}
