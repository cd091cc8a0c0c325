package infra

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"fargate-stack/doctor/diagnosis"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const (
	wantedDefinition = "arn:aws:ecs:eu-central-1:123456789012:task-definition/app:2"
	formerDefinition = "arn:aws:ecs:eu-central-1:123456789012:task-definition/app:1"
)

// told is what ECS answers, one look after the other; the last answer stays.
type told [][]types.Deployment

func (a *told) DescribeServices(context.Context, *ecs.DescribeServicesInput, ...func(*ecs.Options)) (*ecs.DescribeServicesOutput, error) {
	answers := *a
	if len(answers) == 0 {
		return &ecs.DescribeServicesOutput{}, nil
	}
	if len(answers) > 1 {
		*a = answers[1:]
	}
	return &ecs.DescribeServicesOutput{Services: []types.Service{{Status: aws.String("ACTIVE"), Deployments: answers[0]}}}, nil
}

// found is what an examination finds.
type found struct {
	finding diagnosis.Finding
	err     error
}

func (f found) ExplainDeployment(context.Context, string, string, string) ([]diagnosis.Finding, error) {
	if f.err != nil {
		return nil, f.err
	}
	return []diagnosis.Finding{f.finding}, nil
}

func primary(definition string, state types.DeploymentRolloutState, failed int32) types.Deployment {
	return types.Deployment{
		Status: aws.String("PRIMARY"), TaskDefinition: &definition, FailedTasks: failed, DesiredCount: 2, RunningCount: 1,
		RolloutState: state, RolloutStateReason: aws.String("ECS deployment failed: alarm detected."),
	}
}

func active(definition string, state types.DeploymentRolloutState) types.Deployment {
	return types.Deployment{Status: aws.String("ACTIVE"), TaskDefinition: &definition, RolloutState: state}
}

func TestFollowedRollout(t *testing.T) {
	const (
		inProgress = types.DeploymentRolloutStateInProgress
		completed  = types.DeploymentRolloutStateCompleted
		failed     = types.DeploymentRolloutStateFailed
	)
	cause := found{finding: diagnosis.Finding{Title: "The container ends", Evidence: []string{"exit code 3"}, Mend: "look at its log"}}
	tests := []struct {
		statement string
		answers   told
		examiner  found
		limit     time.Duration
		// wants are what the error says; none if there is to be no error.
		wants []string
	}{
		{"is over when it is completed", told{{primary(wantedDefinition, completed, 0)}}, cause, time.Minute, nil},
		{"is waited for while it goes on", told{
			{primary(wantedDefinition, inProgress, 0), active(formerDefinition, completed)},
			{primary(wantedDefinition, inProgress, 1), active(formerDefinition, completed)},
			{primary(wantedDefinition, completed, 0)},
		}, cause, time.Minute, nil},
		{"fails when ECS goes back, and says why", told{
			{primary(wantedDefinition, inProgress, 0), active(formerDefinition, completed)},
			{primary(formerDefinition, inProgress, 0), active(wantedDefinition, failed)},
		}, cause, time.Minute, []string{"app:2 failed", "went back to app:1", "The container ends", "exit code 3", "look at its log"}},
		{"fails when ECS went back long ago", told{{primary(formerDefinition, completed, 0)}}, cause, time.Minute, []string{"went back to app:1"}},
		{"fails when there is nothing to go back to", told{{primary(wantedDefinition, failed, 3)}}, cause, time.Minute, []string{"alarm detected (3 tasks failed)", "no earlier deployment"}},
		{"fails when it takes too long", told{{primary(wantedDefinition, inProgress, 0)}}, cause, 20 * time.Millisecond, []string{"within 20ms", "The container ends"}},
		{"fails when the service is gone", told{}, cause, time.Minute, []string{"is gone", "--refresh"}},
		{"says what could not be looked at", told{{primary(formerDefinition, completed, 0)}}, found{err: errors.New("no permission")}, time.Minute, []string{"no permission"}},
	}
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			r := &rollout{
				client: &test.answers, examiner: test.examiner, report: func(string) {}, pace: time.Millisecond, limit: test.limit,
				cluster: "cluster", service: "service", taskDefinition: wantedDefinition,
			}
			err := r.wait(t.Context())
			if (err != nil) != (len(test.wants) > 0) {
				t.Fatalf("error is %v", err)
			}
			for _, want := range test.wants {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error does not say %q:\n%v", want, err)
				}
			}
		})
	}
}

func TestRolloutReportsWhatChanges(t *testing.T) {
	going := primary(wantedDefinition, types.DeploymentRolloutStateInProgress, 0)
	failing := primary(wantedDefinition, types.DeploymentRolloutStateInProgress, 1)
	answers := told{{going}, {going}, {failing}, {primary(wantedDefinition, types.DeploymentRolloutStateCompleted, 1)}}
	var reported []string
	r := &rollout{
		client: &answers, report: func(progress string) { reported = append(reported, progress) }, pace: time.Millisecond,
		limit: time.Minute, taskDefinition: wantedDefinition,
	}
	if err := r.wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{"deploying app:2: 1 of 2 tasks run", "deploying app:2: 1 of 2 tasks run, 1 failed"}
	if !slices.Equal(reported, want) {
		t.Errorf("reported %q, want %q", reported, want)
	}
}
