package api

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// A listServiceDeploymentsInput is that of the SDK, with times as they come.
type listServiceDeploymentsInput struct {
	ecs.ListServiceDeploymentsInput
	CreatedAt struct{ After, Before *moment }
}

// covers tells whether a deployment is among those that are asked for.
func (i *listServiceDeploymentsInput) covers(d types.ServiceDeployment) bool {
	after, before := i.CreatedAt.After, i.CreatedAt.Before
	return (len(i.Status) == 0 || slices.Contains(i.Status, d.Status)) &&
		(after == nil || d.CreatedAt.After(after.Time)) &&
		(before == nil || d.CreatedAt.Before(before.Time))
}

func (s *Server) listServiceDeployments(_ context.Context, input *listServiceDeploymentsInput) (*ecs.ListServiceDeploymentsOutput, error) {
	service := aws.ToString(input.Service)
	output := &ecs.ListServiceDeploymentsOutput{ServiceDeployments: []types.ServiceDeploymentBrief{}}
	for _, d := range s.Scheduler.Deployments(clusterOfService(input.Cluster, service), service) {
		if !input.covers(d) {
			continue
		}
		output.ServiceDeployments = append(output.ServiceDeployments, types.ServiceDeploymentBrief{
			ServiceDeploymentArn: d.ServiceDeploymentArn, ServiceArn: d.ServiceArn, ClusterArn: d.ClusterArn,
			CreatedAt: d.CreatedAt, StartedAt: d.StartedAt, FinishedAt: d.FinishedAt,
			Status: d.Status, StatusReason: d.StatusReason, TargetServiceRevisionArn: d.TargetServiceRevision.Arn,
		})
	}
	return output, nil
}

// clusterOfService returns the cluster in the ARN of a service, where the
// request does not name it.
func clusterOfService(cluster *string, service string) string {
	if parts := strings.Split(service, "/"); cluster == nil && len(parts) == 3 {
		return parts[1]
	}
	return clusterName(cluster)
}

func (s *Server) describeServiceDeployments(_ context.Context, input *ecs.DescribeServiceDeploymentsInput) (*ecs.DescribeServiceDeploymentsOutput, error) {
	output := &ecs.DescribeServiceDeploymentsOutput{ServiceDeployments: []types.ServiceDeployment{}, Failures: []types.Failure{}}
	for _, arn := range input.ServiceDeploymentArns {
		if found, ok := s.serviceDeployment(arn); ok {
			output.ServiceDeployments = append(output.ServiceDeployments, found)
		} else {
			output.Failures = append(output.Failures, types.Failure{Arn: &arn, Reason: aws.String("MISSING")})
		}
	}
	return output, nil
}

// serviceDeployment returns the service deployment with an ARN, which ends
// with cluster/service/id.
func (s *Server) serviceDeployment(arn string) (types.ServiceDeployment, bool) {
	parts := strings.Split(arn, "/")
	if len(parts) != 4 {
		return types.ServiceDeployment{}, false
	}
	all := s.Scheduler.Deployments(parts[1], parts[2])
	i := slices.IndexFunc(all, func(d types.ServiceDeployment) bool { return aws.ToString(d.ServiceDeploymentArn) == arn })
	if i < 0 {
		return types.ServiceDeployment{}, false
	}
	return all[i], true
}
