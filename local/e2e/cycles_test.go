package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/network"

	"fargate-stack/local/emulator"
	"fargate-stack/local/fargate"
)

// cycles is how often the stack is deployed and destroyed by make.
const cycles = 10

// TestUpAndDown does what a person does, again and again.
func TestUpAndDown(t *testing.T) {
	t.Parallel()
	state, port := filepath.Join(t.TempDir(), "state"), freePort(t)
	environment := append(os.Environ(), "FARGATE_STACK_STATE="+state, fmt.Sprintf("FARGATE_STACK_PORT=%d", port), "FARGATE_STACK_CACHE="+machine.cache)
	t.Cleanup(func() {
		if t.Failed() {
			said, err := runInShell(repository(), environment, "make down")
			t.Logf("destroying what the failed test left: %v\n%s", err, said)
		}
	})
	networks := dockerNetworks(t)
	for cycle := range cycles {
		took := map[string]time.Duration{}
		for _, command := range onThisMachine {
			start := time.Now()
			said, err := runInShell(repository(), environment, command)
			took[command] = time.Since(start).Round(100 * time.Millisecond)
			if err != nil {
				t.Fatalf("%s: %v\n%s", command, err, said)
			}
			if command == "make up" {
				checkURL(t, said)
			}
		}
		t.Logf("cycle %d: %v", cycle+1, took)
		checkNothingLeft(t, state, port, networks)
		if t.Failed() {
			return
		}
	}
}

// checkURL asks the app where make up said that it is.
func checkURL(t *testing.T, said []byte) {
	t.Helper()
	url := regexp.MustCompile(`(?m)^  url +(\S+)$`).FindSubmatch(said)
	if url == nil {
		t.Fatalf("make up does not tell the url:\n%s", said)
	}
	if got := status(t, string(url[1]), answerLimit); got != http.StatusOK {
		t.Errorf("%s answers %d", url[1], got)
	}
}

// runInShell gives a line to the shell and returns what was said.
func runInShell(directory string, environment []string, line string) ([]byte, error) {
	command := exec.Command("bash", "-c", line)
	command.Dir = directory
	command.Env = environment
	return command.CombinedOutput()
}

// checkNothingLeft looks for what make down may have forgotten.
func checkNothingLeft(t *testing.T, state string, port int, networks []string) {
	t.Helper()
	if _, err := os.Stat(state); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the state directory is still there (%v)", err)
	}
	for _, process := range processesOf(t, state) {
		t.Errorf("process %s still runs", process)
	}
	if now := dockerNetworks(t); !slices.Equal(now, networks) {
		t.Errorf("networks are %v, were %v", now, networks)
	}
	docker, err := machine.docker.Client()
	must(t, err)
	defer docker.Close()
	left, err := docker.ContainerList(t.Context(), container.ListOptions{
		All: true, Filters: filters.NewArgs(filters.Arg("label", fargate.OwnerLabel+"="+fargate.Owner(state))),
	})
	must(t, err)
	for _, c := range left {
		t.Errorf("container %v is left", c.Names)
	}
	images, err := docker.ImageList(t.Context(), image.ListOptions{Filters: filters.NewArgs(filters.Arg("reference", emulator.Registry(port)+"/*"))})
	must(t, err)
	for _, i := range images {
		t.Errorf("image %v %v is left", i.RepoTags, i.RepoDigests)
	}
}

func dockerNetworks(t *testing.T) []string {
	t.Helper()
	docker, err := machine.docker.Client()
	must(t, err)
	defer docker.Close()
	found, err := docker.NetworkList(t.Context(), network.ListOptions{})
	must(t, err)
	var names []string
	for _, n := range found {
		names = append(names, n.Name)
	}
	slices.Sort(names)
	return names
}

// processesOf returns the processes that have a state directory in their
// environment, as all have that make up starts.
func processesOf(t *testing.T, state string) []string {
	t.Helper()
	environments, err := filepath.Glob("/proc/[0-9]*/environ")
	must(t, err)
	var found []string
	for _, path := range environments {
		content, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended, or is somebody else's
		}
		if bytes.Contains(content, []byte(state)) {
			name, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
			found = append(found, string(bytes.ReplaceAll(name, []byte{0}, []byte(" "))))
		}
	}
	return found
}
