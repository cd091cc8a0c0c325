package diagnosis

import (
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// rollBack has ECS give up the deployment of a second task definition, whose
// tasks failed, and go back to the first, whose task still runs.
func (a *account) rollBack(code ecstypes.TaskStopCode, reason string, container ecstypes.Container, log ...string) {
	running, targets := a.tasks, a.targets
	a.definitions = append(a.definitions, taskDefinition(definition2))
	a.services[0].TaskDefinition = aws.String(definition2)
	a.fail(code, reason, container, log...)
	a.tasks, a.targets = append(a.tasks, running...), targets
	a.services[0].TaskDefinition, a.services[0].RunningCount = aws.String(definition1), 1
	a.services[0].Deployments = append(a.services[0].Deployments, ecstypes.Deployment{
		Status: aws.String("ACTIVE"), TaskDefinition: aws.String(definition2), RolloutState: ecstypes.DeploymentRolloutStateFailed,
		RolloutStateReason: aws.String("ECS deployment circuit breaker: tasks failed to start."),
	})
}

func TestExplainDeployment(t *testing.T) {
	for _, f := range []failure{
		{
			"a deployment whose container exits is explained with its log",
			func(a *account) {
				a.rollBack(ecstypes.TaskStopCodeEssentialContainerExited, "Essential container in task exited",
					ecstypes.Container{ExitCode: aws.Int32(1)}, "panic: DATABASE_URL is not set")
			},
			[]Kind{ContainerExits}, "log of app: panic: DATABASE_URL is not set",
		},
		{
			"a deployment whose image is missing is explained with what ECS says of it",
			func(a *account) {
				a.rollBack(ecstypes.TaskStopCodeTaskFailedToStart, "CannotPullContainerError: not found", ecstypes.Container{})
				a.images = map[string]bool{}
			},
			[]Kind{ImageMissing}, "deployment of app:2 is FAILED: ECS deployment circuit breaker: tasks failed to start.",
		},
		{
			"a deployment whose health check path is wrong is explained, though ECS went back to healthy tasks",
			func(a *account) {
				a.rollBack(ecstypes.TaskStopCodeServiceSchedulerInitiated, "Task failed ELB health checks in (target-group "+targetGroupARN+") due to (reason Health checks failed with these codes: [404])", ecstypes.Container{})
			},
			[]Kind{HealthCheckPath}, "the load balancer asks http://<task>:5000/health for 200",
		},
		{
			"a deployment of which nothing is known any more is told as ECS tells it",
			func(a *account) {
				a.rollBack(ecstypes.TaskStopCodeEssentialContainerExited, "Essential container in task exited", ecstypes.Container{ExitCode: aws.Int32(1)})
				a.tasks = a.tasks[1:]
				a.services[0].Events = []ecstypes.ServiceEvent{event("(service app) (deployment ecs-svc/2) deployment failed: tasks failed to start.")}
			},
			[]Kind{DeploymentFailed}, "event at 15:04:05 UTC: (service app) (deployment ecs-svc/2) deployment failed: tasks failed to start.",
		},
		{
			"tasks of another task definition explain nothing",
			func(a *account) {
				a.rollBack(ecstypes.TaskStopCodeEssentialContainerExited, "Essential container in task exited", ecstypes.Container{ExitCode: aws.Int32(1)})
				a.tasks[0].TaskDefinitionArn = aws.String(definition1)
			},
			[]Kind{DeploymentFailed}, "tasks failed to start",
		},
	} {
		t.Run(f.statement, func(t *testing.T) {
			a := newAccount(t)
			f.cause(a)
			findings, err := a.examiner().ExplainDeployment(t.Context(), clusterARN, serviceName, definition2)
			if err != nil {
				t.Fatal(err)
			}
			f.check(t, findings)
		})
	}
}

func TestAFailedDeploymentIsFoundAfterECSWentBack(t *testing.T) {
	a := newAccount(t)
	a.rollBack(ecstypes.TaskStopCodeEssentialContainerExited, "Essential container in task exited", ecstypes.Container{ExitCode: aws.Int32(1)})
	a.status = http.StatusOK
	a.services[0].Deployments = a.services[0].Deployments[:1] // the failed one is over
	for _, r := range a.resources {
		if r["type"] == taskDefinitionType {
			r["outputs"] = map[string]any{"arn": definition2}
		}
	}
	report, err := a.examiner().Examine(t.Context(), a.stack(t))
	if err != nil {
		t.Fatal(err)
	}
	failure{want: []Kind{ContainerExits, StateDiffers}, evidence: "exited with code 1"}.check(t, report.Findings)
}
