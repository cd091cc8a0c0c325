package daemon

import (
	"bytes"
	"fmt"
	"os"
	"strings"
)

// Identify returns what tells a process from every other that had or will
// have its process id: the boot that it belongs to, and when it started,
// counted from there. A process that has ended but was not collected by its
// parent is not there any more.
func Identify(pid int) (string, error) {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", err
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", err
	}
	// The second field is the program's name in parentheses, which may
	// contain anything; the state is the third, the start the 22nd.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 20 {
		return "", fmt.Errorf("process %d: unexpected content of its stat file", pid)
	}
	if state := fields[0]; state == "Z" || state == "X" {
		return "", fmt.Errorf("process %d has ended", pid)
	}
	return strings.TrimSpace(string(boot)) + "/" + fields[19], nil
}
