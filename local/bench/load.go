package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// connections is how many clients ask at once, each again as soon as it has
// its answer.
const connections = 200

// A load is what clients saw of an app.
type load struct {
	requestsPerSecond float64
	// p50 and p99 are percentiles of the time to an answer.
	p50, p99 time.Duration
	// failed is how many requests had no answer, or one that is an error.
	failed int
}

// generateLoad asks the app in a container for both endpoints in turn. The load
// generator, wrk, shares the network of the app, so there is nothing between
// them that would have to be measured too.
func (c *comparison) generateLoad(ctx context.Context, app *runningContainer, duration time.Duration) (load, error) {
	output, err := c.runContainer(ctx, containerOptions{
		image:   c.wrk.name,
		network: app.network(),
		arguments: []string{
			"--threads", strconv.Itoa(c.cores),
			"--connections", strconv.Itoa(connections),
			"--duration", fmt.Sprintf("%.0fs", duration.Seconds()),
			homeURL,
		},
	})
	if err != nil {
		return load{}, err
	}
	return parseLoad(lastLine(output))
}

// parseLoad reads the line that wrk/both.lua prints.
func parseLoad(line string) (load, error) {
	var result struct {
		Requests, Failed   int
		Duration, P50, P99 int64 // in microseconds
	}
	if err := json.Unmarshal([]byte(line), &result); err != nil {
		return load{}, fmt.Errorf("reading what wrk says, %q: %w", line, err)
	}
	if result.Requests == 0 || result.Duration == 0 {
		return load{}, fmt.Errorf("wrk got no answer: %s", line)
	}
	return load{
		requestsPerSecond: float64(result.Requests) / (float64(result.Duration) / 1e6),
		p50:               time.Duration(result.P50) * time.Microsecond,
		p99:               time.Duration(result.P99) * time.Microsecond,
		failed:            result.Failed,
	}, nil
}
