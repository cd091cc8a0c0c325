package emulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"fargate-stack/local/daemon"
	"fargate-stack/local/progress"
	"fargate-stack/local/settings"
)

// cache is the one of this machine: MiniStack is installed once for all.
func cache(t *testing.T) string {
	t.Helper()
	directory, err := settings.Cache()
	if err != nil {
		t.Fatal(err)
	}
	return directory
}

// options returns options for an emulator of the test's own.
func options(t *testing.T) Options {
	t.Helper()
	return Options{
		Port:           freePort(t),
		Region:         "eu-central-1",
		StateDirectory: t.TempDir(),
		Cache:          cache(t),
		Report:         progress.New(t.Output()),
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	listening := listen(t)
	defer listening.Close()
	return listening.Addr().(*net.TCPAddr).Port
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listening, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listening.Close() })
	return listening
}

// start starts an emulator that ends with the test.
func start(t *testing.T, options Options) *Emulator {
	t.Helper()
	e, err := Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if found, err := Find(options.StateDirectory); err == nil {
			if err := found.Stop(); err != nil {
				t.Error(err)
			}
		}
	})
	return e
}

func TestAnEmulatorIsFoundByALaterCommandAndStopped(t *testing.T) {
	options := options(t)
	started := start(t, options)
	found, err := Find(options.StateDirectory)
	if err != nil {
		t.Fatal(err)
	}
	if found.PID() != started.PID() || found.URL() != started.URL() || found.Region != options.Region {
		t.Errorf("found %+v, started %+v", found, started)
	}
	version, err := found.Version(t.Context())
	if err != nil || version != Version {
		t.Errorf("it answers that it is version %q (%v), want %s", version, err, Version)
	}
	if err := found.Stop(); err != nil {
		t.Fatal(err)
	}
	if taken, err := portTaken(t.Context(), options.Port); err != nil || taken {
		t.Errorf("after Stop, port %d is still taken (%v)", options.Port, err)
	}
	if _, err := Find(options.StateDirectory); !errors.Is(err, daemon.ErrNotRunning) {
		t.Errorf("after Stop, Find says %v", err)
	}
}

func TestAnEmulatorThatWasKilledIsNoticed(t *testing.T) {
	options := options(t)
	e := start(t, options)
	if err := syscall.Kill(e.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(5 * time.Second)
	for {
		_, err := Find(options.StateDirectory)
		if errors.Is(err, daemon.ErrNotRunning) {
			return
		}
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("Find says %v", err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestATakenPortIsOneLineThatNamesWhoTakesItAndStartsNothing(t *testing.T) {
	options := options(t)
	options.Port = listen(t).Addr().(*net.TCPAddr).Port
	_, err := Start(t.Context(), options)
	if err == nil {
		t.Fatal("it started")
	}
	for _, want := range []string{
		fmt.Sprintf("port %d is taken by", options.Port),
		fmt.Sprintf("(process %d)", os.Getpid()),
		fmt.Sprintf("FARGATE_STACK_PORT=%d", options.Port+1),
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %q", want, err)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("more than one line: %q", err)
	}
	if _, err := Find(options.StateDirectory); !errors.Is(err, daemon.ErrNotRunning) {
		t.Errorf("Find says %v", err)
	}
}

func TestWhatListensOnTheOtherAddressOfLocalhostTakesThePort(t *testing.T) {
	listening, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("this machine has no IPv6 loopback address")
	}
	defer listening.Close()
	taken, err := portTaken(t.Context(), listening.Addr().(*net.TCPAddr).Port)
	if err != nil || !taken {
		t.Errorf("taken: %t, error: %v", taken, err)
	}
}

func TestAStartThatIsInterruptedLeavesNothingRunning(t *testing.T) {
	options := options(t)
	python, err := FindPython(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := install(t.Context(), options, python); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for ctx.Err() == nil {
			if _, err := Find(options.StateDirectory); err == nil {
				cancel()
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	if _, err := Start(ctx, options); !errors.Is(err, context.Canceled) {
		t.Fatalf("Start says %v", err)
	}
	if _, err := Find(options.StateDirectory); !errors.Is(err, daemon.ErrNotRunning) {
		t.Errorf("Find says %v", err)
	}
}

// Only this machine may reach the emulator: it takes any credentials.
func TestTheEmulatorListensOnTheLoopbackAddressOnly(t *testing.T) {
	e := start(t, options(t))
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range addresses {
		ip := address.(*net.IPNet).IP
		if ip.IsLoopback() || ip.To4() == nil {
			continue
		}
		connection, err := net.DialTimeout("tcp", fmt.Sprintf("%s:%d", ip, e.Port), time.Second)
		if err == nil {
			connection.Close()
			t.Errorf("it answers on %s", ip)
		}
	}
}

// A client of S3 puts the name of a bucket before that of a host, and after an
// address.
func TestTheAddressHasNoNameThatABucketsCouldBePutBefore(t *testing.T) {
	e := &Emulator{Port: 4566}
	address, err := netip.ParseAddrPort(strings.TrimPrefix(e.URL(), "http://"))
	if err != nil || !address.Addr().IsLoopback() || address.Port() != 4566 {
		t.Errorf("the address is %s (%v)", e.URL(), err)
	}
}

func TestTheUsersEnvironmentDoesNotChangeTheEmulator(t *testing.T) {
	t.Setenv("SERVICES", "s3")
	t.Setenv("AUTH", "true")
	t.Setenv("MINISTACK_REGION", "ap-south-1")
	e := start(t, options(t))
	var health struct {
		Services map[string]string
		Auth     string
	}
	if err := e.ask(t.Context(), "/_ministack/health", &health); err != nil {
		t.Fatal(err)
	}
	if len(health.Services) < 2 || health.Auth != "disabled" {
		t.Errorf("it has %d services, and authentication is %s", len(health.Services), health.Auth)
	}
}

// request sends a request to ECR in the emulator's region and decodes the answer.
func request(t *testing.T, e *Emulator, action, body string, answer any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.URL(), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "AmazonEC2ContainerRegistry_V20150921."+action)
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/"+e.Region+"/ecr/aws4_request, SignedHeaders=host, Signature=0")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %s (%v)", action, response.Status, content, err)
	}
	if err := json.Unmarshal(content, answer); err != nil {
		t.Fatal(err)
	}
}

func TestFindPython(t *testing.T) {
	script := func(output string) string {
		return "#!/bin/sh\necho '" + output + "'\n"
	}
	tests := []struct {
		name     string
		commands map[string]string
		want     Python
		problem  string
	}{
		{"takes python3 when it is recent",
			map[string]string{"python3": script(`{"path": "/opt/a", "version": "3.12.1", "recent": true, "venv": true}`)},
			Python{"/opt/a", "3.12.1"}, ""},
		{"takes a versioned one when python3 is too old",
			map[string]string{
				"python3":    script(`{"path": "/opt/a", "version": "3.9.2", "recent": false, "venv": true}`),
				"python3.11": script(`{"path": "/opt/b", "version": "3.11.7", "recent": true, "venv": true}`),
			},
			Python{"/opt/b", "3.11.7"}, ""},
		{"goes on when an interpreter has no venv module",
			map[string]string{
				"python3":    script(`{"path": "/opt/a", "version": "3.11.2", "recent": true, "venv": false}`),
				"python3.13": script(`{"path": "/opt/b", "version": "3.13.0", "recent": true, "venv": true}`),
			},
			Python{"/opt/b", "3.13.0"}, ""},
		{"says what is missing when none has a venv module",
			map[string]string{"python3": script(`{"path": "/opt/a", "version": "3.11.2", "recent": true, "venv": false}`)},
			Python{}, "apt-get install python3-venv"},
		{"says what is missing when all are too old",
			map[string]string{"python3": script(`{"path": "/opt/a", "version": "3.9.2", "recent": false, "venv": true}`)},
			Python{}, "Python 3.10 or newer"},
		{"passes over a command that fails",
			map[string]string{"python3": "#!/bin/sh\nexit 127\n"},
			Python{}, "Python 3.10 or newer"},
		{"says what is missing when there is none", nil, Python{}, "Python 3.10 or newer"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bin := t.TempDir()
			for name, content := range test.commands {
				if err := os.WriteFile(filepath.Join(bin, name), []byte(content), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			t.Setenv("PATH", bin)
			got, err := FindPython(t.Context())
			if got != test.want {
				t.Errorf("found %+v, want %+v", got, test.want)
			}
			if (err != nil) != (test.problem != "") || err != nil && !strings.Contains(err.Error(), test.problem) {
				t.Errorf("error %v, want one with %q", err, test.problem)
			}
		})
	}
}

func TestAnInstallationThatWasCutOffIsMadeAnew(t *testing.T) {
	all := requirements
	requirements = []byte("six==1.17.0\n") // enough to see how it is installed
	defer func() { requirements = all }()
	python, err := FindPython(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	options := options(t)
	options.Cache = t.TempDir()
	cutOff := environmentFor(options.Cache, python)
	remains := filepath.Join(string(cutOff), "lib", "remains")
	if err := os.MkdirAll(remains, 0o755); err != nil {
		t.Fatal(err)
	}

	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := install(ctx, options, python); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("the interrupted installation says %v", err)
	}
	if cutOff.complete() {
		t.Fatal("an interrupted installation is taken for a complete one")
	}

	installed, err := install(t.Context(), options, python)
	if err != nil {
		t.Fatal(err)
	}
	if installed != cutOff || !installed.complete() {
		t.Errorf("installed in %s, complete: %t, want %s", installed, installed.complete(), cutOff)
	}
	if _, err := os.Stat(remains); err == nil {
		t.Error("what the first one left is still there")
	}
}

func TestTheInstallationHasAllThatItNeedsButNoDockerPackage(t *testing.T) {
	python, err := FindPython(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	installed, err := install(t.Context(), options(t), python)
	if err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), installed.python(), "-m", "pip", "check"); err != nil {
		t.Errorf("a package is missing in requirements.txt: %v", err)
	}
	if err := run(t.Context(), installed.python(), "-c", "import docker"); err == nil {
		t.Error("MiniStack would start containers of its own")
	}
}
