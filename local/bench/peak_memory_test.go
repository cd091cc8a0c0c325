package main

import (
	"testing"
	"testing/fstest"
)

func TestReadPeakMemory(t *testing.T) {
	tests := []struct{ name, groups, file string }{
		{"cgroups of version 1", "9:pids:/docker/a\n4:memory:/docker/a\n1:cpu,cpuacct:/docker/a\n",
			"sys/fs/cgroup/memory/docker/a/memory.max_usage_in_bytes"},
		{"cgroups of version 1 with an empty hierarchy of version 2", "4:memory:/docker/a\n0::/docker/a\n",
			"sys/fs/cgroup/memory/docker/a/memory.max_usage_in_bytes"},
		{"cgroups of version 2", "0::/system.slice/docker-a.scope\n",
			"sys/fs/cgroup/system.slice/docker-a.scope/memory.peak"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			root := fstest.MapFS{
				"proc/42/cgroup": {Data: []byte(test.groups)},
				test.file:        {Data: []byte("15589376\n")},
			}
			got, err := readPeakMemory(root, 42)
			if err != nil || got != 15589376 {
				t.Errorf("got %d, %v", got, err)
			}
		})
	}
}

func TestAKernelThatDoesNotTellThePeakIsAnError(t *testing.T) {
	root := fstest.MapFS{"proc/42/cgroup": {Data: []byte("0::/a\n")}}
	if got, err := readPeakMemory(root, 42); err == nil {
		t.Errorf("got %d", got)
	}
}
