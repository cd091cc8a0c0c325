package scheduler

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// A Condition tells whether a task does its work.
type Condition struct {
	// Health is unknown while the task starts, while it is stopped, and until
	// its checks have said something.
	Health types.HealthStatus
	// Reason says why a task is unhealthy: it begins with [FailedHealthChecks]
	// and goes on with which ones. ECS tells it in an event, and as the reason
	// for which it stops the task.
	Reason string
}

// FailedHealthChecks begins the reason of a [Condition] that is unhealthy.
const FailedHealthChecks = "failed "

// statusStopped is the last status of a task, and what is desired of one that
// is to end.
const statusStopped = "STOPPED"

// statusRunning is what is desired of a task that is to run.
const statusRunning = "RUNNING"

// A task is a task of a service.
type task struct {
	Task
	deployment *deployment
	// started and proven tell that the task was seen to run, and to be
	// healthy. counted tells that its failure was counted.
	started, proven, counted bool
}

// id is the end of the task's ARN.
func (t *task) id() string {
	arn := aws.ToString(t.Record().TaskArn)
	return arn[strings.LastIndexByte(arn, '/')+1:]
}

// wanted tells whether the task is not asked to stop, and has not stopped.
func (t *task) wanted() bool { return aws.ToString(t.Record().DesiredStatus) == statusRunning }

func (t *task) stopped() bool { return aws.ToString(t.Record().LastStatus) == statusStopped }

func (t *task) running() bool { return aws.ToString(t.Record().LastStatus) == statusRunning }

func (t *task) healthy() bool {
	return t.wanted() && t.running() && t.Condition().Health == types.HealthStatusHealthy
}

// failed tells whether the task has ended without being asked to, or for
// failing its health checks.
func (t *task) failed() bool {
	record := t.Record()
	if aws.ToString(record.DesiredStatus) != statusStopped {
		return false
	}
	switch record.StopCode {
	case types.TaskStopCodeTaskFailedToStart, types.TaskStopCodeEssentialContainerExited:
		return true
	default:
		return strings.HasPrefix(aws.ToString(record.StoppedReason), "Task "+FailedHealthChecks)
	}
}

// list names tasks as events do.
func list(tasks []*task) string {
	var names strings.Builder
	for _, t := range tasks {
		fmt.Fprintf(&names, " (task %s)", t.id())
	}
	return names.String()
}
