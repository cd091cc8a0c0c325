// Package progress tells the person at the terminal what is being made ready
// and how long each part took.
package progress

import (
	"fmt"
	"io"
	"time"
)

// A Reporter writes one line when a step begins to take time and one when it
// has ended. It is meant for one goroutine.
type Reporter struct {
	out io.Writer
}

// New returns a Reporter that writes to out.
func New(out io.Writer) *Reporter {
	return &Reporter{out: out}
}

// Step runs work and reports it under name: what is being done before it
// starts, how long it took when it ends, and that it failed if it did. The
// error of work is returned as it is.
func (r *Reporter) Step(name string, work func() error) error {
	fmt.Fprintf(r.out, "  … %s\n", name)
	start := time.Now()
	err := work()
	took := time.Since(start).Round(100 * time.Millisecond)
	if err != nil {
		fmt.Fprintf(r.out, "  ✗ %s (%s)\n", name, took)
		return err
	}
	fmt.Fprintf(r.out, "  ✓ %s (%s)\n", name, took)
	return nil
}

// Ready reports something that was there already.
func (r *Reporter) Ready(what string) {
	fmt.Fprintf(r.out, "  ✓ %s\n", what)
}

// Note reports a decision or a limit that the reader should know of.
func (r *Reporter) Note(format string, arguments ...any) {
	fmt.Fprintf(r.out, "  · "+format+"\n", arguments...)
}
