package stack

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"fargate-stack/local/toolchain"
)

// fakeCLI is a CLI that writes down how it was called, and does for each
// command what a script with its name says.
type fakeCLI struct {
	t         *testing.T
	directory string
}

func newFakeCLI(t *testing.T) *fakeCLI {
	t.Helper()
	f := &fakeCLI{t: t, directory: t.TempDir()}
	f.write("pulumi", `#!/bin/sh
echo "$(pwd): $*" >> "$(dirname "$0")/calls"
if [ -x "$(dirname "$0")/$1" ]; then exec "$(dirname "$0")/$1" "$@"; fi
`)
	return f
}

func (f *fakeCLI) write(name, content string) {
	f.t.Helper()
	if err := os.WriteFile(filepath.Join(f.directory, name), []byte(content), 0o755); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fakeCLI) calls() string {
	f.t.Helper()
	content, err := os.ReadFile(filepath.Join(f.directory, "calls"))
	if err != nil {
		f.t.Fatal(err)
	}
	return string(content)
}

// open opens a stack of a new repository on the CLI.
func (f *fakeCLI) open() (*Stack, error) {
	f.t.Helper()
	options := Options{
		Repository:     repository(f.t, "config:\n  aws:region: us-east-1\n"),
		StateDirectory: f.t.TempDir(),
		Toolchain:      &toolchain.Toolchain{Pulumi: filepath.Join(f.directory, "pulumi")},
		Endpoint:       "http://localhost:4566",
	}
	return Open(f.t.Context(), options, mustLock(f.t, options.StateDirectory))
}

func (f *fakeCLI) mustOpen() *Stack {
	f.t.Helper()
	s, err := f.open()
	if err != nil {
		f.t.Fatal(err)
	}
	return s
}

func TestOpenMakesTheStackReadyApartFromTheRepository(t *testing.T) {
	cli := newFakeCLI(t)
	s := cli.mustOpen()
	for _, want := range []string{
		s.projectDirectory() + ": stack select --create --stack local --non-interactive\n",
		s.projectDirectory() + ": cancel --yes --stack local --non-interactive\n",
	} {
		if !strings.Contains(cli.calls(), want) {
			t.Errorf("%q was not called:\n%s", want, cli.calls())
		}
	}
	info, err := os.Stat(passphraseFile(s.options.StateDirectory))
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() < 26 {
		t.Errorf("the passphrase: %+v (%v)", info, err)
	}
	if !Exists(s.options.StateDirectory) {
		t.Error("there is no stack")
	}
	if tools, ok := RecordedToolchain(s.options.StateDirectory); !ok || tools.Pulumi != s.options.Toolchain.Pulumi {
		t.Errorf("the recorded toolchain is %+v", tools)
	}
}

func TestThePassphraseStaysTheSame(t *testing.T) {
	path := filepath.Join(t.TempDir(), "passphrase")
	var read [2]string
	for i := range read {
		if err := makePassphrase(path); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		read[i] = string(content)
	}
	if read[0] != read[1] {
		t.Errorf("it was %q and is %q", read[0], read[1])
	}
}

func TestUpRunsTheProgramInTheRepositoryWithSettingsFromOutside(t *testing.T) {
	cli := newFakeCLI(t)
	s := cli.mustOpen()
	if err := s.Up(); err != nil {
		t.Fatal(err)
	}
	call := cli.calls()[strings.LastIndex(strings.TrimSpace(cli.calls()), "\n")+1:]
	if !strings.HasPrefix(call, s.options.Repository+": up --stack local --yes ") ||
		!strings.Contains(call, "--config-file "+s.settingsPath()) {
		t.Errorf("it was called as %q", call)
	}
}

// The CLI removes the settings that it finds in its working directory.
func TestDestroyRunsOutsideTheRepositoryAndForgetsTheStack(t *testing.T) {
	cli := newFakeCLI(t)
	s := cli.mustOpen()
	if err := s.Destroy(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(cli.calls(), s.projectDirectory()+": destroy --stack local --yes ") {
		t.Errorf("it was called as:\n%s", cli.calls())
	}
	if Exists(s.options.StateDirectory) {
		t.Error("the stack is still there")
	}
}

func TestAFailureIsToldAndKeepsTheStack(t *testing.T) {
	cli := newFakeCLI(t)
	s := cli.mustOpen()
	for command, operation := range map[string]func() error{"up": s.Up, "destroy": s.Destroy} {
		cli.write(command, "#!/bin/sh\nexit 255\n")
		if err := operation(); err == nil || !strings.Contains(err.Error(), "pulumi "+command+" failed") {
			t.Errorf("%s says %v", command, err)
		}
	}
	if !Exists(s.options.StateDirectory) {
		t.Error("the stack is gone")
	}
}

func TestWhatTheCLISaysOfAFailureIsOneLine(t *testing.T) {
	cli := newFakeCLI(t)
	cli.write("cancel", "#!/bin/sh\necho 'error: no' >&2\necho 'such stack' >&2\nexit 1\n")
	_, err := cli.open()
	if err == nil || !strings.HasSuffix(err.Error(), "error: no such stack") {
		t.Errorf("error %v, want one line that ends with what the CLI says", err)
	}
}

func TestARequestToEndIsPassedToTheCLIOnce(t *testing.T) {
	for _, test := range []struct {
		name        string
		signal      syscall.Signal
		interactive bool
		want        string
	}{
		{"SIGTERM", syscall.SIGTERM, false, "TERM\n"},
		{"SIGINT without a terminal", syscall.SIGINT, false, "INT\n"},
		{"SIGTERM at a terminal", syscall.SIGTERM, true, "TERM\n"},
		{"SIGINT at a terminal, which sends it to all", syscall.SIGINT, true, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			directory := t.TempDir()
			received := filepath.Join(directory, "received")
			command := exec.Command("sh", "-c", `trap 'echo INT >> `+received+`' INT; trap 'echo TERM >> `+received+`' TERM
touch `+received+`; for i in 1 2 3 4 5 6; do sleep 0.1; done`)
			command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			go func() {
				for ctx.Err() == nil {
					if _, err := os.Stat(received); err == nil {
						_ = syscall.Kill(os.Getpid(), test.signal)
						return
					}
					time.Sleep(10 * time.Millisecond)
				}
			}()
			if err := runPassingSignals(command, test.interactive, func(int) error { return nil }); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(received)
			if err != nil || string(got) != test.want {
				t.Errorf("it received %q (%v), want %q", got, err, test.want)
			}
		})
	}
}

func TestDescribe(t *testing.T) {
	cli := newFakeCLI(t)
	cli.write("stack", `#!/bin/sh
case "$2" in
export) cat <<'END'
{"version": 3, "deployment": {"manifest": {"time": "2026-01-01T00:00:00Z"}, "resources": [
  {"urn": "urn:pulumi:local::p::pulumi:pulumi:Stack::p-local", "type": "pulumi:pulumi:Stack", "outputs": {
    "url": "http://a", "zones": ["a", "b"],
    "token": {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:x"}}},
  {"urn": "urn:pulumi:local::p::pulumi:providers:aws::default", "type": "pulumi:providers:aws"},
  {"urn": "urn:pulumi:local::p::aws:ec2/vpc:Vpc::v", "type": "aws:ec2/vpc:Vpc"}]}}
END
;;
history) echo '[{"kind": "update", "result": "succeeded", "endTime": "2026-01-01T00:00:01.000Z"}]' ;;
esac
`)
	s := cli.mustOpen()
	got, err := Describe(t.Context(), s.options)
	if err != nil {
		t.Fatal(err)
	}
	if got.Resources != 1 || !got.Complete() || !got.Ended.Equal(time.Date(2026, 1, 1, 0, 0, 1, 0, time.UTC)) {
		t.Errorf("got %+v", got)
	}
	for name, want := range map[string]string{"url": "http://a", "zones": `["a","b"]`, "token": "[secret]"} {
		if got.Outputs[name] != want {
			t.Errorf("output %s is %q, want %q", name, got.Outputs[name], want)
		}
	}
}

func TestAStackThatWasNotDeployedToTheEndIsNotComplete(t *testing.T) {
	for _, d := range []Description{{}, {Operation: "update", Result: "failed"}, {Operation: "update", Result: "in-progress"}, {Operation: "destroy", Result: "succeeded"}} {
		if d.Complete() {
			t.Errorf("%+v is complete", d)
		}
	}
}
