package task

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	docker "github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"
)

const (
	// flushInterval is how long a line waits for others to be sent with.
	flushInterval = 200 * time.Millisecond

	// mostEvents and mostBytes are what CloudWatch takes at once. To the bytes
	// of each event, it adds some.
	// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
	mostEvents = 10_000
	mostBytes  = 1 << 20
	eventBytes = 26

	// longestLine is where the log driver of Fargate cuts lines.
	// https://docs.docker.com/engine/logging/drivers/awslogs/
	longestLine = 256<<10 - eventBytes

	// waitingLines is how many lines a container may be ahead of what is sent.
	waitingLines = 1000
)

// logs tells whether a container of the task logs to CloudWatch.
func (t *Task) logs() bool {
	for _, definition := range t.definition.ContainerDefinitions {
		if definition.LogConfiguration != nil {
			return true
		}
	}
	return false
}

// A logStream is where a container's output goes.
type logStream struct {
	group, stream string
}

func (t *Task) logStream(definition types.ContainerDefinition) logStream {
	options := definition.LogConfiguration.Options
	return logStream{
		group:  options["awslogs-group"],
		stream: fmt.Sprintf("%s/%s/%s", options["awslogs-stream-prefix"], aws.ToString(definition.Name), t.id),
	}
}

// checkLogs makes the log streams, as the execution role.
func (t *Task) checkLogs(ctx context.Context) error {
	for _, definition := range t.definition.ContainerDefinitions {
		if definition.LogConfiguration == nil {
			continue
		}
		if err := t.createLogStream(ctx, t.logStream(definition)); err != nil {
			return fmt.Errorf("ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: %w : exit status 1", err)
		}
	}
	return nil
}

func (t *Task) createLogStream(ctx context.Context, log logStream) error {
	if err := t.reaches(ctx, "logs"); err != nil {
		return fmt.Errorf("RequestError: send request failed caused by: Post \"https://logs.%s.amazonaws.com/\": dial tcp: i/o timeout: %w", t.launcher.Region, err)
	}
	arn := fmt.Sprintf("arn:aws:logs:%s:%s:log-group:%s:log-stream:%s", t.launcher.Region, t.launcher.Account, log.group, log.stream)
	err := t.launcher.Roles.Check(ctx, *t.definition.ExecutionRoleArn, arn, "logs:CreateLogStream", "logs:PutLogEvents")
	if err != nil {
		return fmt.Errorf("AccessDeniedException: %w", err)
	}
	_, err = t.launcher.Logs.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &log.group, LogStreamName: &log.stream})
	if missing := new(logstypes.ResourceNotFoundException); errors.As(err, &missing) {
		return fmt.Errorf("ResourceNotFoundException: The specified log group does not exist. (%s)", log.group)
	}
	return err
}

// forwardLogs sends what a container writes to its log stream, until the
// container ends.
func (t *Task) forwardLogs(c *container) {
	defer close(c.logged)
	if c.definition.LogConfiguration == nil {
		return
	}
	output, err := t.launcher.Docker.ContainerLogs(context.Background(), c.id, docker.LogsOptions{ShowStdout: true, ShowStderr: true, Follow: true})
	if err != nil {
		t.launcher.Log.Error("logs of the container are lost", "task", t.id, "container", c.id, "error", err)
		return
	}
	defer output.Close()
	lines := make(chan logstypes.InputLogEvent, waitingLines)
	go func() {
		defer close(lines)
		if err := readLines(output, lines); err != nil {
			t.launcher.Log.Error("logs of the container end early", "task", t.id, "container", c.id, "error", err)
		}
	}()
	t.sendLines(t.logStream(c.definition), lines)
}

// readLines cuts Docker's stream of output into lines.
func readLines(output io.Reader, lines chan<- logstypes.InputLogEvent) error {
	reader, writer := io.Pipe()
	go func() {
		_, err := stdcopy.StdCopy(writer, writer, output)
		writer.CloseWithError(cmp.Or(err, io.EOF))
	}()
	defer reader.Close()
	buffered := bufio.NewReaderSize(reader, longestLine)
	for {
		line, _, err := buffered.ReadLine()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if len(line) > 0 { // CloudWatch takes no empty events
			lines <- logstypes.InputLogEvent{Message: aws.String(string(line)), Timestamp: aws.Int64(time.Now().UnixMilli())}
		}
	}
}

// sendLines sends lines in batches until there are no more.
func (t *Task) sendLines(log logStream, lines <-chan logstypes.InputLogEvent) {
	ticker := time.NewTicker(flushInterval)
	defer ticker.Stop()
	var batch []logstypes.InputLogEvent
	size := 0
	flush := func() {
		if len(batch) == 0 {
			return
		}
		_, err := t.launcher.Logs.PutLogEvents(context.Background(), &cloudwatchlogs.PutLogEventsInput{
			LogGroupName: &log.group, LogStreamName: &log.stream, LogEvents: batch,
		})
		if err != nil {
			t.launcher.Log.Error("lines of the log are lost", "task", t.id, "lines", len(batch), "error", err)
		}
		batch, size = nil, 0
	}
	for {
		select {
		case line, more := <-lines:
			if !more {
				flush()
				return
			}
			bytes := len(*line.Message) + eventBytes
			if len(batch) == mostEvents || size+bytes > mostBytes {
				flush()
			}
			batch, size = append(batch, line), size+bytes
		case <-ticker.C:
			flush()
		}
	}
}
