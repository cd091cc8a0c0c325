// Command pulumi-resource-aws lets a program that uses the Pulumi AWS SDK
// 6.83.0 run on the Terraform AWS provider 5.100.0, which is what the official
// plugin of that version is built of. It is for machines that can't download
// the official plugin.
//
// It is a relay: it starts Pulumi's bridge to any Terraform provider, has it
// load the AWS provider, and passes every request on. The bridge names types
// after Terraform's, so their names are replaced on the way.
//
// The Pulumi engine starts it, with FARGATE_STACK_TERRAFORM_BRIDGE and
// FARGATE_STACK_TERRAFORM_PROVIDER_AWS set to the paths of the two programs.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/signal"
	"slices"
	"strings"

	"google.golang.org/grpc"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-aws:", err)
		os.Exit(1)
	}
}

// run serves until the engine or the bridge ends.
func run() error {
	// The engine ends a plugin by an interrupt.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	translator := &translator{}
	arguments, err := translator.serveEngine(os.Args[1:])
	if err != nil {
		return err
	}
	bridge, err := startBridge(ctx, arguments)
	if err != nil {
		return err
	}
	server := newServer(translator.relayToBridge(bridge.connection))
	port, err := serve(server)
	if err != nil {
		bridge.stop()
		return err
	}
	// The protocol between engine and plugin: the first line is the port.
	fmt.Println(port)
	defer server.Stop()
	return bridge.wait(ctx)
}

// serveEngine puts a relay before the engine, whose address is the last of
// the arguments of a plugin, and returns the arguments with its address.
// There is none where a plugin is run by hand to be debugged.
func (t *translator) serveEngine(arguments []string) ([]string, error) {
	last := len(arguments) - 1
	if last < 0 || strings.HasPrefix(arguments[last], "-") {
		return arguments, nil
	}
	engine, err := connect(arguments[last])
	if err != nil {
		return nil, err
	}
	port, err := serve(newServer(t.relayToEngine(engine)))
	if err != nil {
		return nil, err
	}
	return append(slices.Clone(arguments[:last]), fmt.Sprintf("127.0.0.1:%d", port)), nil
}

// serve has a server listen on a free port of this machine.
func serve(server *grpc.Server) (port int, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	go server.Serve(listener) // fails only once it is stopped
	return listener.Addr().(*net.TCPAddr).Port, nil
}
