// Package emulator runs MiniStack, an emulator of AWS, on this machine.
//
// MiniStack keeps everything in memory: what was deployed to it is gone when
// it ends.
package emulator

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"fargate-stack/local/daemon"
	"fargate-stack/local/progress"
)

const (
	// startLimit is how long MiniStack may take to answer after its start.
	startLimit = 60 * time.Second

	// stopLimit is how long it may take to end.
	stopLimit = 10 * time.Second

	// Account is what MiniStack calls the account of all who don't say.
	Account = "000000000000"

	// answerLimit is how long it may take to answer a question about itself.
	answerLimit = 5 * time.Second
)

// Options says how an emulator is run.
type Options struct {
	// Port is the port that it listens on, on the loopback address only.
	Port int
	// Region is the region of its ECR registry. A Docker engine that talks to
	// a registry does not say for which region.
	Region string
	// StateDirectory keeps what is known of the running emulator, and its log.
	StateDirectory string
	// Cache keeps its installation.
	Cache string
	// Handover is the socket of who answers for tasks and targets. MiniStack
	// only simulates them if it is empty.
	Handover string
	// CallLog is the path of a file that each call is written down in, as a line
	// of JSON. None is if it is empty.
	CallLog string
	// Report takes what is made ready.
	Report *progress.Reporter
}

// An Emulator is a running emulator.
type Emulator struct {
	// Port and Region are those of the [Options] that it was started with.
	Port   int    `json:"port"`
	Region string `json:"region"`

	process *daemon.Process
}

// Start installs the emulator if need be, starts it, and returns when it
// answers. It goes on running when the command ends.
func Start(ctx context.Context, options Options) (*Emulator, error) {
	python, err := FindPython(ctx)
	if err != nil {
		return nil, err
	}
	installed, err := install(ctx, options, python)
	if err != nil {
		return nil, err
	}
	if err := CheckPort(ctx, options.Port); err != nil {
		return nil, err
	}
	e := &Emulator{Port: options.Port, Region: options.Region}
	return e, options.Report.Step("starting the AWS emulator on "+e.URL(), func() error {
		return e.start(ctx, installed, options)
	})
}

func (e *Emulator) start(ctx context.Context, installed environment, options Options) error {
	directory := directory(options.StateDirectory)
	scratch := filepath.Join(directory, "tmp")
	if err := os.MkdirAll(scratch, 0o700); err != nil {
		return err
	}
	detail, err := json.Marshal(e)
	if err != nil {
		return err
	}
	command := exec.Command(installed.python(), installed.launcher())
	command.Dir = scratch
	command.Env = append(e.environ(scratch), "HANDOVER="+options.Handover, "CALL_LOG="+options.CallLog)
	e.process, err = daemon.Start(ctx, command, daemon.Options{
		Directory:  directory,
		Detail:     string(detail),
		Ready:      e.ready,
		StartLimit: startLimit,
		StopLimit:  stopLimit,
	})
	return err
}

// environ returns the whole environment of the emulator. Nothing is taken
// over from the user's: many variables change what MiniStack does.
func (e *Emulator) environ(scratch string) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + scratch,
		"TMPDIR=" + scratch,
		"LC_ALL=C.UTF-8",
		"PYTHONUNBUFFERED=1",
		"BIND_HOST=127.0.0.1",
		fmt.Sprintf("GATEWAY_PORT=%d", e.Port),
		"MINISTACK_REGION=" + e.Region,
		"MOTO_ACCOUNT_ID=" + Account,
		// No such socket: MiniStack has no business with the Docker engine.
		"DOCKER_HOST=unix://" + filepath.Join(scratch, "no-docker.sock"),
		// These would listen on ports of their own.
		"SFTP_ENABLED=0",
		"IOT_MTLS_ENABLED=0",
	}
}

// Find returns the emulator that was started with the same state directory.
// The error is [daemon.ErrNotRunning] if it does not run.
func Find(stateDirectory string) (*Emulator, error) {
	process, err := daemon.Find(directory(stateDirectory))
	if err != nil {
		return nil, err
	}
	e := &Emulator{process: process}
	if err := json.Unmarshal([]byte(process.Detail), e); err != nil {
		return nil, fmt.Errorf("reading what is known of the emulator: %w", err)
	}
	return e, nil
}

func directory(stateDirectory string) string {
	return filepath.Join(stateDirectory, "emulator")
}

// URL returns the address of all services of the emulator. It has no name in
// it: clients of S3 would put that of the bucket before it, which leads nowhere.
func (e *Emulator) URL() string {
	return fmt.Sprintf("http://127.0.0.1:%d", e.Port)
}

// Registry returns the address of the ECR registry, as it begins the names of
// images.
func (e *Emulator) Registry() string { return Registry(e.Port) }

// Registry returns the address of the ECR registry of the emulator on a port.
func Registry(port int) string { return fmt.Sprintf("localhost:%d", port) }

// PID returns the process id.
func (e *Emulator) PID() int { return e.process.PID }

// Started returns when the emulator was started.
func (e *Emulator) Started() time.Time { return e.process.Started }

// Log returns the path of the log.
func (e *Emulator) Log() string { return e.process.Log() }

// Version asks the emulator for its version. An error means that it runs but
// does not answer as it should.
func (e *Emulator) Version(ctx context.Context) (string, error) {
	var health struct{ Version string }
	err := e.ask(ctx, "/_ministack/health", &health)
	return health.Version, err
}

// Stop ends the emulator, and with it all that was deployed to it.
func (e *Emulator) Stop() error {
	return e.process.Stop(stopLimit)
}

// ready returns nil when the emulator takes requests.
func (e *Emulator) ready(ctx context.Context) error {
	var state struct{ Status string }
	return e.ask(ctx, "/_ministack/ready", &state)
}

func (e *Emulator) ask(ctx context.Context, path string, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, e.URL()+path, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", request.URL, response.Status)
	}
	return json.NewDecoder(response.Body).Decode(answer)
}
