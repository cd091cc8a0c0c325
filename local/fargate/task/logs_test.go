package task

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/docker/docker/pkg/stdcopy"
)

func TestOutputIsCutIntoLines(t *testing.T) {
	long := strings.Repeat("x", longestLine)
	tests := []struct {
		name, output string
		want         []string
	}{
		{"none", "", nil},
		{"lines", "one\ntwo\n", []string{"one", "two"}},
		{"a last line without an end", "one\ntwo", []string{"one", "two"}},
		{"Windows' ends of lines", "one\r\ntwo\r\n", []string{"one", "two"}},
		{"empty lines, which CloudWatch does not take", "one\n\n\ntwo\n", []string{"one", "two"}},
		{"a line as long as CloudWatch takes it", long + "\n", []string{long}},
		{"a longer line", long + "yz\nnext\n", []string{long, "yz", "next"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var docker bytes.Buffer // output as Docker sends it
			if _, err := stdcopy.NewStdWriter(&docker, stdcopy.Stdout).Write([]byte(test.output)); err != nil {
				t.Fatal(err)
			}
			lines := make(chan logstypes.InputLogEvent, 10)
			if err := readLines(&docker, lines); err != nil {
				t.Fatal(err)
			}
			close(lines)
			var got []string
			for line := range lines {
				got = append(got, *line.Message)
				if age := time.Since(time.UnixMilli(*line.Timestamp)); age > time.Minute || age < -time.Second {
					t.Errorf("a line is %s old", age)
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %d lines, want %d: %.100q", len(got), len(test.want), got)
			}
		})
	}
}

func TestBothOutputsAreInTheLog(t *testing.T) {
	var docker bytes.Buffer
	for _, output := range []struct {
		stream stdcopy.StdType
		text   string
	}{{stdcopy.Stdout, "out\n"}, {stdcopy.Stderr, "err\n"}} {
		if _, err := stdcopy.NewStdWriter(&docker, output.stream).Write([]byte(output.text)); err != nil {
			t.Fatal(err)
		}
	}
	lines := make(chan logstypes.InputLogEvent, 2)
	if err := readLines(&docker, lines); err != nil {
		t.Fatal(err)
	}
	if first, second := <-lines, <-lines; *first.Message != "out" || *second.Message != "err" {
		t.Errorf("logged are %s and %s", *first.Message, *second.Message)
	}
}

func TestOutputThatIsBrokenIsAnError(t *testing.T) {
	if err := readLines(strings.NewReader("no frames"), make(chan logstypes.InputLogEvent, 1)); err == nil {
		t.Error("it is none")
	}
}

func event(message string) logstypes.InputLogEvent {
	return logstypes.InputLogEvent{Message: aws.String(message), Timestamp: aws.Int64(0)}
}

func TestLinesAreSentTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeCloud()
		task := f.described(t)
		lines := make(chan logstypes.InputLogEvent)
		go task.sendLines(logStream{"/ecs/app", "ecs/app/1"}, lines)
		lines <- event("one")
		lines <- event("two")
		synctest.Wait()
		if got := f.logged(); len(got) > 0 {
			t.Errorf("at once, sent are %v", got)
		}
		time.Sleep(flushInterval)
		synctest.Wait()
		if got := f.logged(); !slices.Equal(got, []string{"ecs/app: one", "ecs/app: two"}) || len(f.batches) != 1 {
			t.Errorf("after %s, sent are %v in %d batches", flushInterval, got, len(f.batches))
		}
		lines <- event("three")
		close(lines)
		synctest.Wait()
		if got := f.logged(); len(got) != 3 {
			t.Errorf("at the end, sent are %v", got)
		}
		time.Sleep(time.Minute)
		if len(f.batches) != 2 {
			t.Errorf("there are %d batches", len(f.batches))
		}
	})
}

func TestNoMoreIsSentAtOnceThanCloudWatchTakes(t *testing.T) {
	tests := []struct {
		name, line string
		count      int
		want       []int
	}{
		{"many lines", "x", mostEvents + 1, []int{mostEvents, 1}},
		{"long lines", strings.Repeat("x", longestLine), 5, []int{4, 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // in which no time passes meanwhile
				f := newFakeCloud()
				lines := make(chan logstypes.InputLogEvent, test.count)
				for range test.count {
					lines <- event(test.line)
				}
				close(lines)
				f.described(t).sendLines(logStream{"/ecs/app", "ecs/app/1"}, lines)
				if !slices.Equal(f.batches, test.want) {
					t.Errorf("batches have %v lines, want %v", f.batches, test.want)
				}
			})
		})
	}
}
