package diagnosis

import (
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	loadbalancingtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

func TestFailedTasks(t *testing.T) {
	examineEach(t, []failure{
		{
			"a container that exits at its start is told with its log",
			func(a *account) {
				a.fail(ecstypes.TaskStopCodeEssentialContainerExited, "Essential container in task exited",
					ecstypes.Container{ExitCode: aws.Int32(1)}, "starting", "panic: DATABASE_URL is not set")
			},
			[]Kind{ContainerExits}, "container app exited with code 1\nlog of app: starting\nlog of app: panic: DATABASE_URL is not set",
		},
		{
			"a container whose command is not in the image can't be started",
			func(a *account) {
				a.fail(ecstypes.TaskStopCodeTaskFailedToStart, "CannotStartContainerError: exec: \"/app\": permission denied", ecstypes.Container{})
			},
			[]Kind{ContainerExits}, "permission denied",
		},
		{
			"a container that takes too much memory is killed",
			func(a *account) {
				a.fail(ecstypes.TaskStopCodeEssentialContainerExited, "Essential container in task exited",
					ecstypes.Container{ExitCode: aws.Int32(137), Reason: aws.String("OutOfMemoryError: Container killed due to memory usage")})
			},
			[]Kind{OutOfMemory}, "container app exited with code 137: OutOfMemoryError",
		},
		{
			"a container that is killed with no reason given took too much memory",
			func(a *account) {
				a.fail(ecstypes.TaskStopCodeEssentialContainerExited, "Essential container in task exited", ecstypes.Container{ExitCode: aws.Int32(137)})
			},
			[]Kind{OutOfMemory}, "exited with code 137",
		},
		{
			"an image for another processor is told from the log",
			func(a *account) {
				a.fail(ecstypes.TaskStopCodeEssentialContainerExited, "Essential container in task exited",
					ecstypes.Container{ExitCode: aws.Int32(255)}, "exec /service: exec format error")
			},
			[]Kind{WrongArchitecture}, "exec format error",
		},
		{
			"an image without a manifest for the processor is told from the pull",
			func(a *account) {
				a.fail(ecstypes.TaskStopCodeTaskFailedToStart, "CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/amd64'", ecstypes.Container{})
			},
			[]Kind{WrongArchitecture}, "descriptor matching platform",
		},
		{
			"a container that fails its own check is unhealthy",
			func(a *account) {
				a.tasks[0].Containers[0].HealthStatus = ecstypes.HealthStatusUnhealthy
				a.logs[logGroupName+" app/app/0a"] = []string{"ready"}
			},
			[]Kind{ContainerUnhealthy}, "container app of task 0a is UNHEALTHY\nit is checked with: CMD /service healthcheck\nlog of app: ready",
		},
		{
			"a container that failed its own check until it was stopped is unhealthy",
			func(a *account) {
				a.fail(ecstypes.TaskStopCodeServiceSchedulerInitiated, "Task failed container health checks", ecstypes.Container{ExitCode: aws.Int32(143)})
			},
			[]Kind{ContainerUnhealthy}, "task 0f of app:1 stopped at 15:04:05 UTC: Task failed container health checks",
		},
		{
			"a task that stops for a reason that is not known is told with it",
			func(a *account) {
				a.fail(ecstypes.TaskStopCodeTaskFailedToStart, "Timeout waiting for network interface provisioning to complete.", ecstypes.Container{})
			},
			[]Kind{TaskNotStarted}, "Timeout waiting for network interface",
		},
		{
			"tasks that failed before all was well are history",
			func(a *account) {
				running := a.tasks
				a.fail(ecstypes.TaskStopCodeEssentialContainerExited, "Essential container in task exited", ecstypes.Container{ExitCode: aws.Int32(1)})
				a.tasks = append(a.tasks, running...)
				a.status, a.services[0].RunningCount = http.StatusOK, 1
				a.targets = []loadbalancingtypes.TargetHealthDescription{target(loadbalancingtypes.TargetHealthStateEnumHealthy, "", "")}
			},
			nil, "",
		},
		{
			"tasks that failed before the service was steady are history",
			func(a *account) {
				a.fail(ecstypes.TaskStopCodeEssentialContainerExited, "Essential container in task exited", ecstypes.Container{ExitCode: aws.Int32(1)})
				a.tasks[0].StoppedAt = aws.Time(now.Add(-time.Second))
			},
			[]Kind{NoHealthyTarget}, "target group app has 0 targets",
		},
		{
			"a task that fails is told before it has stopped",
			func(a *account) {
				a.fail(ecstypes.TaskStopCodeServiceSchedulerInitiated, "Task failed container health checks", ecstypes.Container{})
				a.tasks[0].StoppedAt = nil
			},
			[]Kind{ContainerUnhealthy}, "task 0f of app:1 is about to stop: Task failed container health checks",
		},
		{
			"tasks that were stopped on purpose are no failure",
			func(a *account) {
				a.fail(ecstypes.TaskStopCodeServiceSchedulerInitiated, "Scaling activity initiated by (deployment ecs-svc/1)", ecstypes.Container{ExitCode: aws.Int32(143)})
			},
			[]Kind{NoHealthyTarget}, "target group app has 0 targets",
		},
	})
}
