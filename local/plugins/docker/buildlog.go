package main

import (
	"encoding/json"
	"fmt"
	"strings"

	control "github.com/moby/buildkit/api/services/control"
	"google.golang.org/protobuf/proto"
)

// keptLines is how many of a step's last lines an error shows.
const keptLines = 20

// A buildLog follows the steps of a build. It reports them and what they
// print, and remembers enough to tell why one failed.
type buildLog struct {
	report func(line string)
	steps  map[string]*buildStep
	// failed is the step that ended the build. Those that ran beside it are
	// canceled, and report an error after it.
	failed *buildStep
}

// A buildStep is one instruction of the Dockerfile, or something that BuildKit
// does besides them.
type buildStep struct {
	name      string
	announced bool
	// rest is the beginning of a line whose end has not come yet.
	rest string
	tail []string
}

func newBuildLog(report func(line string)) *buildLog {
	return &buildLog{report: report, steps: map[string]*buildStep{}}
}

// trace takes in a message of BuildKit as the engine passes it on: a status
// in protocol buffers, as text in base64, in JSON.
func (l *buildLog) trace(aux json.RawMessage) error {
	var encoded []byte
	if err := json.Unmarshal(aux, &encoded); err != nil {
		return fmt.Errorf("reading the build log: %w", err)
	}
	var status control.StatusResponse
	if err := proto.Unmarshal(encoded, &status); err != nil {
		return fmt.Errorf("reading the build log: %w", err)
	}
	for _, vertex := range status.Vertexes {
		l.vertex(vertex)
	}
	for _, log := range status.Logs {
		l.output(log)
	}
	for _, warning := range status.Warnings {
		l.report("warning: " + string(warning.Short))
	}
	return nil
}

// vertex takes in how far a step is.
func (l *buildLog) vertex(vertex *control.Vertex) {
	step := l.step(vertex.Digest)
	step.name = vertex.Name
	if !step.announced && (vertex.Cached || vertex.Started != nil) {
		step.announced = true
		if vertex.Cached {
			l.report(vertex.Name + " (cached)")
		} else {
			l.report(vertex.Name)
		}
	}
	if vertex.Error != "" && l.failed == nil {
		l.failed = step
	}
	if vertex.Completed != nil {
		l.flush(step)
	}
}

// output takes in what a step prints.
func (l *buildLog) output(log *control.VertexLog) {
	step := l.step(log.Vertex)
	text := step.rest + string(log.Msg)
	step.rest = ""
	for line := range strings.Lines(text) {
		if !strings.HasSuffix(line, "\n") {
			step.rest = line
			break
		}
		l.line(step, line)
	}
}

// line takes in a whole line.
func (l *buildLog) line(step *buildStep, line string) {
	line = strings.TrimRight(line, "\r\n")
	l.report(line)
	step.tail = append(step.tail, line)
	step.tail = step.tail[max(0, len(step.tail)-keptLines):]
}

// flush takes in the last line of a step, if that has no end.
func (l *buildLog) flush(step *buildStep) {
	if step.rest != "" {
		l.line(step, step.rest)
		step.rest = ""
	}
}

func (l *buildLog) step(digest string) *buildStep {
	if l.steps[digest] == nil {
		l.steps[digest] = &buildStep{}
	}
	return l.steps[digest]
}

// explain adds to a build's error which step failed and what it printed last.
func (l *buildLog) explain(err error) error {
	if l.failed == nil {
		return err
	}
	l.flush(l.failed)
	err = fmt.Errorf("step %s: %w", l.failed.name, err)
	if len(l.failed.tail) > 0 {
		err = fmt.Errorf("%w\nlast lines of its output:\n  %s", err, strings.Join(l.failed.tail, "\n  "))
	}
	return err
}
