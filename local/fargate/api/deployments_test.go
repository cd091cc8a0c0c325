package api

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func TestServiceDeploymentsAreListedAndDescribed(t *testing.T) {
	c := newCloud(t)
	c.create(1)
	c.waitUntilStable()
	middle := time.Now()
	_, err := c.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: aws.String("main"), Service: aws.String("app"), TaskDefinition: aws.String("app:2")})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		input ecs.ListServiceDeploymentsInput
		want  []types.ServiceDeploymentStatus
	}{
		{"all, the latest first", ecs.ListServiceDeploymentsInput{},
			[]types.ServiceDeploymentStatus{types.ServiceDeploymentStatusInProgress, types.ServiceDeploymentStatusSuccessful}},
		{"those after a time", ecs.ListServiceDeploymentsInput{CreatedAt: &types.CreatedAt{After: &middle}},
			[]types.ServiceDeploymentStatus{types.ServiceDeploymentStatusInProgress}},
		{"those before a time", ecs.ListServiceDeploymentsInput{CreatedAt: &types.CreatedAt{Before: &middle}},
			[]types.ServiceDeploymentStatus{types.ServiceDeploymentStatusSuccessful}},
		{"those with a status", ecs.ListServiceDeploymentsInput{Status: []types.ServiceDeploymentStatus{types.ServiceDeploymentStatusSuccessful}},
			[]types.ServiceDeploymentStatus{types.ServiceDeploymentStatusSuccessful}},
		{"those of a service that is not there", ecs.ListServiceDeploymentsInput{Service: aws.String("other"), Cluster: aws.String("main")}, nil},
		{"those of a service by its name", ecs.ListServiceDeploymentsInput{Service: aws.String("app"), Cluster: aws.String(clusterARN)},
			[]types.ServiceDeploymentStatus{types.ServiceDeploymentStatusInProgress, types.ServiceDeploymentStatusSuccessful}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.input.Service == nil {
				test.input.Service = aws.String(serviceARN)
			}
			output, err := c.ecs.ListServiceDeployments(t.Context(), &test.input)
			listed := must(t, output, err).ServiceDeployments
			if len(listed) != len(test.want) {
				t.Fatalf("listed are %+v", listed)
			}
			for i := range listed {
				if listed[i].Status != test.want[i] || *listed[i].ServiceArn != serviceARN {
					t.Errorf("number %d is %s of %s, want %s", i, listed[i].Status, *listed[i].ServiceArn, test.want[i])
				}
			}
		})
	}
}

func TestAServiceDeploymentIsDescribed(t *testing.T) {
	c := newCloud(t)
	c.create(1)
	c.waitUntilStable()
	listed, err := c.ecs.ListServiceDeployments(t.Context(), &ecs.ListServiceDeploymentsInput{Service: aws.String(serviceARN)})
	brief := must(t, listed, err).ServiceDeployments[0]
	output, err := c.ecs.DescribeServiceDeployments(t.Context(), &ecs.DescribeServiceDeploymentsInput{
		ServiceDeploymentArns: []string{*brief.ServiceDeploymentArn, *brief.ServiceDeploymentArn + "-2", "nonsense"},
	})
	found := must(t, output, err).ServiceDeployments
	if len(found) != 1 || *found[0].ServiceDeploymentArn != *brief.ServiceDeploymentArn || found[0].FinishedAt == nil ||
		*found[0].TargetServiceRevision.Arn != *brief.TargetServiceRevisionArn || found[0].DeploymentCircuitBreaker.Threshold != 3 {
		t.Errorf("described are %+v", found)
	}
	if failures := output.Failures; len(failures) != 2 || *failures[1].Arn != "nonsense" || *failures[1].Reason != "MISSING" {
		t.Errorf("failures are %+v", failures)
	}
}
