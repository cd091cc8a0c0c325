package main

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// shown returns the rows of a frame with something in them, as text.
func shown(f frame) string {
	var text strings.Builder
	for _, r := range f {
		for _, s := range r {
			text.WriteString(strings.Repeat(" ", max(0, s.column-column(text.String()))) + s.text)
		}
		if len(r) > 0 {
			text.WriteString("\n")
		}
	}
	return text.String()
}

// column returns how far the last row of a text goes.
func column(text string) int {
	return len([]rune(text[strings.LastIndex(text, "\n")+1:]))
}

func TestRecord(t *testing.T) {
	tests := []struct{ name, command, want string }{
		{"what a command prints is shown", `echo one; echo two`, "one\ntwo\n"},
		{"columns are kept", `printf 'a   b  c\n'`, "a   b  c\n"},
		{"what is printed over is gone", `printf 'creating\rcreated \n'`, "created\n"},
		{"a row further up is changed where it is", `printf 'one\ntwo\n\033[2Aten\n\n'`, "ten\ntwo\n"},
		{"the command has a terminal of a fixed size", `stty size`, "30 115\n"},
		{"what scrolled out is gone", `seq 1 40 | tail -n 2; seq 1 30 | tr '0-9' ' '`, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			frames, err := record(exec.CommandContext(t.Context(), "sh", "-c", test.command))
			if err != nil {
				t.Fatal(err)
			}
			if got := shown(frames[len(frames)-1]); got != test.want {
				t.Errorf("the terminal shows\n%swant\n%s", got, test.want)
			}
		})
	}
}

func TestRecordKeepsLooks(t *testing.T) {
	frames, err := record(exec.CommandContext(t.Context(), "printf",
		`\033[1m\033[38;5;2m+ \033[0mplain \033[4m\033[38;5;12mType\033[0m \033[31mred\033[0m`))
	if err != nil {
		t.Fatal(err)
	}
	want := row{
		{0, "+", look{color: 2, bold: true}},
		{2, "plain", look{color: textColor}},
		{8, "Type", look{color: 12, underline: true}},
		{13, "red", look{color: 1}},
	}
	got := frames[len(frames)-1][0]
	if len(got) != len(want) {
		t.Fatalf("row is %+v, want %+v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("span is %+v, want %+v", got[i], want[i])
		}
	}
}

func TestAProgramThatAsksTheTerminalIsAnswered(t *testing.T) {
	ctx := t.Context()
	command := exec.CommandContext(ctx, "sh", "-c", `stty -icanon -echo min 1; printf '\033[6n'; head -c 6 | tr -d '\033'; echo`)
	frames, err := record(command)
	if err != nil {
		t.Fatal(err)
	}
	if got := shown(frames[len(frames)-1]); !strings.Contains(got, "[1;1R") {
		t.Errorf("asked where the cursor is, the terminal says %q", got)
	}
}

func TestACommandThatFailsIsNotShown(t *testing.T) {
	_, err := record(exec.CommandContext(t.Context(), "sh", "-c", "echo no luck; exit 3"))
	if err == nil || !strings.Contains(err.Error(), "no luck") {
		t.Errorf("error is %v, want one with what was printed", err)
	}
}

func TestARecordingThatIsInterruptedEndsItsCommand(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	begin := time.Now()
	_, err := record(exec.CommandContext(ctx, "sh", "-c", "sleep 60"))
	if err == nil || !strings.Contains(err.Error(), "interrupt") || time.Since(begin) > 30*time.Second {
		t.Errorf("error after %s is %v", time.Since(begin), err)
	}
}

func TestATimeInWhichNothingChangesIsNoFrame(t *testing.T) {
	frames, err := record(exec.CommandContext(t.Context(), "sh", "-c", "echo one; sleep 1; echo two"))
	if err != nil {
		t.Fatal(err)
	}
	if len(frames) != 2 {
		t.Errorf("there are %d frames, want one of each line", len(frames))
	}
}
