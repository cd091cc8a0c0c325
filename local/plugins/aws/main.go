// Command pulumi-resource-aws lets a program that uses the SDK of pulumi-aws 6.83.0
// run on terraform-provider-aws 5.100.0, which is what the official plugin of
// that version is built of. It is for machines that can't download the official
// plugin.
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
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/connectivity"
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
	arguments := os.Args[1:]
	if address, ok := engineAddress(arguments); ok {
		engine, err := connect(address)
		if err != nil {
			return err
		}
		port, err := serve(newServer(translator.relayToEngine(engine)))
		if err != nil {
			return err
		}
		arguments[len(arguments)-1] = fmt.Sprintf("127.0.0.1:%d", port)
		go func() {
			waitUntilGone(ctx, engine)
			stop()
		}()
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

// engineAddress returns the engine's address, which is the last of a plugin's
// arguments. There is none where a plugin is run by hand to be debugged.
func engineAddress(arguments []string) (string, bool) {
	last := len(arguments) - 1
	if last < 0 || strings.HasPrefix(arguments[last], "-") {
		return "", false
	}
	return arguments[last], true
}

// waitUntilGone waits until the engine can't be reached any more: one that was
// killed interrupts nobody.
func waitUntilGone(ctx context.Context, engine *grpc.ClientConn) {
	for state := engine.GetState(); state != connectivity.TransientFailure; state = engine.GetState() {
		if state == connectivity.Idle {
			engine.Connect()
		}
		if !engine.WaitForStateChange(ctx, state) {
			return
		}
	}
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
