package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"fargate-stack/local/cloud"
	"fargate-stack/local/daemon"
	"fargate-stack/local/emulator"
	"fargate-stack/local/settings"
	"fargate-stack/local/stack"
)

// These tests run the command on a repository of their own, with the real
// emulator. A script takes the place of the Pulumi CLI, and a server that of
// the Docker engine: what they do is the concern of the end-to-end tests.

// fakeCLI counts what is deployed in a file, and fails at the commands whose
// names are in another one.
const fakeCLI = `#!/bin/sh
here="$(dirname "$0")"
echo "$1 $2" >> "$here/calls"
if grep -qx "$1" "$here/failing" 2>/dev/null; then echo "error: told to fail" >&2; exit 255; fi
case "$1 $2" in
version*) echo v3.999.0 ;;
"plugin ls"*) echo '[]' ;;
up*) echo deployed > "$here/deployed" ;;
destroy*) rm -f "$here/deployed" ;;
"stack export")
	printf '{"version": 3, "deployment": {"manifest": {"time": "2026-01-01T00:00:00Z"}, "resources": ['
	printf '{"urn": "urn:pulumi:local::p::pulumi:pulumi:Stack::p-local", "type": "pulumi:pulumi:Stack", "outputs": {"url": "http://an.address"}}'
	if [ -e "$here/deployed" ]; then printf ', {"urn": "urn:pulumi:local::p::aws:ec2/vpc:Vpc::v", "type": "aws:ec2/vpc:Vpc", "custom": true}'; fi
	printf ']}}' ;;
"stack history")
	if [ -e "$here/deployed" ]; then echo '[{"kind": "update", "result": "succeeded", "endTime": "2026-01-01T00:00:01.000Z"}]'
	else echo '[]'; fi ;;
esac
`

// fakeFargate is ready at once and runs nothing.
const fakeFargate = `package main

import (
	"net"
	"net/http"
	"os"
)

func main() {
	os.Remove(os.Getenv("FARGATE_SOCKET"))
	listener, err := net.Listen("unix", os.Getenv("FARGATE_SOCKET"))
	if err != nil {
		panic(err)
	}
	panic(http.Serve(listener, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
}
`

// A trial is the command in an environment of a test's own.
type trial struct {
	*testing.T

	cli    string
	state  string
	port   int
	engine *fakeEngine
}

func newTrial(t *testing.T) *trial {
	t.Helper()
	try := &trial{T: t, cli: t.TempDir(), state: filepath.Join(shortDirectory(t), "state"), port: freePort(t), engine: newFakeEngine(t)}
	try.write(filepath.Join(try.cli, "pulumi"), fakeCLI)
	try.write(filepath.Join(try.cli, "pulumi-language-go"), "#!/bin/sh\n")
	repository := t.TempDir()
	try.write(filepath.Join(repository, "Pulumi.yaml"), "name: trial\nruntime: go\n")
	try.write(filepath.Join(repository, "Dockerfile"), "FROM scratch\n")
	try.write(filepath.Join(repository, "local", "go.mod"), "module fargate-stack/local\n\ngo 1.26\n")
	try.write(filepath.Join(repository, "local", "go.sum"), "")
	try.write(filepath.Join(repository, "local", "fargate", "server", "main.go"), fakeFargate)
	try.write(filepath.Join(repository, "local", "fargate", "eni", "interface", "main.go"), "package main\n\nfunc main() {}\n")
	for _, program := range []string{"doctor", "recovery"} {
		try.write(filepath.Join(repository, "bin", program), fmt.Sprintf("#!/bin/sh\n%s/pulumi %s \"$@\"\n", try.cli, program))
	}
	t.Chdir(repository)
	t.Setenv("DOCKER_HOST", try.engine.host)
	t.Setenv("PATH", try.cli+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv("FARGATE_STACK_CACHE", cache(t))
	t.Setenv("FARGATE_STACK_STATE", try.state)
	t.Setenv("FARGATE_STACK_PORT", strconv.Itoa(try.port))
	t.Cleanup(func() {
		if running, err := cloud.Find(try.state); err == nil {
			if err := running.Stop(); err != nil {
				t.Error(err)
			}
		}
	})
	return try
}

// shortDirectory returns a directory whose path is not too long for sockets in
// it, as the test's own may be.
func shortDirectory(t *testing.T) string {
	t.Helper()
	directory, err := os.MkdirTemp("", "local")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(directory) })
	return directory
}

// cache returns a cache of the test's own, but for the emulator, which is the
// one that is installed for all.
func cache(t *testing.T) string {
	t.Helper()
	shared, err := settings.Cache()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(shared, "emulator"), 0o755); err != nil {
		t.Fatal(err)
	}
	own := t.TempDir()
	if err := os.Symlink(filepath.Join(shared, "emulator"), filepath.Join(own, "emulator")); err != nil {
		t.Fatal(err)
	}
	return own
}

func freePort(t *testing.T) int {
	t.Helper()
	listening, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listening.Close()
	return listening.Addr().(*net.TCPAddr).Port
}

func (try *trial) write(path, content string) {
	try.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		try.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
		try.Fatal(err)
	}
}

// fail makes the CLI fail at a command from now on, or at none if it is empty.
func (try *trial) fail(command string) {
	try.Helper()
	try.write(filepath.Join(try.cli, "failing"), command+"\n")
}

// run runs the command and returns what it prints. It has to exit with a code.
func (try *trial) run(command string, code int) (out, problems string) {
	try.Helper()
	var outBuffer, problemsBuffer bytes.Buffer
	got := run([]string{command}, &outBuffer, &problemsBuffer)
	try.Logf("%s exits with %d:\n%s%s", command, got, outBuffer.String(), problemsBuffer.String())
	if got != code {
		try.Fatalf("%s exits with %d, want %d", command, got, code)
	}
	return outBuffer.String(), problemsBuffer.String()
}

// oneProblem runs the command, which has to fail with one line that contains
// certain texts.
func (try *trial) oneProblem(command string, want ...string) {
	try.Helper()
	_, problems := try.run(command, 1)
	if strings.Count(problems, "\n") != 1 {
		try.Errorf("not one line: %q", problems)
	}
	for _, text := range want {
		if !strings.Contains(problems, text) {
			try.Errorf("%q is not in %q", text, problems)
		}
	}
}

// running returns the process id of the emulator, and 0 if it does not run.
func (try *trial) running() int {
	try.Helper()
	found, err := emulator.Find(try.state)
	if errors.Is(err, daemon.ErrNotRunning) {
		return 0
	}
	if err != nil {
		try.Fatal(err)
	}
	return found.PID()
}

func (try *trial) wants(text string, parts ...string) {
	try.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			try.Errorf("%q is not in:\n%s", part, text)
		}
	}
}

func TestUpStatusDown(t *testing.T) {
	try := newTrial(t)
	out, _ := try.run("status", 3)
	try.wants(out, "does not run", "not deployed")

	out, _ = try.run("up", 0)
	try.wants(out, "starting the AWS emulator", "http://an.address", "make down")
	first := try.running()
	out, _ = try.run("status", 0)
	try.wants(out, "MiniStack "+emulator.Version, fmt.Sprintf("process %d", first), fmt.Sprintf(":%d", try.port),
		"Docker engine", "1 resources, update succeeded", "http://an.address")

	out, _ = try.run("up", 0)
	try.wants(out, "AWS emulator on")
	if second := try.running(); second != first {
		t.Errorf("the second time, another emulator was started: process %d after %d", second, first)
	}

	try.engine.images = fmt.Sprintf(`[{"Id": "sha256:1", "RepoTags": ["another:1", "localhost:%d/app:1"]}]`, try.port)
	out, _ = try.run("down", 0)
	try.wants(out, "stopped the AWS emulator")
	if want := []string{fmt.Sprintf("localhost:%d/app:1", try.port)}; !slices.Equal(try.engine.removed, want) {
		t.Errorf("the images %q were removed, want %q", try.engine.removed, want)
	}
	if pid := try.running(); pid != 0 {
		t.Errorf("the emulator still runs as process %d", pid)
	}
	if _, err := os.Stat(try.state); !os.IsNotExist(err) {
		t.Errorf("the state directory is still there (%v)", err)
	}
	try.run("status", 3)
	out, _ = try.run("down", 0)
	try.wants(out, "nothing runs")
}

func TestAnEmulatorThatEndedTakesTheStackWithIt(t *testing.T) {
	try := newTrial(t)
	end := func() {
		t.Helper()
		if err := syscall.Kill(try.running(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(5 * time.Second); try.running() != 0 && time.Now().Before(deadline); {
			time.Sleep(10 * time.Millisecond)
		}
	}
	try.run("up", 0)
	end()
	out, _ := try.run("status", 3)
	try.wants(out, "does not run", "not deployed")

	old := filepath.Join(try.state, "pulumi", "backend", "old")
	try.write(old, "")
	out, _ = try.run("up", 0)
	try.wants(out, "is discarded", "starting the AWS emulator")
	if _, err := os.Stat(old); !os.IsNotExist(err) {
		t.Errorf("the old state is still there (%v)", err)
	}

	end()
	out, _ = try.run("down", 0)
	try.wants(out, "does not run any more")
	if _, err := os.Stat(try.state); !os.IsNotExist(err) {
		t.Errorf("the state directory is still there (%v)", err)
	}
}

func TestAnEmulatorThatDoesNotAnswerIsEnded(t *testing.T) {
	try := newTrial(t)
	try.run("up", 0)
	hung := try.running()
	if err := syscall.Kill(hung, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(hung, syscall.SIGKILL) })
	out, _ := try.run("down", 0)
	try.wants(out, "does not answer and is ended")
	if pid := try.running(); pid != 0 {
		t.Errorf("the emulator still runs as process %d", pid)
	}
}

func TestWhatStandsInTheWayIsToldBeforeAnythingIsStarted(t *testing.T) {
	t.Run("a taken port", func(t *testing.T) {
		try := newTrial(t)
		listening, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", try.port))
		if err != nil {
			t.Fatal(err)
		}
		defer listening.Close()
		try.oneProblem("up", fmt.Sprintf("port %d is taken by", try.port), fmt.Sprintf("(process %d)", os.Getpid()), "FARGATE_STACK_PORT")
		try.nothingStarted()
	})
	t.Run("a Docker engine that does not answer", func(t *testing.T) {
		try := newTrial(t)
		t.Setenv("DOCKER_HOST", "unix:///no/such/engine.sock")
		try.oneProblem("up", "/no/such/engine.sock", "DOCKER_HOST", "correct or unset it")
		try.nothingStarted()
	})
	t.Run("no Python", func(t *testing.T) {
		try := newTrial(t)
		try.without("python3")
		try.oneProblem("up", "Python 3.10", "apt-get install python3")
		try.nothingStarted()
	})
	t.Run("no Go", func(t *testing.T) {
		try := newTrial(t)
		try.without("go")
		try.oneProblem("up", "Go, which", "https://go.dev/dl")
		try.nothingStarted()
	})
	t.Run("everything at once", func(t *testing.T) {
		try := newTrial(t)
		try.without("go", "python3")
		t.Setenv("DOCKER_HOST", "unix:///no/such/engine.sock")
		if _, problems := try.run("up", 1); strings.Count(problems, "\n") != 3 {
			t.Errorf("not three lines: %q", problems)
		}
		try.nothingStarted()
	})
	t.Run("another command at work", func(t *testing.T) {
		try := newTrial(t)
		lock, err := stack.TakeLock(try.state)
		if err != nil {
			t.Fatal(err)
		}
		defer lock.Release()
		for _, command := range []string{"up", "down"} {
			try.oneProblem(command, "at work already", fmt.Sprintf("(process %d)", os.Getpid()))
		}
		try.nothingStarted()
	})
	t.Run("a port that is none", func(t *testing.T) {
		try := newTrial(t)
		t.Setenv("FARGATE_STACK_PORT", "http")
		try.oneProblem("up", "FARGATE_STACK_PORT")
	})
	t.Run("another directory", func(t *testing.T) {
		try := newTrial(t)
		t.Chdir(t.TempDir())
		try.oneProblem("up", "top directory")
	})
}

// without takes programs off PATH. What is there besides them is enough for
// the checks.
func (try *trial) without(programs ...string) {
	try.Helper()
	found := map[string]string{}
	for _, directory := range filepath.SplitList(os.Getenv("PATH")) {
		for _, name := range []string{"go", "python3"} {
			path := filepath.Join(directory, name)
			if _, err := os.Stat(path); err == nil && found[name] == "" {
				found[name] = path
			}
		}
	}
	bin := try.TempDir()
	for name, path := range found {
		if !strings.Contains(" "+strings.Join(programs, " ")+" ", " "+name+" ") {
			// A wrapper: some interpreters are scripts that want their own name.
			try.write(filepath.Join(bin, name), "#!/bin/sh\nPATH="+os.Getenv("PATH")+" exec "+path+" \"$@\"\n")
		}
	}
	try.Setenv("PATH", bin)
}

func (try *trial) nothingStarted() {
	try.Helper()
	if pid := try.running(); pid != 0 {
		try.Errorf("an emulator runs as process %d", pid)
	}
	if _, err := os.Stat(filepath.Join(try.cli, "calls")); err == nil {
		try.Error("the CLI was called")
	}
	if stack.Exists(try.state) {
		try.Error("there is a stack")
	}
}

func TestAnotherEmulatorThanTheOneThatIsWantedIsToldWithTheWayOut(t *testing.T) {
	try := newTrial(t)
	try.run("up", 0)
	t.Run("another port", func(t *testing.T) {
		t.Setenv("FARGATE_STACK_PORT", strconv.Itoa(freePort(t)))
		try.oneProblem("up", fmt.Sprintf("FARGATE_STACK_PORT=%d", try.port), "make down")
	})
	t.Run("another region", func(t *testing.T) {
		try.write("Pulumi.local.yaml", "config:\n  aws:region: eu-central-1\n")
		try.oneProblem("up", "us-east-1", "eu-central-1", "make down")
	})
}

func TestWhatWasStartedIsStoppedWhenTheDeploymentCannotBegin(t *testing.T) {
	t.Run("a base image that is nowhere", func(t *testing.T) {
		try := newTrial(t)
		try.write("Dockerfile", "FROM localhost:1/nowhere:1\n")
		try.oneProblem("up", "localhost:1/nowhere:1", "docker load")
		if pid := try.running(); pid != 0 {
			t.Errorf("an emulator runs as process %d", pid)
		}
	})
	t.Run("a Docker engine that does not reach the registry", func(t *testing.T) {
		try := newTrial(t)
		try.engine.reachesRegistry = false
		try.oneProblem("up", fmt.Sprintf("does not reach the registry at localhost:%d", try.port), "this machine itself")
		if pid := try.running(); pid != 0 {
			t.Errorf("an emulator runs as process %d", pid)
		}
	})
	t.Run("a stack that cannot be made", func(t *testing.T) {
		try := newTrial(t)
		try.fail("stack")
		try.oneProblem("up", "told to fail")
		if pid := try.running(); pid != 0 {
			t.Errorf("an emulator runs as process %d", pid)
		}
		try.fail("")
		out, _ := try.run("up", 0)
		if strings.Contains(out, "discarded") {
			t.Errorf("it tells of a deployment that never was:\n%s", out)
		}
	})
}

func TestADeploymentThatFailsIsKeptToGoOnFrom(t *testing.T) {
	try := newTrial(t)
	try.fail("up")
	try.oneProblem("up", "pulumi up failed", "make up goes on from here", "make down")
	first := try.running()
	if first == 0 {
		t.Fatal("the emulator was stopped")
	}
	try.run("status", 3)
	try.fail("")
	try.run("up", 0)
	if second := try.running(); second != first {
		t.Errorf("another emulator was started: process %d after %d", second, first)
	}
}

func TestAStackThatCannotBeDestroyedIsKeptAndTheWayOutTold(t *testing.T) {
	try := newTrial(t)
	try.run("up", 0)
	try.fail("destroy")
	try.oneProblem("down", "pulumi destroy failed", fmt.Sprintf("kill %d", try.running()))
	if try.running() == 0 || !stack.Exists(try.state) {
		t.Error("the emulator or the stack is gone")
	}
}

func TestAMissingDockerfileIsLeftToTheProgram(t *testing.T) {
	try := newTrial(t)
	if err := os.Remove("Dockerfile"); err != nil {
		t.Fatal(err)
	}
	try.run("up", 0)
}

func TestPicturesAreOfWhatIsDeployed(t *testing.T) {
	try := newTrial(t)
	try.oneProblem("pictures", "make up")
	try.fail("up")
	try.run("up", 1)
	try.oneProblem("pictures", "make up")
	try.fail("")
	try.run("up", 0)
	try.write("docs/architecture.d2", "old")
	try.run("pictures", 0)
	text, err := os.ReadFile("docs/architecture.d2")
	if err != nil || !strings.Contains(string(text), "VPC") {
		t.Errorf("docs/architecture.d2 is %q (%v), want what is deployed", text, err)
	}
}

func TestAWrongCallIsToldHowToCall(t *testing.T) {
	for _, arguments := range [][]string{nil, {"start"}, {"up", "now"}} {
		var out, problems bytes.Buffer
		if code := run(arguments, &out, &problems); code != 2 || !strings.HasPrefix(problems.String(), "usage: ") {
			t.Errorf("%q exits with %d and says %q", arguments, code, problems.String())
		}
	}
}
