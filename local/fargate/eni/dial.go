// Package eni gives tasks their network interface. The containers of a task
// have no network but that of one more container, in which nothing but the
// program in the directory interface runs. The only way to the task is the
// socket of that program, in a directory of this machine.
//
// It needs Linux, and a Docker engine on the machine itself: elsewhere, sockets
// in a directory that is shared with a container do not connect.
package eni

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"
	"time"

	"fargate-stack/local/fargate/eni/protocol"
)

// ErrDetached says that there is no network interface, or not yet.
var ErrDetached = errors.New("the network interface does not answer")

// retryInterval is how long a connection waits that could not be made at once.
const retryInterval = 5 * time.Millisecond

// Dial connects to a TCP port of a task through the network interface that has
// its socket in a directory. The error wraps [syscall.ECONNREFUSED] if nobody
// listens on the port, and [ErrDetached] if the interface is gone.
func Dial(ctx context.Context, directory string, port int) (net.Conn, error) {
	connection, err := connect(ctx, directory)
	if err != nil {
		return nil, fmt.Errorf("dialing port %d: %w", port, err)
	}
	stop := context.AfterFunc(ctx, func() { connection.SetDeadline(time.Now()) })
	err = protocol.Ask(connection, port)
	if !stop() {
		err = fmt.Errorf("dialing port %d: %w", port, ctx.Err())
	}
	if err != nil {
		connection.Close()
		return nil, err
	}
	return connection, nil
}

// connect connects to the network interface itself.
func connect(ctx context.Context, directory string) (net.Conn, error) {
	// The path of the directory may be too long for the address of a socket.
	opened, err := os.Open(directory)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDetached, err)
	}
	defer opened.Close()
	address := fmt.Sprintf("/proc/self/fd/%d/%s", opened.Fd(), protocol.Socket)
	for {
		connection, err := (&net.Dialer{}).DialContext(ctx, "unix", address)
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
			return nil, fmt.Errorf("%w: %v", ErrDetached, err) //nolint:errorlint // not wrapped: it is not a port that refuses
		case !errors.Is(err, syscall.EAGAIN):
			return connection, err
		}
		// Too many connections wait to be accepted. TCP would try again too.
		select {
		case <-time.After(retryInterval):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
