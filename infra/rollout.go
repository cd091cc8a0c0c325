package infra

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"fargate-stack/doctor/diagnosis"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const (
	// rolloutLimit is how long a deployment may take. The circuit breaker ends
	// one whose tasks fail long before; with alarms, ECS watches them for some
	// minutes after the tasks are healthy.
	rolloutLimit = 20 * time.Minute

	// rolloutPace is how often ECS is asked how far a deployment is.
	rolloutPace = 2 * time.Second

	primaryDeployment = "PRIMARY"
)

// FollowRollout returns when a service runs the tasks of a task definition, and
// they are healthy. The error says why they don't. What it is told while it
// waits goes to report.
type FollowRollout func(ctx context.Context, cluster, service, taskDefinition string, report func(string)) error

// newFollowRollout returns a [FollowRollout] that asks AWS.
func newFollowRollout(settings aws.Config) FollowRollout {
	return func(ctx context.Context, cluster, service, taskDefinition string, report func(string)) error {
		r := &rollout{
			client: ecs.NewFromConfig(settings), examiner: diagnosis.New(settings),
			report: report, pace: rolloutPace, limit: rolloutLimit,
			cluster: cluster, service: service, taskDefinition: taskDefinition,
		}
		return r.wait(ctx)
	}
}

// A rollout is the deployment of a task definition to a service. ECS goes on
// with it when the service is registered, and ends it by itself: either with
// healthy tasks, or with its circuit breaker and the tasks of before. The
// provider can wait for it too, but takes the second for a success.
type rollout struct {
	client   ecsClient
	examiner examiner
	// report takes what changes while it goes on.
	report func(string)
	// pace is the time between two looks, and limit how long all may take.
	pace, limit time.Duration

	cluster, service, taskDefinition string
}

// An ecsClient is the part of ECS that a rollout is followed with.
type ecsClient interface {
	DescribeServices(context.Context, *ecs.DescribeServicesInput, ...func(*ecs.Options)) (*ecs.DescribeServicesOutput, error)
}

// An examiner says why a deployment failed.
type examiner interface {
	ExplainDeployment(ctx context.Context, cluster, service, taskDefinitionARN string) ([]diagnosis.Finding, error)
}

// wait returns when the tasks of the task definition run and are healthy. If
// they don't get there, the error says why.
func (r *rollout) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, r.limit, fmt.Errorf("it did not end within %s", r.limit))
	defer cancel()
	reported := ""
	for {
		service, err := r.describe(ctx)
		if err != nil {
			return err
		}
		if ended, problem := r.judge(service); ended {
			return r.explain(ctx, problem)
		}
		if progress := r.progress(service); progress != reported {
			reported = progress
			r.report(progress)
		}
		select {
		case <-time.After(r.pace):
		case <-ctx.Done():
			return r.explain(context.WithoutCancel(ctx), context.Cause(ctx).Error())
		}
	}
}

func (r *rollout) describe(ctx context.Context) (*types.Service, error) {
	answer, err := r.client.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &r.cluster, Services: []string{r.service}})
	if err != nil {
		return nil, fmt.Errorf("asking ECS how far the deployment of service %s is: %w; check that you may call ecs:DescribeServices", r.service, err)
	}
	if len(answer.Services) == 0 {
		return nil, fmt.Errorf("service %s was deployed and is gone; deploy again with: pulumi up --refresh", r.service)
	}
	return &answer.Services[0], nil
}

// judge tells whether the rollout has ended and, if not well, what became of
// it.
func (r *rollout) judge(service *types.Service) (ended bool, problem string) {
	primary := deploymentOf(service, func(d types.Deployment) bool { return aws.ToString(d.Status) == primaryDeployment })
	ours := deploymentOf(service, func(d types.Deployment) bool { return aws.ToString(d.TaskDefinition) == r.taskDefinition })
	switch {
	case primary == nil:
		return true, fmt.Sprintf("the service is %s and has no deployment", aws.ToString(service.Status))
	case ours == primary && primary.RolloutState == types.DeploymentRolloutStateCompleted:
		return true, ""
	case ours == primary && primary.RolloutState == types.DeploymentRolloutStateFailed:
		return true, fmt.Sprintf("%s (%d tasks failed), and there is no earlier deployment to go back to",
			strings.TrimSuffix(aws.ToString(primary.RolloutStateReason), "."), primary.FailedTasks)
	case ours == primary:
		return false, ""
	default:
		return true, fmt.Sprintf("ECS went back to %s, which goes on answering", revision(aws.ToString(primary.TaskDefinition)))
	}
}

// deploymentOf returns the first deployment of a service that fits.
func deploymentOf(service *types.Service, fits func(types.Deployment) bool) *types.Deployment {
	i := slices.IndexFunc(service.Deployments, fits)
	if i < 0 {
		return nil
	}
	return &service.Deployments[i]
}

// revision returns the family and revision at the end of a task definition's ARN.
func revision(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

func (r *rollout) progress(service *types.Service) string {
	ours := deploymentOf(service, func(d types.Deployment) bool { return aws.ToString(d.TaskDefinition) == r.taskDefinition })
	progress := fmt.Sprintf("deploying %s: %d of %d tasks run", revision(r.taskDefinition), ours.RunningCount, ours.DesiredCount)
	if ours.FailedTasks > 0 {
		progress += fmt.Sprintf(", %d failed", ours.FailedTasks)
	}
	return progress
}

// explain returns an error that says what is behind a problem, or nil if there
// is none.
func (r *rollout) explain(ctx context.Context, problem string) error {
	if problem == "" {
		return nil
	}
	findings, err := r.examiner.ExplainDeployment(ctx, r.cluster, r.service, r.taskDefinition)
	text := fmt.Sprintf("the deployment of %s failed: %s.", revision(r.taskDefinition), problem)
	for _, finding := range findings {
		text += "\n\n" + finding.String()
	}
	if err != nil {
		text += "\n\nNot all could be looked at: " + err.Error()
	}
	return errors.New(text + "\n\nMend it and run pulumi up again; to try the same once more, run pulumi up --refresh.")
}
