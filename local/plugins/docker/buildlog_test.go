package main

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	control "github.com/moby/buildkit/api/services/control"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// follow feeds statuses to a build log as the engine sends them, and returns
// the lines that are reported.
func follow(t *testing.T, statuses ...*control.StatusResponse) (*buildLog, []string) {
	t.Helper()
	var lines []string
	log := newBuildLog(func(line string) { lines = append(lines, line) })
	for _, status := range statuses {
		message, err := proto.Marshal(status)
		if err != nil {
			t.Fatal(err)
		}
		aux, err := json.Marshal(message)
		if err != nil {
			t.Fatal(err)
		}
		if err := log.trace(aux); err != nil {
			t.Fatal(err)
		}
	}
	return log, lines
}

func vertex(name string, change func(*control.Vertex)) *control.StatusResponse {
	v := &control.Vertex{Digest: "sha256:" + name, Name: name}
	change(v)
	return &control.StatusResponse{Vertexes: []*control.Vertex{v}}
}

func started(v *control.Vertex)   { v.Started = timestamppb.Now() }
func completed(v *control.Vertex) { v.Started, v.Completed = timestamppb.Now(), timestamppb.Now() }
func cached(v *control.Vertex)    { completed(v); v.Cached = true }
func waiting(*control.Vertex)     {}
func failed(v *control.Vertex)    { completed(v); v.Error = "exit code: 1" }

func output(name, text string) *control.StatusResponse {
	return &control.StatusResponse{Logs: []*control.VertexLog{{Vertex: "sha256:" + name, Msg: []byte(text)}}}
}

func TestABuildIsReportedLineByLine(t *testing.T) {
	_, lines := follow(t,
		vertex("load", waiting), vertex("copy", waiting), vertex("run", waiting),
		vertex("load", started), vertex("load", completed), vertex("copy", cached),
		vertex("run", started), output("run", "one\r\ntwo\nth"), output("run", "ree\nfour"), vertex("run", completed),
		&control.StatusResponse{Warnings: []*control.VertexWarning{{Short: []byte("old syntax")}}})
	want := []string{"load", "copy (cached)", "run", "one", "two", "three", "four", "warning: old syntax"}
	if !slices.Equal(lines, want) {
		t.Errorf("got %q, want %q", lines, want)
	}
}

func TestAnErrorNamesTheStepThatFailedFirst(t *testing.T) {
	cause := errors.New("exit code: 1")
	log, _ := follow(t, vertex("a", started), vertex("b", started), output("a", "all is well\n"),
		output("b", strings.Repeat("line\n", keptLines)+"last\nwords"), vertex("b", failed), vertex("a", failed))
	err := log.explain(cause)
	if !errors.Is(err, cause) {
		t.Errorf("%v does not wrap its cause", err)
	}
	for _, want := range []string{"step b: exit code: 1", "\n  last\n  words"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q: %v", want, err)
		}
	}
	if strings.Count(err.Error(), "  line\n") != keptLines-2 || strings.Contains(err.Error(), "all is well") {
		t.Errorf("the error shows the wrong lines: %v", err)
	}
}

func TestAnErrorBeforeAnyStepIsLeftAsItIs(t *testing.T) {
	log, _ := follow(t)
	cause := errors.New("dockerfile parse error")
	if err := log.explain(cause); err != cause {
		t.Errorf("got %v", err)
	}
}
