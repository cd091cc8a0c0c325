// Command interface is a task's network interface, seen from inside: it runs in
// a container whose network namespace the containers of the task share, and
// which has no other way in or out. It listens on a socket in a directory of
// the machine, and relays what comes in to the ports of the task. It is also the
// task's way to its metadata endpoint.
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sync/errgroup"

	"fargate-stack/local/fargate/eni/protocol"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "interface:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) != 2 {
		return errors.New("usage: interface <directory of the sockets> <port of the metadata endpoint>")
	}
	// The first process of a container gets no signal that it does not ask for.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	metadata, err := listenForMetadata(arguments[1])
	if err != nil {
		return err
	}
	listening, err := listen(arguments[0]) // last: when it answers, all is ready
	if err != nil {
		return err
	}
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() error { return serve(ctx, listening, handle) })
	both.Go(func() error { return serve(ctx, metadata, handleMetadata) })
	return both.Wait()
}

// listen makes the socket in a directory. Whoever gets to the directory may
// connect: the user in the container and the one outside are not the same.
func listen(directory string) (net.Listener, error) {
	// The path of the directory may be too long for the address of a socket.
	if err := os.Chdir(directory); err != nil {
		return nil, err
	}
	// One that was killed leaves its socket.
	if err := os.Remove(protocol.Socket); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	defer syscall.Umask(syscall.Umask(0))
	return net.Listen("unix", protocol.Socket)
}

// serve hands connections to handle until ctx ends.
func serve(ctx context.Context, listening net.Listener, handle func(net.Conn)) error {
	defer context.AfterFunc(ctx, func() { listening.Close() })()
	for {
		connection, err := listening.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		go handle(connection)
	}
}
