package api

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func TestTasksAreListed(t *testing.T) {
	c := newCloud(t)
	c.create(2)
	c.waitUntilStable()
	const first, second, third = "arn:aws:ecs:eu-central-1:111122223333:task/main/0",
		"arn:aws:ecs:eu-central-1:111122223333:task/main/1", "arn:aws:ecs:eu-central-1:111122223333:task/main/2"
	stopped, err := c.ecs.StopTask(t.Context(), &ecs.StopTaskInput{Cluster: aws.String("main"), Task: aws.String("0"), Reason: aws.String("by hand")})
	if task := must(t, stopped, err).Task; *task.TaskArn != first || task.StopCode != types.TaskStopCodeUserInitiated || *task.StoppedReason != "by hand" {
		t.Errorf("stopped is %+v", task)
	}
	c.waitUntilStable()
	tests := []struct {
		name  string
		input ecs.ListTasksInput
		want  []string
	}{
		{"those that are to run", ecs.ListTasksInput{}, []string{third, second}},
		{"those that have stopped", ecs.ListTasksInput{DesiredStatus: types.DesiredStatusStopped}, []string{first}},
		{"none is pending", ecs.ListTasksInput{DesiredStatus: types.DesiredStatusPending}, nil},
		{"of the service", ecs.ListTasksInput{ServiceName: aws.String("app")}, []string{third, second}},
		{"of the service, by its ARN", ecs.ListTasksInput{ServiceName: aws.String(serviceARN)}, []string{third, second}},
		{"of another service", ecs.ListTasksInput{ServiceName: aws.String("other")}, nil},
		{"of the family", ecs.ListTasksInput{Family: aws.String("app")}, []string{third, second}},
		{"of another family", ecs.ListTasksInput{Family: aws.String("ap")}, nil},
		{"started by the deployment", ecs.ListTasksInput{StartedBy: c.service().Deployments[0].Id}, []string{third, second}},
		{"started by somebody else", ecs.ListTasksInput{StartedBy: aws.String("me")}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.input.Cluster = aws.String("main")
			output, err := c.ecs.ListTasks(t.Context(), &test.input)
			if arns := must(t, output, err).TaskArns; !slices.Equal(arns, test.want) {
				t.Errorf("listed are %v, want %v", arns, test.want)
			}
		})
	}
}

func TestTasksAreDescribed(t *testing.T) {
	c := newCloud(t)
	c.create(1)
	c.waitUntilStable()
	output, err := c.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Cluster: aws.String("main"), Tasks: []string{"0", "other"}})
	tasks := must(t, output, err).Tasks
	if len(tasks) != 1 || *tasks[0].TaskDefinitionArn != definitionARN+"1" || *tasks[0].LastStatus != "RUNNING" || tasks[0].Tags != nil {
		t.Fatalf("described are %+v", tasks)
	}
	if container := tasks[0].Containers[0]; *container.Name != "app" || container.ExitCode == nil || *container.ExitCode != 0 {
		t.Errorf("its container is %+v", container)
	}
	if want := c.tasks[0].Record(); tasks[0].StartedAt.UnixMilli() != want.StartedAt.UnixMilli() {
		t.Errorf("it was started at %s, want %s", tasks[0].StartedAt, want.StartedAt)
	}
	if failures := output.Failures; len(failures) != 1 || *failures[0].Arn != "other" || *failures[0].Reason != "MISSING" {
		t.Errorf("failures are %+v", failures)
	}
	output, err = c.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{
		Cluster: aws.String("main"), Tasks: []string{*tasks[0].TaskArn}, Include: []types.TaskField{types.TaskFieldTags},
	})
	if tags := must(t, output, err).Tasks[0].Tags; len(tags) != 1 || *tags[0].Key != "a" {
		t.Errorf("tags are %v", tags)
	}
}
