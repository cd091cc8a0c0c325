// Package diagnosis finds out why an app on ECS does not answer. It asks AWS
// for what it says of the service, from the image to the load balancer, and
// changes nothing.
package diagnosis

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	loadbalancing "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// answerTimeout is longer than a load balancer takes to answer for tasks that
// it can't connect to.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
const answerTimeout = 15 * time.Second

// An Examiner examines what runs in one account and region.
type Examiner struct {
	acm           acmClient
	ecs           ecsClient
	ecr           ecrClient
	logs          logsClient
	iam           iamClient
	ec2           ec2Client
	loadBalancing loadBalancingClient
	http          *http.Client
	unverified    *http.Client // takes any certificate
}

// New returns an Examiner that asks AWS with a configuration's credentials, in
// its region.
func New(config aws.Config) *Examiner {
	return &Examiner{
		acm:           acm.NewFromConfig(config),
		ecs:           ecs.NewFromConfig(config),
		ecr:           ecr.NewFromConfig(config),
		logs:          cloudwatchlogs.NewFromConfig(config),
		iam:           iam.NewFromConfig(config),
		ec2:           ec2.NewFromConfig(config),
		loadBalancing: loadbalancing.NewFromConfig(config),
		http:          &http.Client{Timeout: answerTimeout},
		unverified:    newUnverifiedClient(),
	}
}

func newUnverifiedClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // what answers is asked, not who
	return &http.Client{Timeout: answerTimeout, Transport: transport}
}

// A Report is what an examination of a stack comes to.
type Report struct {
	// Answer is what the URL answers.
	Answer Answer
	// Findings are the reasons why it does not, the most probable one first.
	// There are some, too, where the URL still answers but no new task could
	// start, or the next deployment would change more than it should.
	Findings []Finding
}

// Examine finds out why a stack's URL does not answer.
//
// What could not be looked at, such as for a lack of permissions, is told by an
// error, beside a report of what was found.
func (e *Examiner) Examine(ctx context.Context, stack *Stack) (*Report, error) {
	report := &Report{}
	x := &examination{Examiner: e, stack: stack, wanted: stack.TaskDefinition}
	var err error
	if stack.deployed() {
		report.Answer = e.ask(ctx, stack)
		x.answer = &report.Answer
		err = x.run(ctx, stack.Cluster, stack.Service)
	} else {
		err = x.lookAtCertificates(ctx) // which may be what the rest waited for
	}
	x.lookAtOperations()
	report.Findings = x.found
	return report, err
}

// ExplainDeployment finds out why the last deployment of a service did not
// come to be. The task definition is the one that was to be deployed; ECS may
// run another one again.
//
// What could not be looked at is told by an error, beside what was found.
func (e *Examiner) ExplainDeployment(ctx context.Context, cluster, service, taskDefinitionARN string) ([]Finding, error) {
	x := &examination{Examiner: e, wanted: taskDefinitionARN}
	err := x.run(ctx, cluster, service)
	return x.found, err
}

// An examination is one look at one service: what AWS says of it, and what is
// found in that.
type examination struct {
	*Examiner

	// stack is what should be there, and answer what its URL answers. Both are
	// nil where it is one deployment that is looked at.
	stack  *Stack
	answer *Answer

	// wanted is the ARN of the task definition that is to run.
	wanted string

	service     ecstypes.Service
	definitions []ecstypes.TaskDefinition
	// running and failed are the tasks of these definitions, the newest first.
	running, failed []ecstypes.Task
	traffic         traffic
	network         network

	found findings
}

// run examines a service from causes to consequences.
func (x *examination) run(ctx context.Context, cluster, service string) error {
	if err := x.describeService(ctx, cluster, service); err != nil || len(x.found) > 0 {
		return err
	}
	if err := x.describeTaskDefinitions(ctx); err != nil || len(x.found) > 0 {
		return err
	}
	var failed []error
	for _, step := range []func(context.Context) error{
		x.describeTasks,
		x.describeTraffic,
		x.describeNetwork,
		x.lookAtResources,
		x.lookAtCertificates,
		x.lookAtImages,
		x.lookAtRoles,
		x.lookAtLogGroups,
		x.lookAtWayOut,
		x.lookAtFailedTasks,
		x.lookAtContainerHealth,
		x.lookAtLoadBalancers,
		x.lookAtSecurityGroups,
		x.lookAtDesiredCount,
		x.lookAtFailedHealthChecks,
		x.lookAtTargets,
		x.lookAtAlarms,
		x.lookAtDeployments,
		x.lookAtAnswer,
		x.lookAtSettings,
	} {
		failed = append(failed, step(ctx))
	}
	return errors.Join(failed...)
}

// settled tells whether the service is where it was to get, so that tasks that
// failed before are history.
func (x *examination) settled() bool {
	if x.answer == nil || !x.answer.OK() || aws.ToString(x.service.TaskDefinition) != x.wanted {
		return false
	}
	return x.service.RunningCount >= x.service.DesiredCount && !slices.ContainsFunc(x.service.Deployments, func(d ecstypes.Deployment) bool {
		return d.RolloutState == ecstypes.DeploymentRolloutStateFailed || d.RolloutState == ecstypes.DeploymentRolloutStateInProgress
	})
}
