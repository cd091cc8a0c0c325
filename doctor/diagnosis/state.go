package diagnosis

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	loadbalancing "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	loadbalancingtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// lookAtUndeployed tells why a stack has no service.
func (x *examination) lookAtUndeployed(stack *Stack) {
	x.lookAtPendingOperations(stack)
	if len(x.found) == 0 {
		x.found.add(NotDeployed, fmt.Sprintf("the state has %d resources, and no ECS service among them", len(stack.resources)))
	}
}

// lookAtPendingOperations finds what Pulumi had begun when it was cut off.
func (x *examination) lookAtPendingOperations(stack *Stack) {
	for _, operation := range stack.pending {
		x.found.add(UpdateInterrupted, fmt.Sprintf("%s: %s", operation.Type, name(operation.Resource)))
	}
}

// lookAtState finds what AWS has otherwise than Pulumi's state, as far as the
// way to the app leads over it. It does not replace `pulumi refresh`.
func (x *examination) lookAtState(ctx context.Context, stack *Stack) error {
	x.lookAtPendingOperations(stack)
	if aws.ToString(x.service.ServiceName) == "" {
		return nil // there is nothing to compare
	}
	if current := aws.ToString(x.service.TaskDefinition); stack.TaskDefinition != "" && current != stack.TaskDefinition {
		x.found.add(StateDiffers, fmt.Sprintf("the service runs %s, the state has %s", lastPart(current), lastPart(stack.TaskDefinition)))
	}
	return errors.Join(
		x.lookAtLoadBalancersInState(ctx, stack),
		x.lookAtListenersInState(ctx, stack),
		x.lookAtTargetGroupsInState(stack),
		x.lookAtRulesInState(ctx, stack),
	)
}

func (x *examination) lookAtLoadBalancersInState(ctx context.Context, stack *Stack) error {
	for _, r := range stack.ofType(loadBalancerType) {
		_, err := x.loadBalancing.DescribeLoadBalancers(ctx, &loadbalancing.DescribeLoadBalancersInput{LoadBalancerArns: []string{text(r, "arn")}})
		var gone *loadbalancingtypes.LoadBalancerNotFoundException
		if errors.As(err, &gone) {
			x.found.add(ResourceMissing, name(r)+": "+gone.ErrorMessage())
		} else if err != nil {
			return fmt.Errorf("describing %s: %w", name(r), err)
		}
	}
	return nil
}

func (x *examination) lookAtListenersInState(ctx context.Context, stack *Stack) error {
	for _, r := range stack.ofType(listenerType) {
		_, err := x.loadBalancing.DescribeListeners(ctx, &loadbalancing.DescribeListenersInput{ListenerArns: []string{text(r, "arn")}})
		var gone *loadbalancingtypes.ListenerNotFoundException
		if errors.As(err, &gone) {
			x.found.add(StateDiffers, name(r)+": "+gone.ErrorMessage())
		} else if err != nil {
			return fmt.Errorf("describing %s: %w", name(r), err)
		}
	}
	return nil
}

// lookAtTargetGroupsInState compares what health checks ask for.
func (x *examination) lookAtTargetGroupsInState(stack *Stack) error {
	for _, r := range stack.ofType(targetGroupType) {
		i := slices.IndexFunc(x.traffic, func(route route) bool { return aws.ToString(route.group.TargetGroupArn) == text(r, "arn") })
		if i < 0 {
			x.found.add(StateDiffers, fmt.Sprintf("%s is not a target group of the service", name(r)))
			continue
		}
		group := x.traffic[i].group
		deployed := map[string]string{
			"path":    aws.ToString(group.HealthCheckPath),
			"port":    aws.ToString(group.HealthCheckPort),
			"matcher": matcher(group),
		}
		check, _ := r.Outputs["healthCheck"].(map[string]any)
		for _, setting := range slices.Sorted(maps.Keys(deployed)) {
			if state, ok := check[setting].(string); ok && state != deployed[setting] {
				x.found.add(StateDiffers, fmt.Sprintf("%s has health check %s %s, the state has %s", name(r), setting, deployed[setting], state))
			}
		}
	}
	return nil
}

// lookAtRulesInState compares the rules of the stack's security groups.
func (x *examination) lookAtRulesInState(ctx context.Context, stack *Stack) error {
	groups := stack.ofType(securityGroupType)
	if len(groups) == 0 {
		return nil
	}
	ids := make([]string, len(groups))
	for i, r := range groups {
		ids[i] = string(r.ID)
	}
	output, err := x.ec2.DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{
		Filters: []ec2types.Filter{{Name: aws.String("group-id"), Values: ids}},
	})
	if err != nil {
		return fmt.Errorf("describing the rules of the security groups: %w", err)
	}
	rules := stack.ofType(ingressRuleType, egressRuleType)
	for _, r := range rules {
		if !slices.ContainsFunc(output.SecurityGroupRules, func(rule ec2types.SecurityGroupRule) bool {
			return aws.ToString(rule.SecurityGroupRuleId) == string(r.ID)
		}) {
			x.found.add(StateDiffers, fmt.Sprintf("%s (%s) is in the state, and not in AWS", name(r), r.ID))
		}
	}
	for _, rule := range output.SecurityGroupRules {
		id := aws.ToString(rule.SecurityGroupRuleId)
		if !slices.ContainsFunc(rules, func(r apitype.ResourceV3) bool { return string(r.ID) == id }) {
			x.found.add(StateDiffers, fmt.Sprintf("rule %s of security group %s is in AWS, and not in the state", id, aws.ToString(rule.GroupId)))
		}
	}
	return nil
}
