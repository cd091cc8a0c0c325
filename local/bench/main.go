// Command bench measures the stack on this machine: how long deployments to
// the emulator take, and what the app does beside the same two endpoints in
// Flask. It is what the Makefile runs:
//
//	bench [deployment] [service]
//
// Without arguments it measures both, which takes several minutes. It exits
// with 0 if all targets are reached, with 2 if it was called wrongly, and with
// 1 otherwise. It runs in the repository's top directory and changes nothing
// there. What it starts, it stops.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"fargate-stack/local/progress"
)

// A part measures something, and returns a row for each figure, those that it
// did not get to included.
type part struct {
	name    string
	measure func(context.Context, *machine) ([]row, error)
}

var parts = []part{
	{"deployment", measureDeployment},
	{"service", measureService},
}

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(arguments []string, out, problems io.Writer) int {
	chosen, err := choose(arguments)
	if err != nil {
		fmt.Fprintln(problems, "bench:", err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	rows, err := measure(ctx, chosen, out)
	writeTable(out, rows)
	if ctx.Err() != nil {
		err = fmt.Errorf("interrupted: %w", err)
	}
	if err != nil {
		fmt.Fprintln(problems, "bench:", err)
	}
	if err != nil || slices.ContainsFunc(rows, row.missed) {
		return 1
	}
	return 0
}

// choose returns the parts that the arguments name: all if there are none.
func choose(arguments []string) ([]part, error) {
	chosen := slices.Clone(parts)
	if len(arguments) > 0 {
		chosen = slices.DeleteFunc(chosen, func(p part) bool { return !slices.Contains(arguments, p.name) })
	}
	for _, argument := range arguments {
		if !slices.ContainsFunc(chosen, func(p part) bool { return p.name == argument }) {
			return nil, fmt.Errorf("there is no %q to measure; usage: bench [deployment] [service]", argument)
		}
	}
	return chosen, nil
}

// measure makes the machine ready and measures the parts one after the other.
// One that fails does not keep the others from being measured.
func measure(ctx context.Context, chosen []part, out io.Writer) (rows []row, err error) {
	m, err := newMachine(ctx, progress.New(out))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, m.close()) }()
	var failed []error
	for _, p := range chosen {
		fmt.Fprintf(out, "\nMeasuring the %s:\n", p.name)
		measured, err := p.measure(ctx, m)
		rows = append(rows, measured...)
		if err != nil {
			failed = append(failed, fmt.Errorf("measuring the %s: %w", p.name, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return rows, errors.Join(failed...)
}
