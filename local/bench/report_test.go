package main

import (
	"strings"
	"testing"
)

func TestWriteTable(t *testing.T) {
	rows := []row{
		{name: "without a target", figure: "1.0 s"},
		{name: "reached", figure: "2.0 s", flask: "20.0 s", target: "< 3 s", reached: true},
		{name: "missed", figure: "4.0 s", target: "< 3 s"},
		{name: "without a figure", target: "< 3 s"},
	}
	want := `
                   app            Flask    target   
without a target   1.0 s                            
reached            2.0 s          20.0 s   < 3 s    ok
missed             4.0 s                   < 3 s    missed
without a figure   not measured            < 3 s    missed
`
	var out strings.Builder
	writeTable(&out, rows)
	if out.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", out.String(), want)
	}
}

func TestOnlyATargetCanBeMissed(t *testing.T) {
	tests := []struct {
		name string
		row  row
		want bool
	}{
		{"no target", row{figure: "1 s"}, false},
		{"a target that is reached", row{figure: "1 s", target: "< 2 s", reached: true}, false},
		{"a target that is not reached", row{figure: "3 s", target: "< 2 s"}, true},
		{"a figure that was not measured", row{target: "< 2 s"}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := test.row.missed(); got != test.want {
				t.Errorf("missed is %t, want %t", got, test.want)
			}
		})
	}
}
