package search

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	loadbalancing "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

type loadBalancingAPI interface {
	loadbalancing.DescribeListenersAPIClient
	loadbalancing.DescribeLoadBalancersAPIClient
	loadbalancing.DescribeTargetGroupsAPIClient
}

type named struct{ Name string }

// loadBalancers finds one that is still provisioning too. Listeners can be
// added to it.
func (a *Account) loadBalancers(ctx context.Context, inputs named) ([]Found, error) {
	described, err := a.loadBalancing.DescribeLoadBalancers(ctx, &loadbalancing.DescribeLoadBalancersInput{Names: []string{inputs.Name}})
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, balancer := range described.LoadBalancers {
		found = append(found, byID(balancer.LoadBalancerArn))
	}
	return found, nil
}

func (a *Account) targetGroups(ctx context.Context, inputs named) ([]Found, error) {
	described, err := a.loadBalancing.DescribeTargetGroups(ctx, &loadbalancing.DescribeTargetGroupsInput{Names: []string{inputs.Name}})
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, group := range described.TargetGroups {
		found = append(found, byID(group.TargetGroupArn))
	}
	return found, nil
}

type listenerInputs struct {
	LoadBalancer string `json:"loadBalancerArn"`
	Port         int32
}

func (a *Account) listeners(ctx context.Context, inputs listenerInputs) ([]Found, error) {
	listeners, err := all(ctx, loadbalancing.NewDescribeListenersPaginator(a.loadBalancing, &loadbalancing.DescribeListenersInput{LoadBalancerArn: &inputs.LoadBalancer}),
		func(page *loadbalancing.DescribeListenersOutput) []types.Listener { return page.Listeners })
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, listener := range listeners {
		if aws.ToInt32(listener.Port) == inputs.Port {
			found = append(found, byID(listener.ListenerArn))
		}
	}
	return found, nil
}
