//go:build !linux

package daemon

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/shirou/gopsutil/v4/process"
)

// Identify returns what tells a process from every other that had or will
// have its process id: when it started. A process that has ended but was not
// collected by its parent is not there any more.
func Identify(pid int) (string, error) {
	p, err := process.NewProcess(int32(pid))
	if err != nil {
		return "", err
	}
	status, err := p.Status()
	if err != nil {
		return "", err
	}
	if slices.Contains(status, process.Zombie) {
		return "", fmt.Errorf("process %d has ended", pid)
	}
	started, err := p.CreateTime()
	return strconv.FormatInt(started, 10), err
}
