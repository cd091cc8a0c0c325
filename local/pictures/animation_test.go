package main

import (
	"strings"
	"testing"
)

// word returns a row of one word.
func word(text string) row { return row{{0, text, look{color: textColor}}} }

func TestDrawFrames(t *testing.T) {
	picture := string(drawFrames([]frame{{word("make")}, {word("make"), word("<up>")}}, palettes[0]))
	checkXML(t, "the animation", []byte(picture))
	tests := []struct {
		name, part string
		count      int
	}{
		{"a row that is in two frames is drawn once", ">make<", 1},
		{"and used again", `<use href="#r0" y="14"/>`, 1},
		{"text is no markup", "&lt;up&gt;", 1},
		{"each frame has its time", "transform: translateX(-966px) }\n", 1},
		{"the first frame is there from the beginning", "0.000% { transform: translateX(-0px) }", 1},
		{"the last one longer than the others", "5.660% { transform: translateX(-966px) }", 1},
		{"who prefers no motion sees the last frame", "@media (prefers-reduced-motion: reduce) { .film { animation: none; transform: translateX(-966px) } }", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := strings.Count(picture, test.part); got != test.count {
				t.Errorf("%q is there %d times, want %d:\n%s", test.part, got, test.count, picture)
			}
		})
	}
}

func TestLooksAreClasses(t *testing.T) {
	tests := []struct {
		look look
		want string
	}{
		{look{color: textColor}, ""},
		{look{color: 12, underline: true}, ` class="c12 u"`},
		{look{color: 2, bold: true}, ` class="c2 b"`},
	}
	for _, test := range tests {
		if got := test.look.classes(); got != test.want {
			t.Errorf("%+v has the classes %q, want %q", test.look, got, test.want)
		}
	}
}
