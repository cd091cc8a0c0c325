package diagnosis

import (
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	loadbalancingtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

func TestTargets(t *testing.T) {
	examineEach(t, []failure{
		{
			"a health check path that the app does not have is wrong",
			func(a *account) {
				a.unhealthy(loadbalancingtypes.TargetHealthReasonEnumResponseCodeMismatch, "Health checks failed with these codes: [404]")
			},
			[]Kind{HealthCheckPath}, "the load balancer asks http://<task>:5000/health for 200, within 5 s",
		},
		{
			"a health check that is redirected has the wrong path",
			func(a *account) {
				a.unhealthy(loadbalancingtypes.TargetHealthReasonEnumResponseCodeMismatch, "Health checks failed with these codes: [301]")
			},
			[]Kind{HealthCheckPath}, "[301]",
		},
		{
			"a health check that the app answers with an error is the app's",
			func(a *account) {
				a.unhealthy(loadbalancingtypes.TargetHealthReasonEnumResponseCodeMismatch, "Health checks failed with these codes: [500]")
			},
			[]Kind{HealthCheckError}, "target 10.0.128.10:5000 is unhealthy: Target.ResponseCodeMismatch, Health checks failed with these codes: [500]",
		},
		{
			"a port that nothing listens on is wrong, and the log says which is right",
			func(a *account) {
				a.unhealthy(loadbalancingtypes.TargetHealthReasonEnumFailedHealthChecks, "Health checks failed")
				a.logs[logGroupName+" app/app/0a"] = []string{"listening on :8080"}
			},
			[]Kind{HealthCheckPort}, "log of app: listening on :8080",
		},
		{
			"a health check on a port of its own is told with that port",
			func(a *account) {
				a.targetGroups[0].HealthCheckPort = aws.String("9000")
				for _, group := range []string{loadBalancerGroup, taskGroup} {
					a.groups[group].IpPermissions = append(a.groups[group].IpPermissions, withGroup(9000, loadBalancerGroup))
					a.groups[group].IpPermissionsEgress = append(a.groups[group].IpPermissionsEgress, withGroup(9000, taskGroup))
				}
				a.unhealthy(loadbalancingtypes.TargetHealthReasonEnumFailedHealthChecks, "Health checks failed")
			},
			[]Kind{HealthCheckPort, StateDiffers}, "http://<task>:9000/health",
		},
		{
			"an app that does not answer in time is told apart from one that does not listen",
			func(a *account) {
				a.unhealthy(loadbalancingtypes.TargetHealthReasonEnumTimeout, "Request timed out")
			},
			[]Kind{HealthCheckTimeout}, "Target.Timeout, Request timed out",
		},
		{
			"a health check that failed until the task was stopped is told from an event",
			func(a *account) {
				a.fail(ecstypes.TaskStopCodeServiceSchedulerInitiated, "Task failed ELB health checks in (target-group "+targetGroupARN+")", ecstypes.Container{ExitCode: aws.Int32(143)})
				a.services[0].Events = append(a.services[0].Events,
					event("(service app) (task 0f) (port 5000) is unhealthy in (target-group "+targetGroupARN+") due to (reason Health checks failed with these codes: [404])"))
			},
			[]Kind{HealthCheckPath}, "stopped at 15:04:05 UTC: Task failed ELB health checks",
		},
		{
			"a health check that failed until the task was stopped is told from its reason",
			func(a *account) {
				a.fail(ecstypes.TaskStopCodeServiceSchedulerInitiated, "Task failed ELB health checks in (target-group "+targetGroupARN+") due to (reason Health checks failed)",
					ecstypes.Container{ExitCode: aws.Int32(143)}, "listening on :8080")
			},
			[]Kind{HealthCheckPort}, "log of app: listening on :8080",
		},
		{
			"a health check that failed for a reason that nobody told leaves no healthy target",
			func(a *account) {
				a.fail(ecstypes.TaskStopCodeServiceSchedulerInitiated, "Task failed ELB health checks in (target-group "+targetGroupARN+")", ecstypes.Container{})
			},
			[]Kind{NoHealthyTarget}, "Task failed ELB health checks",
		},
		{
			"connections that are refused while the container exits are no matter of the port",
			func(a *account) {
				a.fail(ecstypes.TaskStopCodeEssentialContainerExited, "Essential container in task exited", ecstypes.Container{ExitCode: aws.Int32(1)})
				a.unhealthy(loadbalancingtypes.TargetHealthReasonEnumFailedHealthChecks, "Health checks failed")
			},
			[]Kind{ContainerExits}, "Target.FailedHealthChecks",
		},
		{
			"targets that are still being checked are waited for",
			func(a *account) {
				a.status = http.StatusServiceUnavailable
				a.targets = []loadbalancingtypes.TargetHealthDescription{target(loadbalancingtypes.TargetHealthStateEnumInitial, loadbalancingtypes.TargetHealthReasonEnumInitialHealthChecking, "Initial health checks in progress")}
			},
			[]Kind{NoHealthyTarget}, "Initial health checks in progress",
		},
		{
			"a deployment that is in progress explains that there is no answer yet",
			func(a *account) {
				a.status = http.StatusBadGateway
				a.services[0].Deployments[0].RolloutState = ecstypes.DeploymentRolloutStateInProgress
			},
			[]Kind{DeploymentInProgress}, "deployment of app:1 is IN_PROGRESS",
		},
		{
			"a desired count of zero leaves no task",
			func(a *account) {
				a.noTarget()
				a.tasks, a.services[0].DesiredCount = nil, 0
			},
			[]Kind{NoTasksWanted, StateDiffers}, "service app in cluster app has desired count 0",
		},
		{
			"an app that answers with errors is told before a difference that may have nothing to do with it",
			func(a *account) {
				a.status = http.StatusInternalServerError
				a.state(targetGroupType)["healthCheck"] = map[string]any{"path": "/"}
			},
			[]Kind{NoAnswer, StateDiffers}, "answers 500 Internal Server Error",
		},
		{
			"an app that answers its health check and nothing else is left to itself",
			func(a *account) {
				a.status = http.StatusInternalServerError
				a.logs[logGroupName+" app/app/0a"] = []string{"no such table: users"}
			},
			[]Kind{NoAnswer}, "answers 500 Internal Server Error\nlog of app: no such table: users",
		},
	})
}
