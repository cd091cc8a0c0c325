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
	took, err := r.time(name, work)
	if err != nil {
		fmt.Fprintf(r.out, "  ✗ %s (%s)\n", name, took)
		return err
	}
	r.Ready(fmt.Sprintf("%s (%s)", name, took))
	return nil
}

// Attempt is Step for work that may fail, because there is another way: the
// failure is reported with its reason, as a fact.
func (r *Reporter) Attempt(name string, work func() error) error {
	took, err := r.time(name, work)
	if err != nil {
		r.Note("%s: not possible (%s): %s", name, took, err)
		return err
	}
	r.Ready(fmt.Sprintf("%s (%s)", name, took))
	return nil
}

func (r *Reporter) time(name string, work func() error) (time.Duration, error) {
	fmt.Fprintf(r.out, "  … %s\n", name)
	start := time.Now()
	err := work()
	return time.Since(start).Round(100 * time.Millisecond), err
}

// Ready reports something that was there already.
func (r *Reporter) Ready(what string) {
	fmt.Fprintf(r.out, "  ✓ %s\n", what)
}

// Note reports a decision or a limit that the reader should know of.
func (r *Reporter) Note(format string, arguments ...any) {
	fmt.Fprintf(r.out, "  · "+format+"\n", arguments...)
}
