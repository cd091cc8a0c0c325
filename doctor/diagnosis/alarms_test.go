package diagnosis

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// ListServiceDeployments answers with one deployment a page.
func (a *account) ListServiceDeployments(_ context.Context, input *ecs.ListServiceDeploymentsInput, _ ...func(*ecs.Options)) (*ecs.ListServiceDeploymentsOutput, error) {
	if err := a.failures["ListServiceDeployments"]; err != nil {
		return nil, err
	}
	output := &ecs.ListServiceDeploymentsOutput{}
	for i, deployment := range a.serviceDeployments {
		if input.NextToken != nil && *deployment.ServiceDeploymentArn != *input.NextToken {
			continue
		}
		output.ServiceDeployments = []ecstypes.ServiceDeploymentBrief{{
			ServiceDeploymentArn: deployment.ServiceDeploymentArn, CreatedAt: deployment.CreatedAt,
		}}
		if i+1 < len(a.serviceDeployments) {
			output.NextToken = a.serviceDeployments[i+1].ServiceDeploymentArn
		}
		break
	}
	return output, nil
}

func (a *account) DescribeServiceDeployments(_ context.Context, input *ecs.DescribeServiceDeploymentsInput, _ ...func(*ecs.Options)) (*ecs.DescribeServiceDeploymentsOutput, error) {
	if err := a.failures["DescribeServiceDeployments"]; err != nil {
		return nil, err
	}
	output := &ecs.DescribeServiceDeploymentsOutput{}
	for _, deployment := range a.serviceDeployments {
		if *deployment.ServiceDeploymentArn == input.ServiceDeploymentArns[0] {
			output.ServiceDeployments = append(output.ServiceDeployments, deployment)
		}
	}
	return output, nil
}

// setOffAlarms has the last of three deployments set off alarms, or none.
func (a *account) setOffAlarms(names ...string) {
	a.services[0].DeploymentConfiguration = &ecstypes.DeploymentConfiguration{Alarms: &ecstypes.DeploymentAlarms{Enable: true}}
	deployment := func(id string, age time.Duration, alarms ...string) ecstypes.ServiceDeployment {
		return ecstypes.ServiceDeployment{
			ServiceDeploymentArn: aws.String("arn:service-deployment/" + id), CreatedAt: aws.Time(now.Add(-age)),
			Status: ecstypes.ServiceDeploymentStatusRollbackSuccessful, StatusReason: aws.String("Service deployment rolled back because of alarm"),
			Alarms: &ecstypes.ServiceDeploymentAlarms{TriggeredAlarmNames: alarms},
		}
	}
	a.serviceDeployments = []ecstypes.ServiceDeployment{
		deployment("1", 3*time.Hour, "app-former"), deployment("3", time.Minute, names...), deployment("2", 2*time.Hour, "app-former"),
	}
}

// rollBackForAlarm has ECS go back to the first task definition, whose task runs.
func (a *account) rollBackForAlarm() {
	a.definitions = append(a.definitions, taskDefinition(definition2))
	a.services[0].Deployments = append(a.services[0].Deployments, ecstypes.Deployment{
		Status: aws.String("ACTIVE"), TaskDefinition: aws.String(definition2), RolloutState: ecstypes.DeploymentRolloutStateFailed,
		RolloutStateReason: aws.String("ECS deployment failed: alarm detected."),
	})
	a.services[0].Events = []ecstypes.ServiceEvent{event("(service app) (deployment ecs-svc/2) deployment failed: alarm detected.")}
}

func TestADeploymentThatSetOffAnAlarmIsExplained(t *testing.T) {
	for _, f := range []failure{
		{
			"an alarm is named",
			func(a *account) { a.rollBackForAlarm(); a.setOffAlarms("app-latency", "app-target-errors") },
			[]Kind{AlarmSetOff}, "for alarm app-latency, app-target-errors",
		},
		{
			"what ECS says of it is evidence",
			func(a *account) { a.rollBackForAlarm(); a.setOffAlarms("app-latency") },
			[]Kind{AlarmSetOff}, "deployment failed: alarm detected.",
		},
		{
			"alarms of former deployments explain nothing",
			func(a *account) { a.rollBackForAlarm(); a.setOffAlarms() },
			[]Kind{DeploymentFailed}, "alarm detected",
		},
		{
			"a service without alarms is not asked for them",
			func(a *account) {
				a.rollBackForAlarm()
				a.failures["ListServiceDeployments"] = errors.New("you may not")
			},
			[]Kind{DeploymentFailed}, "alarm detected",
		},
		{
			"a service of which no deployment is known has no alarms",
			func(a *account) {
				a.rollBackForAlarm()
				a.setOffAlarms("app-latency")
				a.serviceDeployments = nil
			},
			[]Kind{DeploymentFailed}, "alarm detected",
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

func TestAnAlarmIsHistoryOnceTheServiceIsWell(t *testing.T) {
	a := newAccount(t)
	a.setOffAlarms("app-latency")
	a.status = http.StatusOK
	report, err := a.examiner().Examine(t.Context(), a.stack(t))
	if err != nil || len(report.Findings) > 0 {
		t.Errorf("findings are %v (%v)", report.Findings, err)
	}
}

func TestWhatCouldNotBeFoundOutOfAlarmsIsSaid(t *testing.T) {
	for _, operation := range []string{"ListServiceDeployments", "DescribeServiceDeployments"} {
		a := newAccount(t)
		a.rollBackForAlarm()
		a.setOffAlarms("app-latency")
		a.failures[operation] = errors.New("you may not")
		_, err := a.examiner().ExplainDeployment(t.Context(), clusterARN, serviceName, definition2)
		if !errors.Is(err, a.failures[operation]) {
			t.Errorf("%s: %v", operation, err)
		}
	}
}
