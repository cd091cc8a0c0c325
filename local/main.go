// Command local deploys the stack to an AWS emulator on this machine, and
// destroys it again. It is what the Makefile runs:
//
//	local up | down | status | doctor | pictures
//
// It exits with 0 if all went well, with 3 if the stack that it is to look at is
// not deployed, with 2 if it was called wrongly, and with 1 otherwise.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"fargate-stack/local/cloud"
	"fargate-stack/local/dockerengine"
	"fargate-stack/local/progress"
	"fargate-stack/local/settings"
	"fargate-stack/local/stack"
	"fargate-stack/local/toolchain"
)

// errNotDeployed makes the command exit as service managers do for a service
// that does not run.
var errNotDeployed = errors.New("the stack is not deployed")

// commands are what the first argument may be.
var commands = map[string]func(*machine, context.Context) error{
	"up":       (*machine).up,
	"down":     (*machine).down,
	"status":   (*machine).status,
	"doctor":   (*machine).doctor,
	"pictures": (*machine).pictures,
}

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(arguments []string, out, problems io.Writer) int {
	if len(arguments) != 1 || commands[arguments[0]] == nil {
		fmt.Fprintln(problems, "usage: local up | down | status | doctor | pictures")
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	m, err := newMachine(out)
	if err == nil {
		err = commands[arguments[0]](m, ctx)
	}
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errNotDeployed):
		return 3
	case errors.Is(err, stack.ErrUnwell):
		return 1 // what is wrong was told
	case ctx.Err() != nil:
		err = fmt.Errorf("interrupted: %w", err)
	}
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(problems, "make %s: %s\n", arguments[0], strings.TrimSuffix(line, "\n"))
	}
	return 1
}

// A machine is this machine: what a deployment on it is made of, and where
// that is.
type machine struct {
	repository string
	state      string
	cache      string
	port       int
	out        io.Writer
	report     *progress.Reporter
}

func newMachine(out io.Writer) (*machine, error) {
	m := &machine{out: out, report: progress.New(out)}
	var failed [4]error
	m.repository, failed[0] = os.Getwd()
	m.state, failed[1] = settings.State()
	m.cache, failed[2] = settings.Cache()
	m.port, failed[3] = settings.Port()
	return m, errors.Join(failed[:]...)
}

func (m *machine) toolchainOptions() toolchain.Options {
	return toolchain.Options{Cache: m.cache, Repository: m.repository, Report: m.report}
}

// toolchain returns what the stack was deployed with.
func (m *machine) toolchain(ctx context.Context) (*toolchain.Toolchain, error) {
	if recorded, ok := stack.RecordedToolchain(m.state); ok {
		return recorded, nil
	}
	return toolchain.Prepare(ctx, m.toolchainOptions())
}

func (m *machine) engineOptions() dockerengine.Options {
	return dockerengine.Options{StateDirectory: m.state, Report: m.report}
}

func (m *machine) stackOptions(tools *toolchain.Toolchain, aws *cloud.Cloud, dockerHost string) stack.Options {
	return stack.Options{
		Repository:     m.repository,
		StateDirectory: m.state,
		Toolchain:      tools,
		Endpoint:       aws.URL(),
		DockerHost:     dockerHost,
	}
}
