package main

import (
	"os/exec"
	"runtime"
	"syscall"
)

// processAttributes put the bridge and what it starts into a process group of
// their own, since the engine interrupts that of the plugin, and have the
// kernel interrupt the bridge when this process ends in any way. An
// interrupt, since the bridge then ends the Terraform provider.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGINT}
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
