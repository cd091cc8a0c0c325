package diagnosis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	loadbalancing "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	loadbalancingtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// lookAtOperations finds what Pulumi had begun when it was cut off, and that
// it deployed nothing.
func (x *examination) lookAtOperations() {
	for _, operation := range x.stack.pending {
		x.found.add(UpdateInterrupted, fmt.Sprintf("%s: %s", operation.Type, name(operation.Resource)))
	}
	if !x.stack.deployed() && len(x.found) == 0 {
		x.found.add(NotDeployed, fmt.Sprintf("the state has %d resources, and no ECS service among them", len(x.stack.resources)))
	}
}

// lookAtResources finds what is in the state and no longer in AWS, besides what
// the service itself leads to.
func (x *examination) lookAtResources(ctx context.Context) error {
	if x.stack == nil {
		return nil
	}
	for _, r := range x.stack.ofType(loadBalancerType) {
		arn := text(r.Outputs, "arn")
		_, err := x.loadBalancing.DescribeLoadBalancers(ctx, &loadbalancing.DescribeLoadBalancersInput{LoadBalancerArns: []string{arn}})
		if gone, ok := errors.AsType[*loadbalancingtypes.LoadBalancerNotFoundException](err); ok {
			x.found.add(ResourceMissing, name(r)+": "+gone.ErrorMessage())
			continue
		}
		if err != nil {
			return fmt.Errorf("describing %s: %w", name(r), err)
		}
		if err := x.lookAtListeners(ctx, arn); err != nil {
			return err
		}
	}
	return nil
}

// lookAtListeners finds listeners of a load balancer that are gone.
func (x *examination) lookAtListeners(ctx context.Context, loadBalancer string) error {
	output, err := x.loadBalancing.DescribeListeners(ctx, &loadbalancing.DescribeListenersInput{LoadBalancerArn: &loadBalancer})
	if err != nil {
		return fmt.Errorf("describing the listeners of %s: %w", loadBalancer, err)
	}
	for _, r := range x.stack.ofType(listenerType) {
		arn := text(r.Outputs, "arn")
		there := func(l loadbalancingtypes.Listener) bool { return aws.ToString(l.ListenerArn) == arn }
		if text(r.Outputs, "loadBalancerArn") == loadBalancer && !slices.ContainsFunc(output.Listeners, there) {
			x.found.add(ResourceMissing, fmt.Sprintf("%s: its load balancer has no listener %s", name(r), arn))
		}
	}
	return nil
}

// lookAtSettings finds what is set otherwise than in the state, as far as it
// matters to requests. `pulumi refresh` looks at everything, and changes the
// state.
func (x *examination) lookAtSettings(context.Context) error {
	if x.stack == nil {
		return nil
	}
	x.compareService()
	x.compareHealthChecks()
	x.compareRules()
	return nil
}

// compareService compares what the service runs, and where. How many tasks it
// runs is autoscaling's matter, where there is any.
func (x *examination) compareService() {
	for _, r := range x.stack.ofType(serviceType) {
		x.compare(name(r)+" runs", lastPart(aws.ToString(x.service.TaskDefinition)), lastPart(x.wanted))
		if len(x.stack.ofType(scalingTargetType)) == 0 {
			x.compare(name(r)+" has desired count", fmt.Sprint(x.service.DesiredCount), number(r.Outputs, "desiredCount"))
		}
		state := object(r.Outputs, "networkConfiguration")
		x.compare(name(r)+" has subnets", sorted(x.taskNetwork().Subnets), sorted(list(state, "subnets")))
		x.compare(name(r)+" has security groups", sorted(x.taskNetwork().SecurityGroups), sorted(list(state, "securityGroups")))
	}
}

// compareHealthChecks compares what the load balancer asks of the tasks.
func (x *examination) compareHealthChecks() {
	for _, r := range x.stack.ofType(targetGroupType) {
		state := object(r.Outputs, "healthCheck")
		for _, route := range x.traffic {
			if aws.ToString(route.group.TargetGroupArn) != text(r.Outputs, "arn") {
				continue
			}
			x.compare(name(r)+" has health check path", aws.ToString(route.group.HealthCheckPath), text(state, "path"))
			x.compare(name(r)+" has health check port", aws.ToString(route.group.HealthCheckPort), text(state, "port"))
			x.compare(name(r)+" has health check matcher", matcher(route.group), text(state, "matcher"))
		}
	}
}

// compare records a setting that is not as in the state. What the state does
// not have, or has as a secret, is not compared.
func (x *examination) compare(setting, deployed, state string) {
	if state != "" && state != deployed {
		x.found.add(StateDiffers, fmt.Sprintf("%s %s, the state says %s", setting, deployed, state))
	}
}

func sorted(values []string) string {
	return strings.Join(slices.Sorted(slices.Values(values)), ", ")
}
