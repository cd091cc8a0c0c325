package main

import (
	"context"
	"fmt"
	"time"
)

// What is to be reached, besides a lower 99th percentile than Flask's and no
// request that fails.
const (
	// requestsTarget is how many times Flask's requests per second.
	requestsTarget = 10

	// imageTarget is how many times as large Flask's image is.
	imageTarget = 10

	// firstTarget is from the start of the process to its first 200.
	firstTarget = 50 * time.Millisecond

	// memoryTarget is in bytes.
	memoryTarget = 32_000_000
)

// loadRows stands for all rows of [compareRounds] where there is no round.
const loadRows = "first 200, requests per second, memory"

// measureService measures the app and its counterpart in Flask.
func measureService(ctx context.Context, m *machine) ([]row, error) {
	c := &comparison{machine: m, service: &app{}, flask: &app{}}
	err := c.run(ctx)
	return compare(c.service, c.flask), err
}

// compare returns the figures as rows of the table.
func compare(service, flask *app) []row {
	rows := compareImages(service, flask)
	if len(service.rounds) == 0 || len(flask.rounds) == 0 {
		return append(rows, row{name: loadRows})
	}
	return append(rows, compareRounds(summarize(service.rounds), summarize(flask.rounds))...)
}

func compareImages(service, flask *app) []row {
	if service.image == nil || flask.image == nil {
		return []row{{name: "image size"}}
	}
	return []row{{
		name:    "image, uncompressed",
		figure:  megabytes(service.image.size),
		flask:   megabytes(flask.image.size),
		target:  fmt.Sprintf("< 1/%d of Flask's", imageTarget),
		reached: service.image.size*imageTarget < flask.image.size,
	}}
}

func compareRounds(service, flask round) []row {
	times := service.requestsPerSecond / flask.requestsPerSecond
	return []row{
		{
			name: "start of the process to its first 200", figure: milliseconds(service.first), flask: milliseconds(flask.first),
			target: "< " + milliseconds(firstTarget), reached: service.first < firstTarget,
		},
		{
			name:   fmt.Sprintf("requests per second of %d connections", connections),
			figure: fmt.Sprintf("%.0f", service.requestsPerSecond), flask: fmt.Sprintf("%.0f", flask.requestsPerSecond),
			target: fmt.Sprintf("%d times Flask's (%.1f times)", requestsTarget, times), reached: times >= requestsTarget,
		},
		{name: "  time to an answer, median", figure: milliseconds(service.p50), flask: milliseconds(flask.p50)},
		{
			name: "  time to an answer, 99th percentile", figure: milliseconds(service.p99), flask: milliseconds(flask.p99),
			target: "< Flask's", reached: service.p99 < flask.p99,
		},
		{
			name: "  failed requests", figure: fmt.Sprint(service.failed), flask: fmt.Sprint(flask.failed),
			target: "none", reached: service.failed == 0 && flask.failed == 0,
		},
		{
			name: "  peak memory of the container's cgroup", figure: megabytes(service.peakMemory), flask: megabytes(flask.peakMemory),
			target: "< " + megabytes(memoryTarget), reached: service.peakMemory < memoryTarget,
		},
	}
}
