package api

import (
	"context"
	"errors"
	"fmt"
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
	return "", "", &scheduler.Error{Code: "ClusterNotFoundException", Message: "Cluster not found."}
}

// taskDefinition returns the ARN that a reference to a task definition leads to.
func (s *Server) taskDefinition(ctx context.Context, reference *string) (*string, error) {
	found, err := s.ECS.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: reference})
	if refused := new(types.ClientException); errors.As(err, &refused) {
		return nil, &scheduler.Error{Code: "ClientException", Message: "TaskDefinition not found."}
	}
	if err != nil {
		return nil, fmt.Errorf("looking for task definition %s: %w", aws.ToString(reference), err)
	}
	if found.TaskDefinition.Status == types.TaskDefinitionStatusInactive {
		return nil, &scheduler.Error{Code: "ClientException", Message: "TaskDefinition is inactive"}
	}
	return found.TaskDefinition.TaskDefinitionArn, nil
}

// require returns an error for a member that is missing. The SDKs don't send
// requests without it.
func require(name string, value *string) error {
	if aws.ToString(value) == "" {
		return &scheduler.Error{Code: "InvalidParameterException", Message: name + " can not be blank."}
	}
	return nil
}
