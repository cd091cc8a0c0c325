package diagnosis

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// shownLines is how many of the last lines of a log are evidence.
const shownLines = 10

// A logDestination is where a container's output goes.
type logDestination struct{ group, streamPrefix string }

// destination returns where a container's output goes. That is nowhere known
// if it is not the log driver awslogs that takes it.
func destination(container ecstypes.ContainerDefinition) (logDestination, bool) {
	configuration := container.LogConfiguration
	if configuration == nil || configuration.LogDriver != ecstypes.LogDriverAwslogs {
		return logDestination{}, false
	}
	return logDestination{
		group:        configuration.Options["awslogs-group"],
		streamPrefix: configuration.Options["awslogs-stream-prefix"],
	}, true
}

// stream returns the name of the log stream of a container in a task.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specify-log-config.html
func (d logDestination) stream(container ecstypes.ContainerDefinition, taskID string) string {
	return d.streamPrefix + "/" + aws.ToString(container.Name) + "/" + taskID
}

// lastLogLines returns what a task's containers last logged, line by line.
func (x *examination) lastLogLines(ctx context.Context, task ecstypes.Task) ([]string, error) {
	var lines []string
	for _, container := range x.definition(aws.ToString(task.TaskDefinitionArn)).ContainerDefinitions {
		to, ok := destination(container)
		if !ok {
			continue
		}
		output, err := x.logs.GetLogEvents(ctx, &cloudwatchlogs.GetLogEventsInput{
			LogGroupName:  &to.group,
			LogStreamName: aws.String(to.stream(container, lastPart(aws.ToString(task.TaskArn)))),
			Limit:         aws.Int32(shownLines),
			StartFromHead: aws.Bool(false),
		})
		// There is no stream before the container has logged anything.
		if _, ok := errors.AsType[*logstypes.ResourceNotFoundException](err); ok {
			continue
		}
		if err != nil {
			return lines, fmt.Errorf("reading the log of task %s: %w", lastPart(aws.ToString(task.TaskArn)), err)
		}
		for _, event := range output.Events {
			lines = append(lines, "log of "+aws.ToString(container.Name)+": "+strings.TrimSpace(aws.ToString(event.Message)))
		}
	}
	return lines, nil
}

// lookAtLogGroups finds log groups that are to be written to and don't exist:
// ECS does not start a task whose log stream it can't create.
func (x *examination) lookAtLogGroups(ctx context.Context) error {
	for _, definition := range x.definitions {
		for _, container := range definition.ContainerDefinitions {
			to, ok := destination(container)
			if !ok || container.LogConfiguration.Options["awslogs-create-group"] == "true" {
				continue
			}
			group, err := x.logGroup(ctx, to.group)
			if err != nil {
				return err
			}
			if group == nil {
				x.found.add(LogGroupMissing, fmt.Sprintf("%s logs to %s, which CloudWatch Logs does not have",
					lastPart(aws.ToString(definition.TaskDefinitionArn)), to.group))
			}
		}
	}
	return nil
}

// logGroup returns a log group, or nil if there is none with that name.
func (x *examination) logGroup(ctx context.Context, name string) (*logstypes.LogGroup, error) {
	pages := cloudwatchlogs.NewDescribeLogGroupsPaginator(x.logs, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("describing log group %s: %w", name, err)
		}
		for _, group := range page.LogGroups {
			if aws.ToString(group.LogGroupName) == name {
				return &group, nil
			}
		}
	}
	return nil, nil
}
