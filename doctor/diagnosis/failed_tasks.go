package diagnosis

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// killed is the exit code of a process that was ended by SIGKILL: 128 + 9.
const killed = 137

// A meaning is what a reason that ECS gives for a stopped task comes to.
type meaning struct {
	reason *regexp.Regexp
	kind   Kind
}

// The reasons, of which the first that matches counts.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
var (
	// meanings are those of any reason.
	meanings = []meaning{
		{regexp.MustCompile(`(?i)unable to assume the role`), RoleNotTrusted},
		{regexp.MustCompile(`(?i)log group does not exist`), LogGroupMissing},
		{regexp.MustCompile(`(?i)(can't|cannot) find the .*(secret|parameter)|invalid (ssm )?parameters|did not contain json key|not a JSON object|looking for beginning of value|marked for deletion|unexpected ARN format`), SecretMissing},
		{regexp.MustCompile(`(?i)descriptor matching platform|no match for platform`), WrongArchitecture},
		{execFormat, WrongArchitecture},
		{regexp.MustCompile(`OutOfMemory`), OutOfMemory},
		{regexp.MustCompile(`(?i)failed container health checks`), ContainerUnhealthy},
		{regexp.MustCompile(`CannotStartContainerError|ContainerRuntimeError`), ContainerExits},
	}

	// meaningsBeforeStart are those of an error in getting ready to start,
	// where a denial or a time-out is AWS's and not the app's.
	meaningsBeforeStart = []meaning{
		{regexp.MustCompile(`(?i)accessdenied|not authorized|forbidden|unauthorized|access denied|no basic auth`), ExecutionRoleDenied},
		{regexp.MustCompile(`(?i)connection issue|timed? ?out|dial tcp|request canceled|deadline exceeded|no such host`), RegistryUnreachable},
		{regexp.MustCompile(`(?is)CannotPullContainerError.*(not found|manifest unknown|name unknown|does not exist)`), ImageMissing},
	}

	beforeStart = regexp.MustCompile(`CannotPullContainerError|ResourceInitializationError`)

	// execFormat is what Linux says of a program for another processor. With
	// an init process in the container, it is that which says it, in the log.
	execFormat = regexp.MustCompile(`(?i)exec format error`)
)

// failed tells whether a task stopped because of something that is wrong with
// it, and not because it was to.
func failed(task ecstypes.Task) bool {
	switch task.StopCode {
	case ecstypes.TaskStopCodeTaskFailedToStart, ecstypes.TaskStopCodeEssentialContainerExited:
		return true
	default:
		return strings.Contains(aws.ToString(task.StoppedReason), "health checks")
	}
}

// mended tells whether the service was healthy with its revision after a task of
// that had failed, which ECS tells in an event.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_events.html
func (x *examination) mended(task ecstypes.Task) bool {
	if task.StoppedAt == nil || aws.ToString(task.TaskDefinitionArn) != aws.ToString(x.service.TaskDefinition) {
		return false
	}
	return slices.ContainsFunc(x.service.Events, func(event ecstypes.ServiceEvent) bool {
		return aws.ToTime(event.CreatedAt).After(*task.StoppedAt) && strings.HasSuffix(aws.ToString(event.Message), "has reached a steady state.")
	})
}

// failedInLoadBalancer tells whether a task stopped because the load balancer's
// health checks failed.
func failedInLoadBalancer(task ecstypes.Task) bool {
	return strings.Contains(aws.ToString(task.StoppedReason), "failed ELB health checks")
}

// lookAtFailedTasks finds why tasks stopped. The last one counts: what others
// failed for before may have been mended since.
func (x *examination) lookAtFailedTasks(ctx context.Context) error {
	if len(x.failed) == 0 || x.settled() || failedInLoadBalancer(x.failed[0]) {
		return nil
	}
	task := x.failed[0]
	lines, err := x.lastLogLines(ctx, task)
	kind := kindOfFailure(task, lines)
	evidence := append(x.stopped(task), lines...)
	if kind == TaskNotStarted {
		x.found.addConsequence(kind, evidence...)
	} else {
		x.found.add(kind, evidence...)
	}
	return err
}

// kindOfFailure tells why a task stopped, from what ECS and the app's log say.
func kindOfFailure(task ecstypes.Task, log []string) Kind {
	reasons := []string{aws.ToString(task.StoppedReason)}
	for _, container := range task.Containers {
		reasons = append(reasons, aws.ToString(container.Reason))
	}
	reason := strings.Join(reasons, "\n")
	if kind := match(meanings, reason); kind != "" {
		return kind
	}
	if execFormat.MatchString(strings.Join(log, "\n")) {
		return WrongArchitecture
	}
	if beforeStart.MatchString(reason) {
		if kind := match(meaningsBeforeStart, reason); kind != "" {
			return kind
		}
	}
	for _, container := range task.Containers {
		switch {
		case container.ExitCode == nil:
		case *container.ExitCode == killed:
			return OutOfMemory
		default:
			return ContainerExits
		}
	}
	return TaskNotStarted
}

func match(meanings []meaning, text string) Kind {
	for _, m := range meanings {
		if m.reason.MatchString(text) {
			return m.kind
		}
	}
	return ""
}

// stopped returns what ECS says of a stopped task, line by line.
func (x *examination) stopped(task ecstypes.Task) []string {
	when := "is about to stop"
	if task.StoppedAt != nil {
		when = "stopped " + clock(task.StoppedAt)
	}
	lines := []string{fmt.Sprintf("task %s of %s %s: %s", lastPart(aws.ToString(task.TaskArn)),
		lastPart(aws.ToString(task.TaskDefinitionArn)), when, aws.ToString(task.StoppedReason))}
	for _, container := range task.Containers {
		line := "container " + aws.ToString(container.Name)
		if container.ExitCode != nil {
			line += fmt.Sprintf(" exited with code %d", *container.ExitCode)
		}
		if reason := aws.ToString(container.Reason); reason != "" {
			line += ": " + reason
		}
		if container.ExitCode != nil || container.Reason != nil {
			lines = append(lines, line)
		}
	}
	if len(x.failed) > 1 {
		lines = append(lines, fmt.Sprintf("%d tasks failed within the last hour", len(x.failed)))
	}
	return lines
}

// lookAtContainerHealth finds containers whose own check fails.
func (x *examination) lookAtContainerHealth(ctx context.Context) error {
	for _, task := range x.running {
		for _, container := range task.Containers {
			if container.HealthStatus != ecstypes.HealthStatusUnhealthy {
				continue
			}
			lines, err := x.lastLogLines(ctx, task)
			x.found.add(ContainerUnhealthy, append(x.unhealthy(task, container), lines...)...)
			return err // one is enough to see why
		}
	}
	return nil
}

// unhealthy returns what ECS says of a container that fails its own check, line
// by line. The check is always the task definition's: ECS does not take over
// one that is in the image.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/healthcheck.html
func (x *examination) unhealthy(task ecstypes.Task, container ecstypes.Container) []string {
	lines := []string{fmt.Sprintf("container %s of task %s is UNHEALTHY", aws.ToString(container.Name), lastPart(aws.ToString(task.TaskArn)))}
	for _, c := range x.definition(aws.ToString(task.TaskDefinitionArn)).ContainerDefinitions {
		if aws.ToString(c.Name) == aws.ToString(container.Name) && c.HealthCheck != nil {
			lines = append(lines, "it is checked with: "+strings.Join(c.HealthCheck.Command, " "))
		}
	}
	return lines
}

// clock returns the time of day of an event.
func clock(t *time.Time) string {
	return "at " + aws.ToTime(t).UTC().Format(time.TimeOnly) + " UTC"
}
