package main

import (
	"os/exec"
	"runtime"
	"syscall"
)

// endWithParent has the kernel interrupt the bridge when this process ends in
// any way. An interrupt, since the bridge then ends the Terraform provider,
// which nothing else would.
func endWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGINT}
}

// start starts a command and sends its end to exited. The kernel takes the
// end of the thread that started a process for the end of its parent, so that
// thread is kept until then.
func start(command *exec.Cmd, exited chan<- error) error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := command.Start()
		started <- err
		if err == nil {
			exited <- command.Wait()
		}
	}()
	return <-started
}
