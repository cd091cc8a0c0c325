package api

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"fargate-stack/local/fargate/scheduler"
)

func (s *Server) listTasks(ctx context.Context, input *ecs.ListTasksInput) (*ecs.ListTasksOutput, error) {
	_, arn, err := s.cluster(ctx, input.Cluster)
	if err != nil {
		return nil, err
	}
	desired := string(input.DesiredStatus)
	if desired == "" {
		desired = string(types.DesiredStatusRunning)
	}
	output := &ecs.ListTasksOutput{TaskArns: []string{}}
	for _, task := range s.Scheduler.Tasks(arn) {
		if aws.ToString(task.DesiredStatus) == desired && matches(task, input) {
			output.TaskArns = append(output.TaskArns, aws.ToString(task.TaskArn))
		}
	}
	return output, nil
}

// matches tells whether a task is among those that a request asks for.
func matches(task types.Task, input *ecs.ListTasksInput) bool {
	name := aws.ToString(input.ServiceName)
	service := "service:" + name[strings.LastIndexByte(name, '/')+1:]
	family := ":task-definition/" + aws.ToString(input.Family) + ":"
	return (input.ServiceName == nil || aws.ToString(task.Group) == service) &&
		(input.Family == nil || strings.Contains(aws.ToString(task.TaskDefinitionArn), family)) &&
		(input.StartedBy == nil || aws.ToString(task.StartedBy) == *input.StartedBy)
}

func (s *Server) describeTasks(ctx context.Context, input *ecs.DescribeTasksInput) (*ecs.DescribeTasksOutput, error) {
	_, arn, err := s.cluster(ctx, input.Cluster)
	if err != nil {
		return nil, err
	}
	known := map[string]types.Task{}
	for _, task := range s.Scheduler.Tasks(arn) {
		known[taskID(aws.ToString(task.TaskArn))] = task
	}
	output := &ecs.DescribeTasksOutput{Tasks: []types.Task{}, Failures: []types.Failure{}}
	for _, reference := range input.Tasks {
		task, ok := known[taskID(reference)]
		if !ok {
			output.Failures = append(output.Failures, types.Failure{Arn: &reference, Reason: aws.String("MISSING")})
			continue
		}
		if !slices.Contains(input.Include, types.TaskFieldTags) {
			task.Tags = nil
		}
		output.Tasks = append(output.Tasks, task)
	}
	return output, nil
}

func taskID(reference string) string { return reference[strings.LastIndexByte(reference, '/')+1:] }

func (s *Server) stopTask(ctx context.Context, input *ecs.StopTaskInput) (*ecs.StopTaskOutput, error) {
	_, arn, err := s.cluster(ctx, input.Cluster)
	if err != nil {
		return nil, err
	}
	taskARN := strings.Replace(arn, ":cluster/", ":task/", 1) + "/" + taskID(aws.ToString(input.Task))
	stopped, ok := s.Scheduler.StopTask(taskARN, aws.ToString(input.Reason))
	if !ok {
		return nil, &scheduler.Error{Code: "InvalidParameterException", Message: "The referenced task was not found."}
	}
	return &ecs.StopTaskOutput{Task: &stopped}, nil
}
