package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"fargate-stack/local/emulator"
	"fargate-stack/local/stack"
	"fargate-stack/local/toolchain"
)

const (
	// answerLimit is how long a deployed app may take until it answers.
	answerLimit = 5 * time.Minute

	// pollInterval is how often it is asked.
	pollInterval = 50 * time.Millisecond

	// requestLimit is how long one question may take.
	requestLimit = 2 * time.Second

	// interruptLimit is how long a command may take to end in good order.
	interruptLimit = 2 * time.Minute

	// downLimit is how long destroying may take.
	downLimit = 5 * time.Minute

	// toldLines is how much of a failed command's output is told.
	toldLines = 20
)

// A deployment is one of a copy of the program, by the command of make up,
// beside all other deployments on this machine.
type deployment struct {
	// command is the path of the command of make up.
	command    string
	program    *program
	state      string
	dockerHost string
	// environment is what the command runs with.
	environment []string
}

// newDeployment copies the program and makes ready what is made but once on a
// machine. It deploys nothing yet.
func newDeployment(ctx context.Context, m *machine) (*deployment, error) {
	command := filepath.Join(m.repository, "local", "bin", "local")
	if _, err := os.Stat(command); err != nil {
		return nil, fmt.Errorf("the command of make up: %w; make bench builds it", err)
	}
	program, err := copyProgram(m.repository, filepath.Join(m.scratch, "program"))
	if err != nil {
		return nil, err
	}
	_, err = toolchain.Prepare(ctx, toolchain.Options{Cache: m.cache, Repository: program.directory, Report: m.report})
	if err != nil {
		return nil, err
	}
	if err := m.ensureBases(ctx, program.directory); err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	state := filepath.Join(m.scratch, "state")
	environment := append(os.Environ(),
		"FARGATE_STACK_STATE="+state,
		fmt.Sprintf("FARGATE_STACK_PORT=%d", port),
		"DOCKER_HOST="+m.engine.Host)
	return &deployment{command, program, state, m.engine.Host, environment}, nil
}

// freePort returns a port on which nothing listens.
func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// coldUp deploys for the first time, with an app that nobody has built before,
// and sees to it that the app answers.
func (d *deployment) coldUp(ctx context.Context) (time.Duration, error) {
	if err := d.program.rename(newName()); err != nil {
		return 0, err
	}
	took, err := d.up(ctx)
	if err != nil {
		return 0, err
	}
	url, err := d.url(ctx)
	if err != nil {
		return 0, err
	}
	return took, waitForAnswer(ctx, url, d.program.name)
}

// up runs make up.
func (d *deployment) up(ctx context.Context) (time.Duration, error) {
	return d.run(ctx, d.environment, d.command, "up")
}

// down runs make down, also when the measuring was interrupted.
func (d *deployment) down(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), downLimit)
	defer cancel()
	_, err := d.run(ctx, d.environment, d.command, "down")
	return err
}

// compile does what the language host does before each run of the program.
func (d *deployment) compile(ctx context.Context) (time.Duration, error) {
	return d.run(ctx, d.environment, "go", "build", "-o", builtProgram, ".")
}

// preview runs pulumi preview on the stack, in which nothing may be to change.
func (d *deployment) preview(ctx context.Context) (time.Duration, error) {
	options, err := d.stackOptions()
	if err != nil {
		return 0, err
	}
	environment := os.Environ()
	for name, value := range stack.Environment(options) {
		environment = append(environment, name+"="+value)
	}
	return d.run(ctx, environment, options.Toolchain.Pulumi, "preview", "--stack", stack.Name, "--non-interactive",
		"--expect-no-changes", "--config-file", stack.SettingsFile(d.state))
}

// change changes the app, deploys it, and returns how long it was from the
// change to the new version's first answer. The deployment takes longer: it
// waits until the old version has stopped.
func (d *deployment) change(ctx context.Context) (time.Duration, error) {
	url, err := d.url(ctx)
	if err != nil {
		return 0, err
	}
	start := time.Now()
	if err := d.program.rename(newName()); err != nil {
		return 0, err
	}
	var took time.Duration
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		_, err := d.up(ctx)
		return err
	})
	group.Go(func() error {
		err := waitForAnswer(ctx, url, d.program.name)
		took = time.Since(start)
		return err
	})
	return took, group.Wait()
}

// newName returns a name that no app has had before.
func newName() string {
	return "bench-" + strings.ToLower(rand.Text())
}

// url returns where the app answers.
func (d *deployment) url(ctx context.Context) (string, error) {
	options, err := d.stackOptions()
	if err != nil {
		return "", err
	}
	deployed, err := stack.Describe(ctx, options)
	if err != nil {
		return "", err
	}
	if deployed.Outputs["url"] == "" {
		return "", errors.New("the stack has no output url")
	}
	return deployed.Outputs["url"], nil
}

// stackOptions returns what the stack was deployed with.
func (d *deployment) stackOptions() (stack.Options, error) {
	aws, err := emulator.Find(d.state)
	if err != nil {
		return stack.Options{}, fmt.Errorf("looking for the emulator: %w", err)
	}
	tools, ok := stack.RecordedToolchain(d.state)
	if !ok {
		return stack.Options{}, errors.New("make up has not recorded what it deployed with")
	}
	return stack.Options{
		Repository:     d.program.directory,
		StateDirectory: d.state,
		Toolchain:      tools,
		Endpoint:       aws.URL(),
		DockerHost:     d.dockerHost,
	}, nil
}

// run runs a command in the program's directory and returns how long it took.
// When ctx ends, the command is interrupted and waited for.
func (d *deployment) run(ctx context.Context, environment []string, name string, arguments ...string) (time.Duration, error) {
	command := exec.CommandContext(ctx, name, arguments...)
	command.Dir = d.program.directory
	command.Env = environment
	// Ctrl-C at the terminal reaches the command once, from here.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGINT) }
	command.WaitDelay = interruptLimit
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	start := time.Now()
	err := command.Run()
	took := time.Since(start)
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	if err != nil {
		return 0, fmt.Errorf("%s %s: %w; it said last:\n%s", filepath.Base(name), arguments[0], err, lastLines(output.String()))
	}
	return took, nil
}

func lastLines(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-toldLines):], "\n")
}

// waitForAnswer waits until an app of the name answers.
func waitForAnswer(ctx context.Context, url, name string) error {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	var answered string
	var problem error
	for ctx.Err() == nil {
		now, err := ask(ctx, url)
		if err == nil && now == name {
			return nil
		}
		if ctx.Err() == nil { // else it was cut off, and tells nothing
			answered, problem = now, err
		}
		select {
		case <-ctx.Done():
		case <-time.After(pollInterval):
		}
	}
	return fmt.Errorf("%s does not answer as %s (%w), but %q, %v", url, name, context.Cause(ctx), answered, problem) //nolint:errorlint // problem may be nil
}

// ask asks an app for its name.
func ask(ctx context.Context, url string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, requestLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return "", errors.New(response.Status)
	}
	var app struct{ Name string }
	err = json.NewDecoder(response.Body).Decode(&app)
	return app.Name, err
}
