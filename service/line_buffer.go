package main

import (
	"io"
	"sync"
	"time"
)

const (
	// lineBufferBytes is what a pipe takes at once on Linux.
	// https://man7.org/linux/man-pages/man7/pipe.7.html
	lineBufferBytes = 64 << 10

	// lineDelay is how long a line may wait for others. The log of a process
	// that is killed may lack as much at its end.
	lineDelay = 100 * time.Millisecond
)

// lineBuffer gathers the lines of the log and writes many at once. Under load,
// a write for each request would cost as much as the rest of the request.
type lineBuffer struct {
	out io.Writer

	mu      sync.Mutex
	lines   []byte
	waiting bool // for the flush that comes by itself
}

func newLineBuffer(out io.Writer) *lineBuffer {
	return &lineBuffer{out: out, lines: make([]byte, 0, lineBufferBytes)}
}

// Write takes a line, which is written within lineDelay.
func (b *lineBuffer) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.lines)+len(line) > lineBufferBytes {
		b.write()
	}
	b.lines = append(b.lines, line...)
	if !b.waiting {
		b.waiting = true
		time.AfterFunc(lineDelay, b.flush)
	}
	return len(line), nil
}

// flush writes the lines that have not been written yet.
func (b *lineBuffer) flush() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting = false
	b.write()
}

// write needs the lock. Its error is dropped: there is no other place to tell it.
func (b *lineBuffer) write() {
	if len(b.lines) == 0 {
		return
	}
	_, _ = b.out.Write(b.lines)
	b.lines = b.lines[:0]
}
