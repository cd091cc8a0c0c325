package fargate

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"syscall"
)

// httpPort is where load balancers usually listen, each at an address of its
// own.
const httpPort = 80

// Check returns nil if tasks and traffic can be had on this machine, and an
// error that says what to do otherwise. It changes nothing.
func Check(ctx context.Context) error {
	if runtime.GOOS != "linux" {
		return fmt.Errorf("tasks run, and load balancers answer, on Linux only (this is %s); use a Linux machine or a virtual one", runtime.GOOS)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", fmt.Sprintf("127.64.0.0:%d", httpPort))
	switch {
	case err == nil:
		return listener.Close()
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("load balancers listen on port %d of loopback addresses, which this user may not; allow it until the next start of the machine with: sudo sysctl net.ipv4.ip_unprivileged_port_start=%d", httpPort, httpPort)
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("load balancers listen on port %d of loopback addresses, and another program has it on all addresses; stop that program, or have it listen on one address", httpPort)
	default:
		return fmt.Errorf("load balancers cannot listen on port %d of loopback addresses: %w", httpPort, err)
	}
}
