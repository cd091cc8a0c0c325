package diagnosis

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func TestState(t *testing.T) {
	examineEach(t, []failure{
		{
			"a service that was deleted is missing",
			func(a *account) { a.services = nil },
			[]Kind{ResourceMissing}, "service app in cluster app: MISSING",
		},
		{
			"a service that is being deleted is missing",
			func(a *account) { a.services[0].Status = aws.String("DRAINING") },
			[]Kind{ResourceMissing}, "service app in cluster app: DRAINING",
		},
		{
			"a cluster that was deleted is missing",
			func(a *account) {
				a.failures["DescribeServices"] = &ecstypes.ClusterNotFoundException{Message: aws.String("Cluster not found.")}
			},
			[]Kind{ResourceMissing}, "Cluster not found.",
		},
		{
			"a task definition that was deleted is missing",
			func(a *account) { a.definitions = nil },
			[]Kind{ResourceMissing}, "Unable to describe task definition.",
		},
		{
			"a service that runs another task definition differs from the state",
			func(a *account) {
				a.definitions = append(a.definitions, taskDefinition(definition2))
				a.services[0].TaskDefinition = aws.String(definition2)
			},
			[]Kind{StateDiffers}, "Service app runs app:2, the state says app:1",
		},
		{
			"a health check that was changed by hand differs from the state",
			func(a *account) { a.targetGroups[0].HealthCheckPath = aws.String("/") },
			[]Kind{StateDiffers}, "TargetGroup app has health check path /, the state says /health",
		},
	})
}

func TestDesiredCountIsTheMatterOfAutoscaling(t *testing.T) {
	tests := []struct {
		statement   string
		autoscaling bool
		failure
	}{
		{"without autoscaling, another desired count differs from the state", false,
			failure{want: []Kind{StateDiffers}, evidence: "Service app has desired count 2, the state says 1"}},
		{"with autoscaling, the desired count is what it says", true, failure{}},
	}
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			a := newAccount(t)
			if test.autoscaling {
				a.addResource(scalingTargetType, "service/app/app", nil)
			}
			a.services[0].DesiredCount, a.services[0].RunningCount = 2, 2
			report, err := a.examiner().Examine(t.Context(), a.stack(t))
			if err != nil {
				t.Fatal(err)
			}
			test.check(t, report.Findings)
		})
	}
}
