package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
)

// peakMemory returns the most memory that a container has had so far. It is
// what its limit would be held against: all processes of its cgroup, with what
// the kernel keeps for them, files that they read included.
func (c *runningContainer) peakMemory(ctx context.Context) (int64, error) {
	found, err := c.docker.ContainerInspect(ctx, c.id)
	if err != nil {
		return 0, err
	}
	peak, err := readPeakMemory(os.DirFS("/"), found.State.Pid)
	if err != nil {
		return 0, fmt.Errorf("reading the peak memory of a container, which takes Linux with cgroups (of version 2: Linux 5.19): %w", err)
	}
	return peak, nil
}

// readPeakMemory returns the peak memory of the cgroup that a process is in.
func readPeakMemory(root fs.FS, pid int) (int64, error) {
	groups, err := fs.ReadFile(root, fmt.Sprintf("proc/%d/cgroup", pid))
	if err != nil {
		return 0, err
	}
	content, err := fs.ReadFile(root, peakFile(string(groups)))
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimSpace(string(content)), 10, 64)
}

// peakFile returns where the kernel tells the peak memory of the cgroup that a
// process is in, by the process's own list of cgroups, whose lines are
// hierarchy-ID:controllers:path. Without a hierarchy of its own for memory, it
// is that of cgroup version 2, which has the ID 0.
// https://man7.org/linux/man-pages/man7/cgroups.7.html
func peakFile(groups string) string {
	const mount = "sys/fs/cgroup"
	var unified string
	for line := range strings.Lines(groups) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		switch {
		case len(fields) != 3:
		case fields[1] == "memory":
			return path.Join(mount, "memory", fields[2], "memory.max_usage_in_bytes")
		case fields[0] == "0":
			unified = path.Join(mount, fields[2], "memory.peak")
		}
	}
	return unified
}
