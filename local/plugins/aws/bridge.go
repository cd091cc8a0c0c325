package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

const (
	bridgeVariable   = "FARGATE_STACK_TERRAFORM_BRIDGE"
	providerVariable = "FARGATE_STACK_TERRAFORM_PROVIDER_AWS"

	// endTimeout is what the bridge has to end the Terraform provider and
	// itself.
	endTimeout = 5 * time.Second
)

// A bridge is the running pulumi-resource-terraform-provider.
type bridge struct {
	connection *grpc.ClientConn
	process    *os.Process
	exited     chan error
}

// startBridge starts the bridge with the arguments of a plugin and has it load
// the AWS provider.
func startBridge(ctx context.Context, arguments []string) (*bridge, error) {
	program, err := programFrom(bridgeVariable)
	if err != nil {
		return nil, err
	}
	provider, err := programFrom(providerVariable)
	if err != nil {
		return nil, err
	}
	b, port, err := runBridge(program, arguments)
	if err != nil {
		return nil, fmt.Errorf("starting the bridge %s: %w", program, err)
	}
	if b.connection, err = connect("127.0.0.1:" + port); err == nil {
		err = loadProvider(ctx, b.connection, provider)
	}
	if err != nil {
		b.stop()
		return nil, err
	}
	return b, nil
}

// runBridge starts the bridge's process and returns the port that it says.
func runBridge(program string, arguments []string) (*bridge, string, error) {
	output, written, err := os.Pipe()
	if err != nil {
		return nil, "", err
	}
	command := exec.Command(program, arguments...)
	command.Stdout = written
	command.Stderr = os.Stderr
	command.SysProcAttr = processAttributes()
	b := &bridge{exited: make(chan error, 1)}
	err = start(command, b.exited)
	written.Close() // the bridge has its own
	if err != nil {
		return nil, "", err
	}
	b.process = command.Process
	port, err := readPort(output)
	if err != nil {
		b.stop()
	}
	return b, port, err
}

func programFrom(variable string) (string, error) {
	path := os.Getenv(variable)
	if path == "" {
		return "", fmt.Errorf("%s is not set; run Pulumi by `make up`, which sets it, or give it the program's path", variable)
	}
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("%s: %w", variable, err)
	}
	return path, nil
}

// readPort reads the line that a plugin starts with. What comes after it is
// for people.
func readPort(output io.Reader) (string, error) {
	reader := bufio.NewReader(output)
	line, err := reader.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("it ended without saying its port: %w", err)
	}
	port := strings.TrimSpace(line)
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", fmt.Errorf("it should have said its port, but said %q", port)
	}
	go func() { _, _ = io.Copy(os.Stderr, reader) }() // ends with the bridge
	return port, nil
}

// loadProvider has the bridge load the AWS provider, with only the types of
// the tables: building the schemas of all 1500 takes seconds.
func loadProvider(ctx context.Context, connection *grpc.ClientConn, provider string) error {
	included := slices.Concat(slices.Collect(maps.Values(resources)), slices.Collect(maps.Values(functions)))
	slices.Sort(included)
	_, err := pulumirpc.NewResourceProviderClient(connection).Parameterize(ctx, &pulumirpc.ParameterizeRequest{
		Parameters: &pulumirpc.ParameterizeRequest_Args{Args: &pulumirpc.ParameterizeRequest_ParametersArgs{Args: []string{
			provider, "--provider-name", "aws", "--include", strings.Join(slices.Compact(included), ","),
		}}},
	}, grpc.WaitForReady(true))
	if err != nil {
		return fmt.Errorf("loading %s: %w", provider, err)
	}
	return nil
}

// wait waits until the bridge ends. Once ctx is done it has the bridge end.
func (b *bridge) wait(ctx context.Context) error {
	select {
	case err := <-b.exited:
		b.killGroup()
		return fmt.Errorf("the bridge ended: %w", err)
	case <-ctx.Done():
		b.stop()
		return nil
	}
}

// stop has the bridge end the Terraform provider and then itself, and waits
// for it. It is told once: a second interrupt ends it before it has done so.
func (b *bridge) stop() {
	_ = b.process.Signal(os.Interrupt) // fails only where the bridge has ended
	select {
	case <-b.exited:
	case <-time.After(endTimeout):
	}
	b.killGroup()
}

// killGroup ends what is left of the bridge and of what it has started.
func (b *bridge) killGroup() {
	_ = syscall.Kill(-b.process.Pid, syscall.SIGKILL) // fails only where nothing is left
}
