package emulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
	"time"

	gopsnet "github.com/shirou/gopsutil/v4/net"
	"github.com/shirou/gopsutil/v4/process"
)

// CheckPort returns an error that names who listens, if the port is taken.
func CheckPort(ctx context.Context, port int) error {
	taken, err := portTaken(ctx, port)
	if err != nil || !taken {
		return err
	}
	return fmt.Errorf("port %d is taken by %s; stop it, or choose another port: FARGATE_STACK_PORT=%d make up", port, listener(ctx, port), port+1)
}

// portTaken tells whether somebody listens on the port. Binding it is not
// enough to know: what listens on all addresses, or on the other address of
// localhost, does not stand in the way of that on every system, but would get
// the requests.
func portTaken(ctx context.Context, port int) (bool, error) {
	dialer := net.Dialer{Timeout: time.Second}
	for _, host := range []string{"127.0.0.1", "::1"} {
		connection, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err == nil {
			connection.Close()
			return true, nil
		}
	}
	bound, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	switch {
	case err == nil:
		return false, bound.Close()
	case errors.Is(err, syscall.EADDRINUSE):
		return true, nil
	default:
		return false, fmt.Errorf("port %d cannot be used: %w; choose another with FARGATE_STACK_PORT", port, err)
	}
}

// listener names the process that listens on a port, as far as this user may
// know.
func listener(ctx context.Context, port int) string {
	connections, err := gopsnet.ConnectionsWithContext(ctx, "tcp")
	if err != nil {
		return "another process"
	}
	for _, c := range connections {
		if c.Status != "LISTEN" || c.Laddr.Port != uint32(port) || c.Pid == 0 {
			continue
		}
		p, err := process.NewProcessWithContext(ctx, c.Pid)
		if err != nil {
			continue
		}
		if name, err := p.NameWithContext(ctx); err == nil {
			return fmt.Sprintf("%s (process %d)", name, c.Pid)
		}
	}
	return "another process"
}
