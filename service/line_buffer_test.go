package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// writes are what was written, in the pieces in which it came.
type writes struct {
	mu     sync.Mutex
	pieces []string
}

func (w *writes) Write(piece []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pieces = append(w.pieces, string(piece))
	return len(piece), nil
}

func (w *writes) expect(t *testing.T, want ...string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Equal(w.pieces, want) {
		t.Errorf("written: %q, want %q", w.pieces, want)
	}
}

func TestLinesAreWrittenTogetherAfterTheFirstHasWaitedLongEnough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &writes{}
		lines := newLineBuffer(out)
		fmt.Fprintln(lines, "one")
		time.Sleep(lineDelay - time.Nanosecond)
		fmt.Fprintln(lines, "two")
		out.expect(t)
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		out.expect(t, "one\ntwo\n")

		fmt.Fprintln(lines, "three")
		time.Sleep(lineDelay)
		synctest.Wait()
		out.expect(t, "one\ntwo\n", "three\n")
	})
}

func TestLinesThatFillTheBufferDoNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &writes{}
		lines := newLineBuffer(out)
		full := strings.Repeat("x", lineBufferBytes)
		lines.Write([]byte(full))
		lines.Write([]byte("y"))
		out.expect(t, full)
		lines.flush()
		out.expect(t, full, "y")
	})
}

func TestNoLineIsLostOrTornWhenManyWrite(t *testing.T) {
	var out bytes.Buffer
	lines := newLineBuffer(&out)
	line := strings.Repeat("x", 999) + "\n"
	var writers sync.WaitGroup
	for range 10 {
		writers.Go(func() {
			for range 100 {
				lines.Write([]byte(line))
			}
		})
	}
	writers.Wait()
	lines.flush()
	if want := strings.Repeat(line, 1000); out.String() != want {
		t.Errorf("written: %d bytes, want %d in whole lines", out.Len(), len(want))
	}
}
