package main

import (
	"context"
	"fmt"
	"time"
)

// healthCheckTimeout is below the 5 s after which ECS ends the check: this
// process can still say why it failed.
const healthCheckTimeout = 3 * time.Second

// checkHealth asks the server in this container whether it is well. It is the
// container's health check, as the image has no shell and no other program.
func checkHealth(ctx context.Context, settings settings) error {
	ctx, cancel := context.WithTimeout(ctx, healthCheckTimeout)
	defer cancel()
	if _, err := get(ctx, fmt.Sprintf("http://127.0.0.1:%d%s", settings.port, settings.health)); err != nil {
		return fmt.Errorf("not healthy: %w", err)
	}
	return nil
}
