package diagnosis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	loadbalancing "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	loadbalancingtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// traffic is the way of requests to a service's tasks, one route for each of
// its target groups.
type traffic []route

// A route leads requests from load balancers to one container.
type route struct {
	group loadbalancingtypes.TargetGroup
	// containerPort is the port that tasks are registered with.
	containerPort int32
	balancers     []balancer
}

// A balancer is a load balancer and those of its listeners that send requests
// to the target group.
type balancer struct {
	loadbalancingtypes.LoadBalancer
	listeners []loadbalancingtypes.Listener
}

// describeTraffic asks for the target groups of the service, and for all that
// sends requests to them.
func (x *examination) describeTraffic(ctx context.Context) error {
	for _, target := range x.service.LoadBalancers {
		arn := aws.ToString(target.TargetGroupArn)
		output, err := x.loadBalancing.DescribeTargetGroups(ctx, &loadbalancing.DescribeTargetGroupsInput{TargetGroupArns: []string{arn}})
		if noGroup, ok := errors.AsType[*loadbalancingtypes.TargetGroupNotFoundException](err); ok {
			x.found.add(ResourceMissing, "target group "+arn+": "+noGroup.ErrorMessage())
			continue
		}
		if err != nil {
			return fmt.Errorf("describing target group %s: %w", arn, err)
		}
		for _, group := range output.TargetGroups {
			balancers, err := x.balancers(ctx, group)
			if err != nil {
				return err
			}
			x.traffic = append(x.traffic, route{group, aws.ToInt32(target.ContainerPort), balancers})
		}
	}
	return nil
}

// balancers returns the load balancers that use a target group.
func (x *examination) balancers(ctx context.Context, group loadbalancingtypes.TargetGroup) ([]balancer, error) {
	if len(group.LoadBalancerArns) == 0 {
		return nil, nil // asked for none, AWS would describe all
	}
	output, err := x.loadBalancing.DescribeLoadBalancers(ctx, &loadbalancing.DescribeLoadBalancersInput{LoadBalancerArns: group.LoadBalancerArns})
	if _, ok := errors.AsType[*loadbalancingtypes.LoadBalancerNotFoundException](err); ok {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("describing the load balancers of %s: %w", aws.ToString(group.TargetGroupName), err)
	}
	var balancers []balancer
	for _, described := range output.LoadBalancers {
		listeners, err := x.listeners(ctx, described, group)
		if err != nil {
			return nil, err
		}
		balancers = append(balancers, balancer{described, listeners})
	}
	return balancers, nil
}

// listeners returns the listeners of a load balancer that send requests to a
// target group.
func (x *examination) listeners(ctx context.Context, from loadbalancingtypes.LoadBalancer, to loadbalancingtypes.TargetGroup) ([]loadbalancingtypes.Listener, error) {
	output, err := x.loadBalancing.DescribeListeners(ctx, &loadbalancing.DescribeListenersInput{LoadBalancerArn: from.LoadBalancerArn})
	if err != nil {
		return nil, fmt.Errorf("describing the listeners of %s: %w", aws.ToString(from.LoadBalancerName), err)
	}
	var listeners []loadbalancingtypes.Listener
	for _, listener := range output.Listeners {
		// The default action is among the rules.
		rules, err := x.loadBalancing.DescribeRules(ctx, &loadbalancing.DescribeRulesInput{ListenerArn: listener.ListenerArn})
		if err != nil {
			return nil, fmt.Errorf("describing the rules of listener %s: %w", aws.ToString(listener.ListenerArn), err)
		}
		if slices.ContainsFunc(rules.Rules, func(rule loadbalancingtypes.Rule) bool { return forwards(rule.Actions, to) }) {
			listeners = append(listeners, listener)
		}
	}
	return listeners, nil
}

// forwards tells whether one of several actions sends requests to a target group.
func forwards(actions []loadbalancingtypes.Action, group loadbalancingtypes.TargetGroup) bool {
	for _, action := range actions {
		if aws.ToString(action.TargetGroupArn) == *group.TargetGroupArn {
			return true
		}
		if action.ForwardConfig == nil {
			continue
		}
		for _, weighted := range action.ForwardConfig.TargetGroups {
			if aws.ToString(weighted.TargetGroupArn) == *group.TargetGroupArn {
				return true
			}
		}
	}
	return false
}

// checkedPort returns the port that health checks go to.
func (r route) checkedPort() int32 {
	if port, err := strconv.ParseInt(aws.ToString(r.group.HealthCheckPort), 10, 32); err == nil {
		return int32(port)
	}
	return r.containerPort // "traffic-port"
}

// ports returns the ports of a task that the load balancer has to get to.
func (r route) ports() []int32 {
	if checked := r.checkedPort(); checked != r.containerPort {
		return []int32{r.containerPort, checked}
	}
	return []int32{r.containerPort}
}
