package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// These tests run the program that is deployed, as it is built for the image.

const builtVersion = "1.2.3-test"

// binary is the path of the program.
var binary string

func TestMain(m *testing.M) {
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "fargate-stack-service")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "service")
	build := exec.Command("go", "build", "-ldflags", "-X main.version="+builtVersion, "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the program: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// process is the program while it serves.
type process struct {
	*exec.Cmd
	address string
	ended   chan struct{} // closed when it has exited
	stdout  bytes.Buffer  // to be read after it has ended
	stderr  bytes.Buffer
}

// startProcess starts the program on a free port, with variables as in
// [os.Environ], and returns when it is healthy. It ends with the test.
func startProcess(t *testing.T, variables ...string) *process {
	t.Helper()
	port := freePort(t)
	p := &process{
		Cmd:     exec.Command(binary),
		address: net.JoinHostPort("127.0.0.1", port),
		ended:   make(chan struct{}),
	}
	p.Env = append(variables, "PORT="+port)
	p.Stdout, p.Stderr = &p.stdout, &p.stderr
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		p.Wait() // a failure is in ProcessState
	}()
	t.Cleanup(func() {
		p.Process.Kill()
		<-p.ended
	})
	waitUntil(t, "the program is healthy", func() bool {
		answer, err := http.Get("http://" + p.address + "/health")
		if err != nil {
			return false
		}
		answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
	return p
}

// home returns what the program says it is.
func (p *process) home(t *testing.T) (about identity) {
	t.Helper()
	answer, err := http.Get("http://" + p.address)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&about); err != nil {
		t.Fatal(err)
	}
	return about
}

// exitCode waits for the program to end, which must not take long.
func (p *process) exitCode(t *testing.T) int {
	t.Helper()
	select {
	case <-p.ended:
		return p.ProcessState.ExitCode()
	case <-time.After(10 * time.Second):
		t.Fatal("still running after 10 s")
		return 0
	}
}

// requestInFlight sends a request up to its body, and returns when the program
// is known to be at it: when it has asked for the body.
func (p *process) requestInFlight(t *testing.T) (net.Conn, *bufio.Reader) {
	t.Helper()
	connection, err := net.Dial("tcp", p.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	fmt.Fprint(connection, "GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
	answers := bufio.NewReader(connection)
	status, err := answers.ReadString('\n')
	if err != nil || !strings.Contains(status, "100 Continue") {
		t.Fatalf("got %q, %v", status, err)
	}
	if _, err := answers.ReadString('\n'); err != nil { // the empty line after it
		t.Fatal(err)
	}
	return connection, answers
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func waitUntil(t *testing.T, what string, isSo func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if isSo() {
			return
		}
	}
	t.Fatalf("waited 10 s until %s", what)
}

func TestTheProgramSaysItsVersionAndHost(t *testing.T) {
	t.Parallel()
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	want := identity{Name: "fargate-stack", Version: builtVersion, Host: host, Task: host}
	if got := startProcess(t).home(t); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestTheProgramShowsItsTaskAndZoneWhenItKnowsThem(t *testing.T) {
	t.Parallel()
	known := make(chan struct{})
	metadata := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-known
		io.WriteString(w, `{"TaskARN": "arn:aws:ecs:eu-central-1:111122223333:task/main/0123abcd", "AvailabilityZone": "eu-central-1c"}`)
	}))
	defer metadata.Close()
	p := startProcess(t, "ECS_CONTAINER_METADATA_URI_V4="+metadata.URL)
	if got := p.home(t); got.Task != got.Host || got.Zone != "" {
		t.Errorf("before they are known: task %q, zone %q", got.Task, got.Zone)
	}
	close(known)
	waitUntil(t, "task and zone are shown", func() bool {
		about := p.home(t)
		return about.Task == "0123abcd" && about.Zone == "eu-central-1c"
	})
}

func TestSIGTERMFinishesWhatIsInFlightAndExitsWith0(t *testing.T) {
	t.Parallel()
	p := startProcess(t)
	connection, answers := p.requestInFlight(t)

	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "new connections are refused", func() bool {
		probe, err := net.Dial("tcp", p.address)
		if err == nil {
			probe.Close()
		}
		return errors.Is(err, syscall.ECONNREFUSED)
	})
	select {
	case <-p.ended:
		t.Fatalf("ended with a request in flight: %s", p.stdout.String())
	case <-time.After(time.Second):
	}

	fmt.Fprint(connection, "body")
	answer, err := http.ReadResponse(answers, nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK || !strings.Contains(string(body), builtVersion) {
		t.Errorf("got %s, %q, %v", answer.Status, body, err)
	}
	if !answer.Close {
		t.Error("the connection is kept open")
	}
	if got := p.exitCode(t); got != 0 {
		t.Errorf("exit code %d: %s", got, p.stderr.String())
	}
	for _, want := range []string{`"msg":"draining"`, `"status":200`, `"msg":"stopped"`} {
		if !strings.Contains(p.stdout.String(), want) {
			t.Errorf("%s is missing in the log:\n%s", want, p.stdout.String())
		}
	}
}

func TestSIGTERMDoesNotWaitForIdleConnections(t *testing.T) {
	t.Parallel()
	p := startProcess(t)
	p.home(t) // http.DefaultClient keeps its connection
	start := time.Now()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got := p.exitCode(t); got != 0 {
		t.Errorf("exit code %d: %s", got, p.stderr.String())
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("took %s", took)
	}
}

func TestASecondSignalEndsTheProgramAtOnce(t *testing.T) {
	t.Parallel()
	p := startProcess(t)
	p.requestInFlight(t)
	waitUntil(t, "the program has ended", func() bool {
		p.Process.Signal(syscall.SIGTERM) // until it is gone
		select {
		case <-p.ended:
			return true
		default:
			return false
		}
	})
	if p.ProcessState.Success() {
		t.Error("cut off a request and exited with 0")
	}
}

func TestAllLogLinesAreJSON(t *testing.T) {
	t.Parallel()
	p := startProcess(t, "LOG_LEVEL=debug")
	p.home(t)
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	p.exitCode(t)

	messages := map[string]bool{}
	for line := range strings.Lines(p.stdout.String()) {
		var entry struct{ Time, Level, Msg string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Time == "" || entry.Level == "" {
			t.Errorf("not a log line: %s", line)
		}
		messages[entry.Msg] = true
	}
	for _, want := range []string{"listening", "request", "draining", "stopped"} {
		if !messages[want] {
			t.Errorf("%q was not logged: %v", want, messages)
		}
	}
	if p.stderr.Len() > 0 {
		t.Errorf("stderr: %s", p.stderr.String())
	}
}

func TestHealthcheckExitCodes(t *testing.T) {
	t.Parallel()
	released := make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/well", health)
	mux.HandleFunc("/unwell", func(w http.ResponseWriter, r *http.Request) { http.Error(w, "", http.StatusServiceUnavailable) })
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/well", http.StatusFound) })
	mux.HandleFunc("/stuck", func(http.ResponseWriter, *http.Request) { <-released })
	server := httptest.NewServer(mux)
	defer server.Close()
	defer close(released)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		port, path string
		code       int
		stderr     string
	}{
		"a server that is well is 0":             {port, "/well", 0, ""},
		"the query is asked too":                 {port, "/well?deep=1", 0, ""},
		"a server that is not well is 1":         {port, "/unwell", 1, "503"},
		"a path that the server has not is 1":    {port, "/other", 1, "404"},
		"a redirect is not well":                 {port, "/moved", 1, "302"},
		"a server that does not answer is 1":     {port, "/stuck", 1, "deadline exceeded"},
		"no server at all is 1":                  {freePort(t), "/well", 1, "connection refused"},
		"settings that the server refuses are 1": {"abc", "/well", 1, `PORT is "abc"`},
	} {
		t.Run(name, func(t *testing.T) {
			check := exec.Command(binary, "healthcheck")
			check.Env = []string{"PORT=" + test.port, "HEALTH_CHECK_PATH=" + test.path}
			var stderr strings.Builder
			check.Stderr = &stderr
			start := time.Now()
			check.Run() // a failure is in ProcessState
			if got := check.ProcessState.ExitCode(); got != test.code {
				t.Errorf("exit code %d, want %d: %s", got, test.code, &stderr)
			}
			if !strings.Contains(stderr.String(), test.stderr) || (test.code == 0) != (stderr.Len() == 0) {
				t.Errorf("stderr: got %q, want %q", stderr.String(), test.stderr)
			}
			if took := time.Since(start); took >= 5*time.Second {
				t.Errorf("took %s, ECS gives it 5 s", took)
			}
		})
	}
}

func TestTheProgramChecksItself(t *testing.T) {
	t.Parallel()
	p := startProcess(t)
	_, port, err := net.SplitHostPort(p.address)
	if err != nil {
		t.Fatal(err)
	}
	check := exec.Command(binary, "healthcheck")
	check.Env = []string{"PORT=" + port}
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

func TestWhatCannotStartSaysWhyAndHowToMendIt(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, takenPort, err := net.SplitHostPort(taken.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		args, env []string
		want      []string
	}{
		"a port that is no port": {nil, []string{"PORT=70000"},
			[]string{`PORT is "70000"`, "set it to a whole number from 1 to 65535", "unset it for 5000"}},
		"several bad settings": {nil, []string{"PORT=abc", "HEALTH_CHECK_PATH=health"},
			[]string{`PORT is "abc"`, `HEALTH_CHECK_PATH is "health"`}},
		"a port that is taken": {nil, []string{"PORT=" + takenPort},
			[]string{"address already in use", "free port " + takenPort, "set PORT to another"}},
		"an argument that there is not": {[]string{"serve"}, nil,
			[]string{`"serve"`, "healthcheck"}},
	} {
		t.Run(name, func(t *testing.T) {
			command := exec.Command(binary, test.args...)
			command.Env = append(test.env, "PATH=") // an empty Env would be this process's
			var stderr strings.Builder
			command.Stderr = &stderr
			command.Run() // a failure is in ProcessState
			if got := command.ProcessState.ExitCode(); got != 1 {
				t.Errorf("exit code %d", got)
			}
			for _, want := range test.want {
				if !strings.Contains(stderr.String(), want) {
					t.Errorf("%q is missing in %q", want, stderr.String())
				}
			}
		})
	}
}
