package loadbalancer

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
)

// An admission is the socket of a listener behind the security groups of its
// load balancer. They drop the packets of a client that they don't admit: its
// connection, which the kernel has made already, is never answered.
type admission struct {
	net.Listener
	ctx      context.Context // ends when the listener is closed for good
	dialer   Dialer
	log      *slog.Logger
	listener *listener
}

// Accept returns the next connection, which speaks TLS if the listener is one of
// HTTPS. Whether its client is admitted is found out when it is read from, so
// that it keeps no other client waiting.
func (a *admission) Accept() (net.Conn, error) {
	accepted, err := a.Listener.Accept()
	if err != nil {
		return nil, err
	}
	guarded := &guardedConn{TCPConn: accepted.(*net.TCPConn), admits: a.admits}
	if config := a.listener.settings.Load().tls; config != nil {
		return tls.Server(guarded, config), nil
	}
	return guarded, nil
}

func (a *admission) admits(client netip.Addr) bool {
	settings := a.listener.settings.Load()
	admitted, err := a.dialer.AdmitsClient(a.ctx, client, settings.loadBalancer, settings.port)
	if err != nil {
		a.log.Error("client not admitted: its security groups are not known", "client", client, "error", err)
	}
	return admitted && err == nil
}

// A guardedConn has nothing to read, for as long as its client is there, if
// the client is not admitted.
type guardedConn struct {
	*net.TCPConn
	admits   func(client netip.Addr) bool
	once     sync.Once
	admitted bool
}

func (c *guardedConn) Read(buffer []byte) (int, error) {
	c.once.Do(func() {
		c.admitted = c.admits(c.RemoteAddr().(*net.TCPAddr).AddrPort().Addr().Unmap())
	})
	if c.admitted {
		return c.TCPConn.Read(buffer)
	}
	// Reading is how to notice that the client leaves.
	if _, err := io.Copy(io.Discard, c.TCPConn); err != nil {
		return 0, err
	}
	return 0, io.EOF
}
