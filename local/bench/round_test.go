package main

import (
	"testing"
	"time"
)

func TestSummarize(t *testing.T) {
	rounds := []round{
		{load{100, 3 * time.Millisecond, 30 * time.Millisecond, 1}, 8 * time.Millisecond, 10},
		{load{300, 1 * time.Millisecond, 90 * time.Millisecond, 0}, 7 * time.Millisecond, 30},
		{load{200, 2 * time.Millisecond, 20 * time.Millisecond, 4}, 9 * time.Millisecond, 20},
	}
	want := round{load{200, 2 * time.Millisecond, 30 * time.Millisecond, 5}, 8 * time.Millisecond, 30}
	if got := summarize(rounds); got != want {
		t.Errorf("got %+v, want %+v: medians, the sum of failures, and the most memory", got, want)
	}
}

func TestLastLine(t *testing.T) {
	for text, want := range map[string]string{
		"one line":            "one line",
		"one line\n":          "one line",
		"first\nsecond\r\n\n": "second",
		"":                    "",
	} {
		if got := lastLine(text); got != want {
			t.Errorf("of %q: got %q, want %q", text, got, want)
		}
	}
}
