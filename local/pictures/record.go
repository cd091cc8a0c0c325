package main

import (
	"fmt"
	"image/color"
	"io"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
)

const (
	// columns is what the rows of pulumi up take, and what can be read in the
	// column of a README.
	columns = 115
	rows    = 30

	// lookEvery is how often the terminal is looked at.
	lookEvery = 300 * time.Millisecond
)

// A frame is what a terminal shows at a time, row by row.
type frame []row

// A row is the text in a row of a terminal, without the blanks around it.
type row []span

// A span is a word, or a part of one.
type span struct {
	column int
	text   string
	look   look
}

// A look is how text is shown.
type look struct {
	// color is one of the terminal's 16, or textColor.
	color           int
	bold, underline bool
}

// textColor is the color of text that no other one is asked for.
const textColor = -1

// record runs a command on a terminal and returns what that has shown, without
// the times in which nothing has changed. The last frame is that of the end.
func record(command *exec.Cmd) ([]frame, error) {
	// What Ctrl-C does: the command and those that it runs end in good order.
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGINT) }
	terminal, err := pty.StartWithSize(command, &pty.Winsize{Cols: columns, Rows: rows})
	if err != nil {
		return nil, fmt.Errorf("running %s: %w", command, err)
	}
	defer terminal.Close()
	screen := vt.NewEmulator(columns, rows)
	defer answer(screen, terminal)()
	frames := watch(screen, terminal)
	if err := command.Wait(); err != nil {
		return nil, fmt.Errorf("running %s: %w: %s", command, err, strings.TrimSpace(screen.String()))
	}
	return frames, nil
}

// answer gives to a program what its terminal has to say: it may ask for its
// colors and the like. It does so until the function is called that it returns.
func answer(screen *vt.Emulator, terminal io.Writer) (end func()) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		io.Copy(terminal, screen) //nolint:errcheck // fails when the program has ended, which needs no answer
	}()
	return func() {
		// Closing the emulator would race with reading from it.
		screen.InputPipe().(io.Closer).Close()
		<-ended
	}
}

// watch shows output on a screen and looks at that from time to time.
func watch(screen *vt.Emulator, output io.Reader) []frame {
	var frames []frame
	look := func() {
		now := frameOf(screen)
		if len(frames) == 0 || !slices.EqualFunc(now, frames[len(frames)-1], slices.Equal) {
			frames = append(frames, now)
		}
	}
	chunks := read(output)
	ticks := time.NewTicker(lookEvery)
	defer ticks.Stop()
	for {
		select {
		case chunk, more := <-chunks:
			if !more {
				look()
				return frames
			}
			screen.Write(chunk) //nolint:errcheck // an emulator takes all
		case <-ticks.C:
			look()
		}
	}
}

// read reads until there is no more, which a terminal says by an error.
func read(output io.Reader) <-chan []byte {
	chunks := make(chan []byte)
	go func() {
		defer close(chunks)
		for {
			chunk := make([]byte, 1<<16)
			n, err := output.Read(chunk)
			if err != nil {
				return
			}
			chunks <- chunk[:n]
		}
	}()
	return chunks
}

// frameOf returns what a screen shows.
func frameOf(screen *vt.Emulator) frame {
	shown := make(frame, screen.Height())
	for y := range shown {
		shown[y] = rowOf(screen, y)
	}
	return shown
}

// rowOf returns a row of a screen. Each word has its column, so that columns
// are aligned whatever the font.
func rowOf(screen *vt.Emulator, y int) row {
	var spans row
	for x := range screen.Width() {
		cell := screen.CellAt(x, y)
		if cell == nil || strings.TrimSpace(cell.Content) == "" {
			continue
		}
		next := spanOf(cell, x)
		if last := len(spans) - 1; last >= 0 && spans[last].endsAt(x) && spans[last].look == next.look {
			spans[last].text += next.text
			continue
		}
		spans = append(spans, next)
	}
	return spans
}

// spanOf returns a cell as a span.
func spanOf(cell *uv.Cell, column int) span {
	return span{column: column, text: cell.Content, look: look{
		color:     colorOf(cell.Style.Fg),
		bold:      cell.Style.Attrs&uv.AttrBold != 0,
		underline: cell.Style.Underline != uv.UnderlineNone,
	}}
}

// endsAt tells whether a span goes on at a column.
func (s span) endsAt(column int) bool {
	return s.column+utf8.RuneCountInString(s.text) == column
}

// colorOf returns which of the terminal's 16 colors a color is. Others, which
// Pulumi does not use, are that of text.
func colorOf(c color.Color) int {
	switch c := c.(type) {
	case ansi.BasicColor:
		return int(c)
	case ansi.IndexedColor:
		if c < 16 {
			return int(c)
		}
	}
	return textColor
}
