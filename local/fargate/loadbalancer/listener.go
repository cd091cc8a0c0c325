package loadbalancer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// clientKeepAlive is how long a client's connection stays open without a
// request: AWS's default of client_keep_alive.seconds.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html#load-balancer-attributes
const clientKeepAlive = time.Hour

// A listener answers at an address. Its settings may change while it does.
type listener struct {
	settings atomic.Pointer[listenerSettings]
	server   *http.Server
}

// updateListeners makes the listeners what is described. A listener that
// cannot be opened is a problem, and is tried again by the next call.
func (b *Balancers) updateListeners(ctx context.Context, described map[netip.AddrPort]*listenerSettings, running *sync.WaitGroup) []problem {
	for address, open := range b.listeners {
		if described[address] == nil {
			delete(b.listeners, address)
			running.Go(func() { open.shutdown(ctx) })
			b.log.Info("listener closed", "address", address)
		}
	}
	var problems []problem
	for address, settings := range described {
		if open, is := b.listeners[address]; is {
			open.settings.Store(settings)
			continue
		}
		opened, err := b.listen(ctx, address, settings, running)
		if err != nil {
			problems = append(problems, problem{address.String(), err})
			continue
		}
		b.listeners[address] = opened
		b.log.Info("listener opened", "address", address, "loadBalancer", aws.ToString(settings.loadBalancer.LoadBalancerArn))
	}
	return problems
}

// listen opens a listener, whose requests end when ctx ends.
func (b *Balancers) listen(ctx context.Context, address netip.AddrPort, settings *listenerSettings, running *sync.WaitGroup) (*listener, error) {
	socket, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address.String())
	if err != nil {
		return nil, explain(err, address)
	}
	l := &listener{}
	l.settings.Store(settings)
	l.server = &http.Server{ //nolint:gosec // slow clients are let in: all of them are on this machine
		Handler:     http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { b.serve(w, r, l.settings.Load()) }),
		BaseContext: func(net.Listener) context.Context { return ctx },
		IdleTimeout: clientKeepAlive,
		ErrorLog:    slog.NewLogLogger(b.log.Handler(), slog.LevelDebug),
	}
	admitted := &admission{Listener: socket, ctx: ctx, dialer: b.dialer, log: b.log, listener: l}
	running.Go(func() {
		if err := l.server.Serve(admitted); !errors.Is(err, http.ErrServerClosed) {
			b.log.Error("listener ended", "address", address, "error", err)
		}
	})
	return l, nil
}

// explain adds to the error of an address that cannot be listened on how to
// mend it.
func explain(err error, address netip.AddrPort) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%w; end the program that listens there", err)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("%w; let anyone listen on the port, as root: sysctl -w net.ipv4.ip_unprivileged_port_start=%d", err, address.Port())
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%w; give the loopback interface the address, as root: ifconfig lo0 alias %s", err, address.Addr())
	default:
		return err
	}
}

// shutdown takes no more connections and returns when the requests that are in
// flight have ended, or when ctx ends.
func (l *listener) shutdown(ctx context.Context) {
	if err := l.server.Shutdown(ctx); err != nil {
		l.close()
	}
}

// close cuts all connections.
func (l *listener) close() {
	// Closing a socket that is closed fails, and there is nothing to be done.
	_ = l.server.Close()
}

// serve handles a request as the first rule says whose conditions it meets.
func (b *Balancers) serve(w http.ResponseWriter, r *http.Request, settings *listenerSettings) {
	i := slices.IndexFunc(settings.rules, func(tried rule) bool { return tried.matches(r) })
	switch {
	case i < 0:
		// The default rule matches all requests, but its action is not covered.
		answer(w, http.StatusServiceUnavailable)
	case settings.rules[i].answer != nil:
		settings.rules[i].answer(w, r, settings.port)
	default:
		b.forward(w, r, settings, settings.rules[i].groups)
	}
}
