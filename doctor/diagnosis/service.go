package diagnosis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// tasksPerCall is how many tasks ECS describes at once.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html
const tasksPerCall = 100

// shownEvents is how many of a service's events are evidence.
const shownEvents = 3

// describeService asks for the service. A service that was deleted is still
// described for a while, as inactive.
func (x *examination) describeService(ctx context.Context, cluster, service string) error {
	output, err := x.ecs.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &cluster, Services: []string{service}})
	var noCluster *ecstypes.ClusterNotFoundException
	switch {
	case errors.As(err, &noCluster):
		x.found.add(ResourceMissing, fmt.Sprintf("cluster %s: %s", cluster, noCluster.ErrorMessage()))
		return nil
	case err != nil:
		return fmt.Errorf("describing service %s: %w; check the credentials (aws sts get-caller-identity) and the region", service, err)
	case len(output.Services) == 0:
		x.found.add(ResourceMissing, fmt.Sprintf("service %s in cluster %s: MISSING", service, lastPart(cluster)))
		return nil
	}
	x.service = output.Services[0]
	if status := aws.ToString(x.service.Status); status != "ACTIVE" {
		x.found.add(ResourceMissing, fmt.Sprintf("service %s in cluster %s: %s", service, lastPart(cluster), status))
	}
	return nil
}

// describeTaskDefinitions asks for the task definition that is to run, and for
// those that do.
func (x *examination) describeTaskDefinitions(ctx context.Context) error {
	arns := []string{x.wanted}
	if x.stack != nil {
		arns = append(arns, aws.ToString(x.service.TaskDefinition))
		for _, deployment := range x.service.Deployments {
			arns = append(arns, aws.ToString(deployment.TaskDefinition))
		}
	}
	for _, arn := range arns {
		if arn == "" || x.definition(arn) != nil {
			continue
		}
		output, err := x.ecs.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: &arn})
		// ECS has no error of its own for a task definition that is not there.
		var notThere *ecstypes.ClientException
		switch {
		case errors.As(err, &notThere):
			x.found.add(ResourceMissing, fmt.Sprintf("task definition %s: %s", arn, notThere.ErrorMessage()))
		case err != nil:
			return fmt.Errorf("describing task definition %s: %w", arn, err)
		default:
			x.definitions = append(x.definitions, *output.TaskDefinition)
		}
	}
	return nil
}

// definition returns a task definition that matters, or nil.
func (x *examination) definition(arn string) *ecstypes.TaskDefinition {
	i := slices.IndexFunc(x.definitions, func(d ecstypes.TaskDefinition) bool { return aws.ToString(d.TaskDefinitionArn) == arn })
	if i < 0 {
		return nil
	}
	return &x.definitions[i]
}

// describeTasks asks for the tasks that run, and for those that stopped, which
// ECS knows for an hour.
func (x *examination) describeTasks(ctx context.Context) error {
	running, err := x.tasks(ctx, ecstypes.DesiredStatusRunning)
	if err != nil {
		return err
	}
	stopped, err := x.tasks(ctx, ecstypes.DesiredStatusStopped)
	if err != nil {
		return err
	}
	x.running = running
	x.failed = slices.DeleteFunc(stopped, func(task ecstypes.Task) bool { return !failed(task) || x.mended(task) })
	return nil
}

// tasks returns tasks of the definitions that matter, the newest first.
func (x *examination) tasks(ctx context.Context, status ecstypes.DesiredStatus) ([]ecstypes.Task, error) {
	var tasks []ecstypes.Task
	pages := ecs.NewListTasksPaginator(x.ecs, &ecs.ListTasksInput{
		Cluster: x.service.ClusterArn, ServiceName: x.service.ServiceName, DesiredStatus: status,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing the tasks of %s: %w", aws.ToString(x.service.ServiceName), err)
		}
		for arns := range slices.Chunk(page.TaskArns, tasksPerCall) {
			output, err := x.ecs.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: x.service.ClusterArn, Tasks: arns})
			if err != nil {
				return nil, fmt.Errorf("describing the tasks of %s: %w", aws.ToString(x.service.ServiceName), err)
			}
			tasks = append(tasks, output.Tasks...)
		}
	}
	tasks = slices.DeleteFunc(tasks, func(task ecstypes.Task) bool {
		return x.definition(aws.ToString(task.TaskDefinitionArn)) == nil
	})
	slices.SortFunc(tasks, func(a, b ecstypes.Task) int {
		return aws.ToTime(b.CreatedAt).Compare(aws.ToTime(a.CreatedAt))
	})
	return tasks, nil
}

// lookAtDesiredCount finds a service that is to run nothing.
func (x *examination) lookAtDesiredCount(context.Context) error {
	if x.service.DesiredCount == 0 {
		x.found.add(NoTasksWanted, fmt.Sprintf("service %s in cluster %s has desired count 0",
			aws.ToString(x.service.ServiceName), lastPart(aws.ToString(x.service.ClusterArn))))
	}
	return nil
}

// lookAtDeployments tells how the deployments of the service go. One that is
// in progress is of interest only while there is no answer.
func (x *examination) lookAtDeployments(context.Context) error {
	var failed, going []string
	for _, deployment := range x.service.Deployments {
		line := fmt.Sprintf("deployment of %s is %s: %s", lastPart(aws.ToString(deployment.TaskDefinition)),
			deployment.RolloutState, aws.ToString(deployment.RolloutStateReason))
		switch deployment.RolloutState {
		case ecstypes.DeploymentRolloutStateFailed:
			failed = append(failed, line)
		case ecstypes.DeploymentRolloutStateInProgress:
			going = append(going, line)
		}
	}
	switch {
	case len(failed) > 0 || x.answer == nil:
		x.found.addConsequence(DeploymentFailed, slices.Concat(failed, going, x.lastEvents())...)
	case len(going) > 0 && !x.answer.OK():
		x.found.addConsequence(DeploymentInProgress, append(going, x.lastEvents()...)...)
	}
	return nil
}

// lastEvents returns what ECS last told of the service, which comes newest first.
func (x *examination) lastEvents() []string {
	var lines []string
	for _, event := range x.service.Events[:min(shownEvents, len(x.service.Events))] {
		lines = append(lines, describeEvent(event))
	}
	return lines
}

// eventsOf returns what ECS told of a task.
func (x *examination) eventsOf(task ecstypes.Task) []string {
	var lines []string
	for _, event := range x.service.Events {
		if strings.Contains(aws.ToString(event.Message), "(task "+lastPart(aws.ToString(task.TaskArn))+") ") {
			lines = append(lines, describeEvent(event))
		}
	}
	return lines
}

func describeEvent(event ecstypes.ServiceEvent) string {
	return "event " + clock(event.CreatedAt) + ": " + aws.ToString(event.Message)
}

// lastPart returns what comes last in an ARN, which is a name or an id.
func lastPart(arn string) string {
	return arn[strings.LastIndex(arn, "/")+1:]
}
