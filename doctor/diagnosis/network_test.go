package diagnosis

import (
	"testing"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	loadbalancingtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

func TestNetwork(t *testing.T) {
	examineEach(t, []failure{
		{
			"a private subnet without a default route does not reach ECR",
			func(a *account) { a.routes[privateSubnet] = nil },
			[]Kind{RegistryUnreachable}, "tasks run in subnet-private, whose route table rtb-subnet-private has no default route\nvpc-1 has no VPC endpoint of ecr.api",
		},
		{
			"a private subnet with the VPC's route table goes by that",
			func(a *account) { delete(a.routes, privateSubnet) },
			[]Kind{RegistryUnreachable}, "rtb-main has no default route",
		},
		{
			"a default route to a NAT gateway that was deleted leads nowhere",
			func(a *account) { a.routes[privateSubnet][0].State = ec2types.RouteStateBlackhole },
			[]Kind{RegistryUnreachable}, "blackhole",
		},
		{
			"a NAT gateway that is not available leads nowhere",
			func(a *account) { a.natGateways[0].State = ec2types.NatGatewayStateDeleted },
			[]Kind{RegistryUnreachable}, "whose NAT gateway nat-1 is not available: deleted",
		},
		{
			"a default route to an internet gateway is of no use to tasks without public addresses",
			func(a *account) { a.routes[privateSubnet] = a.routes[publicSubnet] },
			[]Kind{RegistryUnreachable}, "takes a public address that the tasks don't have",
		},
		{
			"a default route to an internet gateway is the way of tasks with public addresses",
			func(a *account) {
				a.routes[privateSubnet] = a.routes[publicSubnet]
				a.services[0].NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp = ecstypes.AssignPublicIpEnabled
			},
			nil, "",
		},
		{
			"tasks whose security group lets nothing out do not reach ECR",
			func(a *account) { a.groups[taskGroup].IpPermissionsEgress = nil },
			[]Kind{RegistryUnreachable, StateDiffers}, "the tasks' security groups (sg-tasks) let no TCP packets out to port 443",
		},
		{
			"a subnet of the service that was deleted is missing",
			func(a *account) {
				a.services[0].NetworkConfiguration.AwsvpcConfiguration.Subnets = []string{privateSubnet, "subnet-gone"}
			},
			[]Kind{ResourceMissing, StateDiffers}, "subnet subnet-gone",
		},
		{
			"tasks that do not admit the load balancer are blocked",
			func(a *account) {
				a.groups[taskGroup].IpPermissions = []ec2types.IpPermission{withGroup(8080, loadBalancerGroup)}
				a.unhealthy(loadbalancingtypes.TargetHealthReasonEnumTimeout, "Request timed out")
			},
			[]Kind{SecurityGroupBlocks, StateDiffers}, "the tasks' security groups (sg-tasks) have no ingress rule for TCP port 5000 from the load balancer's security groups (sg-balancer)",
		},
		{
			"a load balancer that may not send to the tasks is blocked",
			func(a *account) { a.groups[loadBalancerGroup].IpPermissionsEgress = nil },
			[]Kind{SecurityGroupBlocks}, "have no egress rule for TCP port 5000 to the tasks' security groups (sg-tasks)",
		},
		{
			"a load balancer that does not admit the internet is blocked",
			func(a *account) {
				a.groups[loadBalancerGroup].IpPermissions = []ec2types.IpPermission{fromRange(80, "10.0.0.0/8")}
				a.status = noAnswer
			},
			[]Kind{SecurityGroupBlocks}, "have no ingress rule for TCP port 80 from 0.0.0.0/0",
		},
		{
			"a load balancer that admits some and answers here is meant to be so",
			func(a *account) {
				a.groups[loadBalancerGroup].IpPermissions = []ec2types.IpPermission{fromRange(80, "10.0.0.0/8")}
			},
			nil, "",
		},
		{
			"rules by address range are as good as those by group",
			func(a *account) {
				a.groups[taskGroup].IpPermissions = []ec2types.IpPermission{fromRange(appPort, "10.0.0.0/16")}
				a.groups[loadBalancerGroup].IpPermissionsEgress = []ec2types.IpPermission{fromRange(appPort, "10.0.128.0/20")}
				a.state(securityGroupType)["ingress"] = []map[string]any{ruleInState("tcp", appPort, "cidrBlocks", "10.0.0.0/16")}
			},
			nil, "",
		},
	})
}
