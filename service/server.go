package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

const (
	// A request comes in within readTimeout and is answered within
	// writeTimeout after its header, so a slow client holds a connection for
	// less than drainTimeout.
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 10 * time.Second
	writeTimeout      = 15 * time.Second

	// idleTimeout is above the load balancer's 60 s. Were it below, the load
	// balancer would send requests on connections that this end is just
	// closing, and answer 502.
	idleTimeout = 75 * time.Second

	// drainTimeout is below the 30 s that ECS waits by default between SIGTERM
	// and SIGKILL.
	drainTimeout = 25 * time.Second

	// maxHeaderBytes is what an Application Load Balancer lets through.
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
	maxHeaderBytes = 64 << 10
)

// newServer returns a server that no client can hold up for long.
func newServer(handler http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
}

// serve serves until ctx ends, then takes no more connections and returns when
// all that is in flight is answered, or cuts it off after drain. ECS has taken
// the task out of the load balancer before it sends SIGTERM, so no new request
// can be on its way.
func serve(ctx context.Context, server *http.Server, listener net.Listener, drain time.Duration, logger *slog.Logger) error {
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}

	logger.Info("draining", "reason", context.Cause(ctx).Error())
	// Not made from ctx, which has ended.
	draining, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	if err := server.Shutdown(draining); err != nil {
		server.Close()
		return fmt.Errorf("cut off requests that were still in flight %s after the signal to stop: %w", drain, err)
	}
	logger.Info("stopped")
	return nil
}
