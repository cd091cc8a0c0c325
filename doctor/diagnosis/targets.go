package diagnosis

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	loadbalancing "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	loadbalancingtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// lookAtTargets finds tasks that the load balancer holds for unhealthy.
func (x *examination) lookAtTargets(ctx context.Context) error {
	var failed []error
	for _, route := range x.traffic {
		failed = append(failed, x.lookAtTargetHealth(ctx, route))
	}
	return errors.Join(failed...)
}

func (x *examination) lookAtTargetHealth(ctx context.Context, route route) error {
	name := aws.ToString(route.group.TargetGroupName)
	output, err := x.loadBalancing.DescribeTargetHealth(ctx, &loadbalancing.DescribeTargetHealthInput{TargetGroupArn: route.group.TargetGroupArn})
	if err != nil {
		return fmt.Errorf("describing the targets of %s: %w", name, err)
	}
	healthy := false
	lines := []string{fmt.Sprintf("target group %s has %d targets, and no healthy one", name, len(output.TargetHealthDescriptions))}
	for _, target := range output.TargetHealthDescriptions {
		line := describeTarget(target)
		lines = append(lines, line)
		switch target.TargetHealth.State {
		case loadbalancingtypes.TargetHealthStateEnumHealthy:
			healthy = true
		case loadbalancingtypes.TargetHealthStateEnumUnhealthy:
			reason := string(target.TargetHealth.Reason) + " " + aws.ToString(target.TargetHealth.Description)
			err = errors.Join(err, x.addHealthCheck(ctx, route, reason, []string{line}, x.taskAt(aws.ToString(target.Target.Id))))
		}
	}
	if !healthy {
		x.found.addConsequence(NoHealthyTarget, lines...)
	}
	return err
}

func describeTarget(target loadbalancingtypes.TargetHealthDescription) string {
	line := fmt.Sprintf("target %s:%d is %s", aws.ToString(target.Target.Id), aws.ToInt32(target.Target.Port), target.TargetHealth.State)
	if target.TargetHealth.Reason != "" {
		line += fmt.Sprintf(": %s, %s", target.TargetHealth.Reason, aws.ToString(target.TargetHealth.Description))
	}
	return line
}

// taskAt returns the running task with an address, or nil.
func (x *examination) taskAt(address string) *ecstypes.Task {
	for i, task := range x.running {
		for _, container := range task.Containers {
			if slices.ContainsFunc(container.NetworkInterfaces, func(n ecstypes.NetworkInterface) bool {
				return aws.ToString(n.PrivateIpv4Address) == address
			}) {
				return &x.running[i]
			}
		}
	}
	return nil
}

// lookAtFailedHealthChecks finds why the load balancer held a task for
// unhealthy until ECS stopped it. It is no target any more, but ECS says why,
// as it stops the task or before.
func (x *examination) lookAtFailedHealthChecks(ctx context.Context) error {
	if len(x.failed) == 0 || x.settled() || !failedInLoadBalancer(x.failed[0]) {
		return nil
	}
	task := x.failed[0]
	events := x.eventsOf(task)
	evidence := append(x.stopped(task), events...)
	for _, text := range append(events, aws.ToString(task.StoppedReason)) {
		if route, reason, ok := x.unhealthyReason(text); ok {
			return x.addHealthCheck(ctx, route, reason, evidence, &task)
		}
	}
	log, err := x.lastLogLines(ctx, task)
	x.found.addConsequence(NoHealthyTarget, append(evidence, log...)...)
	return err
}

// unhealthyReason is how ECS words why a load balancer holds a task for
// unhealthy.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-unhealthy-event-messages.html
var unhealthyReason = regexp.MustCompile(`\(target-group ([^)]+)\) due to \(reason ([^)]+)\)`)

// unhealthyReason returns which target group a text is about, and why a task is
// unhealthy in it.
func (x *examination) unhealthyReason(text string) (route, string, bool) {
	match := unhealthyReason.FindStringSubmatch(text)
	if match == nil {
		return route{}, "", false
	}
	group := match[1] // a name or an ARN
	for _, r := range x.traffic {
		if group == aws.ToString(r.group.TargetGroupName) || group == aws.ToString(r.group.TargetGroupArn) {
			return r, match[2], true
		}
	}
	return route{}, "", false
}

// addHealthCheck records that the health checks of a task fail for a reason.
// Which task it is may not be known.
func (x *examination) addHealthCheck(ctx context.Context, route route, reason string, evidence []string, task *ecstypes.Task) error {
	lines := append(evidence, fmt.Sprintf("the load balancer asks http://<task>:%d%s for %s, within %d s", route.checkedPort(),
		aws.ToString(route.group.HealthCheckPath), matcher(route.group), aws.ToInt32(route.group.HealthCheckTimeoutSeconds)))
	var err error
	if task != nil {
		var log []string
		log, err = x.lastLogLines(ctx, *task)
		lines = append(lines, log...)
	}
	x.found.add(x.healthCheckKind(reason), lines...)
	return err
}

func matcher(group loadbalancingtypes.TargetGroup) string {
	if group.Matcher == nil {
		return "200"
	}
	return aws.ToString(group.Matcher.HttpCode)
}

// Causes of what a load balancer takes for a failing health check.
var (
	// noConnection are causes of connections that are not accepted.
	noConnection = []Kind{WrongArchitecture, OutOfMemory, ContainerExits}
	// noPackets are causes of packets that don't arrive.
	noPackets = []Kind{SecurityGroupBlocks, OtherVPC}
)

// healthCheckKind tells what fails from a reason for failed health checks: the
// reason code and the description of target health, or the latter alone, as it
// is in events. What was found to be the cause of that is meant instead.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/check-target-health.html
func (x *examination) healthCheckKind(reason string) Kind {
	switch {
	case strings.Contains(reason, "with these codes"):
		return kindOfCodes(reason)
	case strings.Contains(reason, "timed out"):
		return x.found.either(noPackets, HealthCheckTimeout)
	default:
		return x.found.either(noConnection, HealthCheckPort)
	}
}

var statusCode = regexp.MustCompile(`\b[1-5]\d\d\b`)

// kindOfCodes tells an app that lacks the path, or wants a login or another
// address, from one that has an error.
func kindOfCodes(reason string) Kind {
	for _, code := range statusCode.FindAllString(reason, -1) {
		if status, err := strconv.Atoi(code); err == nil && status >= 500 {
			return HealthCheckError
		}
	}
	return HealthCheckPath
}
