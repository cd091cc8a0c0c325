package diagnosis

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	loadbalancingtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

func TestLoadBalancers(t *testing.T) {
	examineEach(t, []failure{
		{
			"a load balancer that is being made is waited for",
			func(a *account) {
				a.balancers[0].State.Code = loadbalancingtypes.LoadBalancerStateEnumProvisioning
			},
			[]Kind{LoadBalancerNotActive}, "load balancer app is provisioning",
		},
		{
			"a load balancer in private subnets is not public",
			func(a *account) { a.routes[publicSubnet] = a.routes[privateSubnet] },
			[]Kind{LoadBalancerNotPublic}, "load balancer app is in subnet-public, whose default route does not lead to an internet gateway",
		},
		{
			"an internal load balancer is not public",
			func(a *account) { a.balancers[0].Scheme = loadbalancingtypes.LoadBalancerSchemeEnumInternal },
			[]Kind{LoadBalancerNotPublic}, "load balancer app is internal",
		},
		{
			"a load balancer in another VPC does not reach the tasks",
			func(a *account) { a.balancers[0].AvailabilityZones[0].SubnetId = aws.String("subnet-other") },
			[]Kind{OtherVPC}, "load balancer app is in subnet-other, which is not in vpc-1, where the tasks are",
		},
		{
			"a target group in another VPC does not reach the tasks",
			func(a *account) { a.targetGroups[0].VpcId = aws.String("vpc-2") },
			[]Kind{OtherVPC}, "target group app is in vpc-2, the tasks are in vpc-1",
		},
		{
			"tasks in a zone without the load balancer get no requests",
			func(a *account) { a.subnets[1].AvailabilityZone = aws.String("eu-central-1b") },
			[]Kind{ZoneNotEnabled}, "tasks run in subnet-private, which is in eu-central-1b",
		},
		{
			"a listener that forwards elsewhere sends no requests to the tasks",
			func(a *account) {
				a.listeners[0].DefaultActions = []loadbalancingtypes.Action{{Type: loadbalancingtypes.ActionTypeEnumFixedResponse}}
			},
			[]Kind{NoListener}, "no listener of load balancer app forwards to target group app",
		},
		{
			"a listener that forwards by weight sends requests to the tasks",
			func(a *account) {
				a.listeners[0].DefaultActions = []loadbalancingtypes.Action{{ForwardConfig: &loadbalancingtypes.ForwardActionConfig{
					TargetGroups: []loadbalancingtypes.TargetGroupTuple{{TargetGroupArn: aws.String(targetGroupARN)}},
				}}}
			},
			nil, "",
		},
		{
			"a listener that was deleted is missing",
			func(a *account) { a.listeners, a.targetGroups[0].LoadBalancerArns = nil, nil },
			[]Kind{ResourceMissing}, "no load balancer uses target group app",
		},
		{
			"a load balancer that was deleted is missing",
			func(a *account) {
				a.balancers, a.listeners, a.targetGroups[0].LoadBalancerArns = nil, nil, nil
				a.status = noAnswer
			},
			[]Kind{ResourceMissing}, "LoadBalancer app: One or more load balancers not found",
		},
		{
			"a target group that was deleted is missing",
			func(a *account) { a.targetGroups, a.listeners[0].DefaultActions = nil, nil },
			[]Kind{ResourceMissing}, "target group " + targetGroupARN + ": One or more target groups not found",
		},
	})
}
