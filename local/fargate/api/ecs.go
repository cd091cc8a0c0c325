package api

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"fargate-stack/local/fargate/scheduler"
)

// ecsOperations are what the emulator hands over of ECS. RunTask is among what
// it hands over, but not here: a task that nobody keeps would be simulated.
var ecsOperations = map[string]func(*Server, context.Context, []byte) (any, error){
	"CreateService":              operation((*Server).createService),
	"UpdateService":              operation((*Server).updateService),
	"DeleteService":              operation((*Server).deleteService),
	"DescribeServices":           operation((*Server).describeServices),
	"ListServices":               operation((*Server).listServices),
	"ListServiceDeployments":     operation((*Server).listServiceDeployments),
	"DescribeServiceDeployments": operation((*Server).describeServiceDeployments),
	"ListTasks":                  operation((*Server).listTasks),
	"DescribeTasks":              operation((*Server).describeTasks),
	"StopTask":                   operation((*Server).stopTask),
	"TagResource":                operation((*Server).tagResource),
	"UntagResource":              operation((*Server).untagResource),
	"ListTagsForResource":        operation((*Server).listTagsForResource),
}

// operation makes a handler of bytes of one of the SDK's types.
func operation[Input, Output any](handle func(*Server, context.Context, *Input) (*Output, error)) func(*Server, context.Context, []byte) (any, error) {
	return func(s *Server, ctx context.Context, body []byte) (any, error) {
		input, err := decode[Input](body)
		if err != nil {
			return nil, err
		}
		return handle(s, ctx, input)
	}
}

// defaultCluster is the cluster of requests that name none.
const defaultCluster = "default"

// clusterName returns the name in a reference to a cluster.
func clusterName(reference *string) string {
	name := aws.ToString(reference)
	if name == "" {
		return defaultCluster
	}
	return name[strings.LastIndexByte(name, '/')+1:]
}

// cluster returns a cluster's name and ARN, if it exists.
func (s *Server) cluster(ctx context.Context, reference *string) (name, arn string, err error) {
	name = clusterName(reference)
	found, err := s.ECS.DescribeClusters(ctx, &ecs.DescribeClustersInput{Clusters: []string{name}})
	if err != nil {
		return "", "", fmt.Errorf("looking for cluster %s: %w", name, err)
	}
	for _, c := range found.Clusters {
		if aws.ToString(c.Status) == "ACTIVE" {
			return name, aws.ToString(c.ClusterArn), nil
		}
	}
	return "", "", &failure{code: "ClusterNotFoundException", message: "Cluster not found."}
}

// taskDefinition returns the ARN that a reference to a task definition leads to.
func (s *Server) taskDefinition(ctx context.Context, reference *string) (*string, error) {
	found, err := s.ECS.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: reference})
	if refused := new(types.ClientException); errors.As(err, &refused) {
		return nil, &failure{code: "ClientException", message: refused.ErrorMessage()}
	}
	if err != nil {
		return nil, fmt.Errorf("looking for task definition %s: %w", aws.ToString(reference), err)
	}
	return found.TaskDefinition.TaskDefinitionArn, nil
}

// serviceFailure gives the scheduler's errors the codes of ECS.
func serviceFailure(err error) error {
	for known, code := range map[error]string{
		scheduler.ErrNotFound:  "ServiceNotFoundException",
		scheduler.ErrNotActive: "ServiceNotActiveException",
		scheduler.ErrExists:    "InvalidParameterException",
		scheduler.ErrScaled:    "InvalidParameterException",
	} {
		if errors.Is(err, known) {
			return &failure{code: code, message: known.Error()}
		}
	}
	return err
}

func (s *Server) createService(ctx context.Context, input *ecs.CreateServiceInput) (*ecs.CreateServiceOutput, error) {
	name, _, err := s.cluster(ctx, input.Cluster)
	if err != nil {
		return nil, err
	}
	if input.TaskDefinition, err = s.taskDefinition(ctx, input.TaskDefinition); err != nil {
		return nil, err
	}
	input.Cluster = &name
	created, err := s.Scheduler.Create(input)
	if err != nil {
		return nil, serviceFailure(err)
	}
	return &ecs.CreateServiceOutput{Service: &created}, nil
}

func (s *Server) updateService(ctx context.Context, input *ecs.UpdateServiceInput) (*ecs.UpdateServiceOutput, error) {
	name, _, err := s.cluster(ctx, input.Cluster)
	if err != nil {
		return nil, err
	}
	if input.TaskDefinition != nil {
		if input.TaskDefinition, err = s.taskDefinition(ctx, input.TaskDefinition); err != nil {
			return nil, err
		}
	}
	input.Cluster = &name
	updated, err := s.Scheduler.Update(input)
	if err != nil {
		return nil, serviceFailure(err)
	}
	return &ecs.UpdateServiceOutput{Service: &updated}, nil
}

func (s *Server) deleteService(ctx context.Context, input *ecs.DeleteServiceInput) (*ecs.DeleteServiceOutput, error) {
	deleted, err := s.Scheduler.Delete(clusterName(input.Cluster), aws.ToString(input.Service), aws.ToBool(input.Force))
	if err != nil {
		return nil, serviceFailure(err)
	}
	return &ecs.DeleteServiceOutput{Service: &deleted}, nil
}

func (s *Server) describeServices(ctx context.Context, input *ecs.DescribeServicesInput) (*ecs.DescribeServicesOutput, error) {
	name, _, err := s.cluster(ctx, input.Cluster)
	if err != nil {
		return nil, err
	}
	output := &ecs.DescribeServicesOutput{Services: []types.Service{}, Failures: []types.Failure{}}
	for _, reference := range input.Services {
		found, ok := s.Scheduler.Describe(name, reference)
		if !ok {
			output.Failures = append(output.Failures, types.Failure{Arn: &reference, Reason: aws.String("MISSING")})
			continue
		}
		if !slices.Contains(input.Include, types.ServiceFieldTags) {
			found.Tags = nil
		}
		output.Services = append(output.Services, found)
	}
	return output, nil
}

func (s *Server) listServices(ctx context.Context, input *ecs.ListServicesInput) (*ecs.ListServicesOutput, error) {
	output := &ecs.ListServicesOutput{ServiceArns: []string{}}
	for _, found := range s.Scheduler.List(clusterName(input.Cluster)) {
		output.ServiceArns = append(output.ServiceArns, aws.ToString(found.ServiceArn))
	}
	return output, nil
}

func (s *Server) listServiceDeployments(ctx context.Context, input *ecs.ListServiceDeploymentsInput) (*ecs.ListServiceDeploymentsOutput, error) {
	output := &ecs.ListServiceDeploymentsOutput{ServiceDeployments: []types.ServiceDeploymentBrief{}}
	for _, d := range s.Scheduler.Deployments(clusterOfService(input.Cluster, input.Service), aws.ToString(input.Service)) {
		if len(input.Status) > 0 && !slices.Contains(input.Status, d.Status) {
			continue
		}
		output.ServiceDeployments = append(output.ServiceDeployments, types.ServiceDeploymentBrief{
			ServiceDeploymentArn: d.ServiceDeploymentArn, ServiceArn: d.ServiceArn, ClusterArn: d.ClusterArn,
			CreatedAt: d.CreatedAt, StartedAt: d.StartedAt, FinishedAt: d.FinishedAt,
			Status: d.Status, StatusReason: d.StatusReason,
		})
	}
	return output, nil
}

// clusterOfService returns the cluster in the ARN of a service, where the
// request does not name it.
func clusterOfService(cluster, service *string) string {
	if parts := strings.Split(aws.ToString(service), "/"); cluster == nil && len(parts) == 3 {
		return parts[1]
	}
	return clusterName(cluster)
}

func (s *Server) describeServiceDeployments(ctx context.Context, input *ecs.DescribeServiceDeploymentsInput) (*ecs.DescribeServiceDeploymentsOutput, error) {
	output := &ecs.DescribeServiceDeploymentsOutput{ServiceDeployments: []types.ServiceDeployment{}, Failures: []types.Failure{}}
	for _, arn := range input.ServiceDeploymentArns {
		found := false
		if parts := strings.Split(arn, "/"); len(parts) == 4 {
			for _, d := range s.Scheduler.Deployments(parts[1], parts[2]) {
				if aws.ToString(d.ServiceDeploymentArn) == arn {
					found = true
					output.ServiceDeployments = append(output.ServiceDeployments, d)
				}
			}
		}
		if !found {
			output.Failures = append(output.Failures, types.Failure{Arn: &arn, Reason: aws.String("MISSING")})
		}
	}
	return output, nil
}
