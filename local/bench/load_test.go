package main

import (
	"strings"
	"testing"
	"time"
)

func TestParseLoad(t *testing.T) {
	got, err := parseLoad(`{"requests":640000,"duration":8000000,"p50":2500,"p99":21000,"failed":3}`)
	if err != nil {
		t.Fatal(err)
	}
	want := load{requestsPerSecond: 80000, p50: 2500 * time.Microsecond, p99: 21 * time.Millisecond, failed: 3}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestALoadThatIsNoneIsAnError(t *testing.T) {
	tests := []struct{ name, line, want string }{
		{"nothing", "", "reading what wrk says"},
		{"what wrk says of wrong arguments", "Usage: wrk <options> <url>", "Usage: wrk"},
		{"no answer", `{"requests":0,"duration":8000000,"p50":0,"p99":0,"failed":200}`, "no answer"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := parseLoad(test.line)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}
