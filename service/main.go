// Command service is the app that fargate-stack runs on ECS Fargate: a web
// server that says what it is and where it runs.
//
//	service               serve until SIGTERM
//	service healthcheck   exit with 0 if the server in this container is well
//
// These environment variables set it up:
//
//	PORT                TCP port to listen on (5000)
//	HEALTH_CHECK_PATH   path that answers 200 while the server is well (/health)
//	LOG_LEVEL           debug, info, warn or error (info); with debug, health
//	                    checks are logged too
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"slices"
	"syscall"
)

// version is what was built. The build sets it, see the Dockerfile.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "service:", err)
		os.Exit(1)
	}
}

// run does what args ask for. Logs go to out.
func run(ctx context.Context, args []string, getenv func(string) string, out io.Writer) error {
	settings, err := readSettings(getenv)
	if err != nil {
		return err
	}
	switch {
	case len(args) == 0:
		return start(ctx, settings, out)
	case slices.Equal(args, []string{"healthcheck"}):
		return checkHealth(ctx, settings)
	default:
		return fmt.Errorf("unknown arguments %q: give none to serve, or healthcheck to check the server that runs", args)
	}
}

// start serves until ctx ends.
func start(ctx context.Context, settings settings, out io.Writer) error {
	lines := newLineBuffer(out)
	defer lines.flush()
	logger := slog.New(slog.NewJSONHandler(lines, &slog.HandlerOptions{Level: settings.logLevel}))
	host, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("reading the host name: %w", err)
	}
	about := identity{Name: appName, Version: version, Host: host, Task: host}
	home, err := newHomePage(about)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", fmt.Sprintf(":%d", settings.port))
	if err != nil {
		return fmt.Errorf("%w: free port %d, or set PORT to another one (below 1024 only root may listen)", err, settings.port)
	}
	logger.Info("listening", "port", settings.port, "version", version)
	if settings.taskMetadataURI != "" {
		go showTask(ctx, settings.taskMetadataURI, home, about, logger)
	}
	handler := observe(logger, settings.healthPattern(), limitBody(routes(home, settings)))
	return serve(ctx, newServer(handler, logger), listener, drainTimeout, logger)
}
