package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// warmUp is how long an app is loaded before it is measured, and loadTime
	// how long it is then.
	warmUp   = 2 * time.Second
	loadTime = 8 * time.Second

	// appPort is what the apps listen on, each in a network of its own.
	appPort = 5000
)

var (
	homeURL   = fmt.Sprintf("http://127.0.0.1:%d/", appPort)
	healthURL = homeURL + "health"
)

// A round is what an app did in containers that were made for it.
type round struct {
	load
	// first is from the start of the process to its first 200.
	first time.Duration
	// peakMemory is the most memory that the container had, in bytes.
	peakMemory int64
}

// round measures an app once.
func (c *comparison) round(ctx context.Context, app *image) (measured round, err error) {
	if measured.first, err = c.firstAnswer(ctx, app); err != nil {
		return round{}, err
	}
	running, err := c.startContainer(ctx, containerOptions{
		image: app.name, environment: c.environment(), network: noNetwork, logs: noLogs,
	})
	if err != nil {
		return round{}, err
	}
	defer func() { err = errors.Join(err, running.remove(ctx)) }()
	if err := c.waitUntilReady(ctx, running); err != nil {
		return round{}, err
	}
	if _, err := c.generateLoad(ctx, running, warmUp); err != nil {
		return round{}, err
	}
	if measured.load, err = c.generateLoad(ctx, running, loadTime); err != nil {
		return round{}, err
	}
	measured.peakMemory, err = running.peakMemory(ctx)
	return measured, err
}

// environment returns the variables of both apps. Those that an app does not
// know do nothing.
func (c *comparison) environment() []string {
	return []string{
		fmt.Sprintf("PORT=%d", appPort),            // the app, gunicorn
		fmt.Sprintf("WEB_CONCURRENCY=%d", c.cores), // gunicorn: its number of workers
	}
}

// firstAnswer returns how long an app takes from the start of its process to
// its first 200. The probe starts it in the container, so the time that an
// engine takes for the container itself is not in it.
func (c *comparison) firstAnswer(ctx context.Context, app *image) (time.Duration, error) {
	output, err := c.runContainer(ctx, containerOptions{
		image: app.name, environment: c.environment(), network: noNetwork, program: c.probe,
		entrypoint: []string{"/probe", healthURL}, arguments: app.command,
	})
	if err != nil {
		return 0, err
	}
	nanoseconds, err := strconv.ParseInt(lastLine(output), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("reading what the probe says: %w", err)
	}
	return time.Duration(nanoseconds), nil
}

// waitUntilReady waits until the app in a container answers.
func (c *comparison) waitUntilReady(ctx context.Context, app *runningContainer) error {
	_, err := c.runContainer(ctx, containerOptions{
		image: c.wrk.name, network: app.network(), program: c.probe, entrypoint: []string{"/probe", healthURL},
	})
	return err
}

// summarize returns the median of each figure over all rounds, but of the
// memory the most, and of failed requests the sum.
func summarize(rounds []round) round {
	return round{
		load: load{
			requestsPerSecond: median(rounds, func(r round) float64 { return r.requestsPerSecond }),
			p50:               median(rounds, func(r round) time.Duration { return r.p50 }),
			p99:               median(rounds, func(r round) time.Duration { return r.p99 }),
			failed:            failures(rounds),
		},
		first:      median(rounds, func(r round) time.Duration { return r.first }),
		peakMemory: slices.MaxFunc(rounds, func(a, b round) int { return cmp.Compare(a.peakMemory, b.peakMemory) }).peakMemory,
	}
}

// median returns the figure in the middle: of an even number of rounds, the
// higher one of the two there.
func median[T cmp.Ordered](rounds []round, figure func(round) T) T {
	var figures []T
	for _, r := range rounds {
		figures = append(figures, figure(r))
	}
	slices.Sort(figures)
	return figures[len(figures)/2]
}

func failures(rounds []round) int {
	sum := 0
	for _, r := range rounds {
		sum += r.failed
	}
	return sum
}

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndex(text, "\n")+1:]
}
