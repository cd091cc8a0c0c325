package diagnosis

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	loadbalancingtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// lookAtLoadBalancers finds load balancers that are not ready, can't be reached
// from the internet, or send requests elsewhere.
func (x *examination) lookAtLoadBalancers(context.Context) error {
	for _, route := range x.traffic {
		group := aws.ToString(route.group.TargetGroupName)
		if len(route.balancers) == 0 {
			x.found.add(x.found.either([]Kind{ResourceMissing}, NoListener), fmt.Sprintf("no load balancer uses target group %s", group))
		}
		if vpc := aws.ToString(route.group.VpcId); x.network.vpc != "" && x.network.vpc != vpc {
			x.found.add(OtherVPC, fmt.Sprintf("target group %s is in %s, the tasks are in %s", group, vpc, x.network.vpc))
		}
		for _, b := range route.balancers {
			x.lookAtLoadBalancer(b, group)
		}
	}
	return nil
}

func (x *examination) lookAtLoadBalancer(b balancer, group string) {
	name := aws.ToString(b.LoadBalancerName)
	if b.State != nil && b.State.Code != loadbalancingtypes.LoadBalancerStateEnumActive {
		x.found.add(LoadBalancerNotActive, fmt.Sprintf("load balancer %s is %s: %s", name, b.State.Code, aws.ToString(b.State.Reason)))
	}
	if len(b.listeners) == 0 {
		x.found.add(x.found.either([]Kind{ResourceMissing}, NoListener), fmt.Sprintf("no listener of load balancer %s forwards to target group %s", name, group))
	}
	if x.network.vpc == "" {
		return
	}
	for _, zone := range b.AvailabilityZones {
		if _, ok := x.network.subnets[aws.ToString(zone.SubnetId)]; !ok {
			x.found.add(OtherVPC, fmt.Sprintf("load balancer %s is in %s, which is not in %s, where the tasks are", name, aws.ToString(zone.SubnetId), x.network.vpc))
			return
		}
	}
	x.lookAtZones(b)
	x.lookAtWayFromInternet(b)
}

// lookAtZones finds tasks whose zone is not one of the load balancer's: they
// are registered and never get a request.
func (x *examination) lookAtZones(b balancer) {
	enabled := map[string]bool{}
	for _, zone := range b.AvailabilityZones {
		enabled[aws.ToString(x.network.subnets[aws.ToString(zone.SubnetId)].AvailabilityZone)] = true
	}
	for _, id := range x.taskNetwork().Subnets {
		subnet, ok := x.network.subnets[id]
		if zone := aws.ToString(subnet.AvailabilityZone); ok && !enabled[zone] {
			x.found.add(ZoneNotEnabled, fmt.Sprintf("tasks run in %s, which is in %s; load balancer %s is not", id, zone, aws.ToString(b.LoadBalancerName)))
		}
	}
}

func (x *examination) lookAtWayFromInternet(b balancer) {
	name := aws.ToString(b.LoadBalancerName)
	if b.Scheme == loadbalancingtypes.LoadBalancerSchemeEnumInternal {
		x.found.add(LoadBalancerNotPublic, fmt.Sprintf("load balancer %s is internal", name))
		return
	}
	for _, zone := range b.AvailabilityZones {
		if blocked := x.network.wayFromInternet(aws.ToString(zone.SubnetId)); blocked != "" {
			x.found.add(LoadBalancerNotPublic, fmt.Sprintf("load balancer %s is in %s", name, blocked))
		}
	}
}
