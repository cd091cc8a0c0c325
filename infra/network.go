package infra

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	ec2x "github.com/pulumi/pulumi-awsx/sdk/v2/go/awsx/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Network is the VPC with its subnets, the way out of them, and the security
// groups that decide who may talk to whom.
type Network struct {
	pulumi.ResourceState

	// VPCID is the VPC's id.
	VPCID pulumi.StringOutput
	// PublicSubnetIDs are the subnets of the load balancer, one a zone.
	PublicSubnetIDs pulumi.StringArrayOutput
	// PrivateSubnetIDs are the subnets of the tasks, one a zone.
	PrivateSubnetIDs pulumi.StringArrayOutput
	// LoadBalancerSecurityGroupID is the load balancer's security group.
	LoadBalancerSecurityGroupID pulumi.IDOutput
	// TaskSecurityGroupID is the tasks' security group.
	TaskSecurityGroupID pulumi.IDOutput

	// routing is what of the VPC depends on all else of it, and is registered by
	// a provider: the program sees it only so.
	routing pulumi.ResourceArrayOutput
}

// NetworkArgs says what a [Network] is made of.
type NetworkArgs struct {
	// CIDR is the VPC's IPv4 range, /16 to /28 for AWS.
	// https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
	CIDR string
	// AvailabilityZoneCount is the number of zones, from 2 (a load balancer
	// asks for two) to what the region has.
	AvailabilityZoneCount int
	// NATStrategy is the way out of the private subnets.
	NATStrategy NATStrategy
	// ContainerPort is the TCP port of the tasks, 1 to 65535.
	ContainerPort int
	// HTTPS lets requests in by HTTPS, and not only by HTTP.
	HTTPS bool
	// Region names the services behind VPC endpoints.
	Region string
	// Services are those that tasks reach beside what starting one always takes,
	// as VPC endpoints name them. They need an endpoint where there is no NAT.
	Services []string
}

// NewNetwork makes a [Network].
func NewNetwork(ctx *pulumi.Context, name string, args *NetworkArgs, opts ...pulumi.ResourceOption) (*Network, error) {
	n := &Network{}
	if err := ctx.RegisterComponentResource("fargate-stack:infra:Network", name, n, opts...); err != nil {
		return nil, err
	}
	vpc, err := newVPC(ctx, name, args, pulumi.Parent(n))
	if err != nil {
		return nil, err
	}
	loadBalancerGroup, err := newLoadBalancerGroup(ctx, name, args, vpc.VpcId, pulumi.Parent(n))
	if err != nil {
		return nil, err
	}
	wayOut, err := newWayOut(ctx, name, args, vpc, pulumi.Parent(n))
	if err != nil {
		return nil, err
	}
	taskGroup, err := newTaskGroup(ctx, name, args, vpc.VpcId, loadBalancerGroup, wayOut, pulumi.Parent(n))
	if err != nil {
		return nil, err
	}

	n.routing = routing(vpc)
	n.VPCID = vpc.VpcId
	n.PublicSubnetIDs = vpc.PublicSubnetIds
	n.PrivateSubnetIDs = vpc.PrivateSubnetIds
	n.LoadBalancerSecurityGroupID = loadBalancerGroup.ID()
	n.TaskSecurityGroupID = taskGroup.ID()
	return n, ctx.RegisterResourceOutputs(n, pulumi.Map{
		"vpcId":                       n.VPCID,
		"publicSubnetIds":             n.PublicSubnetIDs,
		"privateSubnetIds":            n.PrivateSubnetIDs,
		"loadBalancerSecurityGroupId": n.LoadBalancerSecurityGroupID,
		"taskSecurityGroupId":         n.TaskSecurityGroupID,
	})
}

// newVPC makes the VPC with a public and a private subnet in each zone, and
// takes the rules from its default security group: what is launched without a
// group of its own can then talk to nobody.
func newVPC(ctx *pulumi.Context, name string, args *NetworkArgs, parent pulumi.ResourceOption) (*ec2x.Vpc, error) {
	layout := ec2x.SubnetAllocationStrategyAuto
	vpc, err := ec2x.NewVpc(ctx, name, &ec2x.VpcArgs{
		CidrBlock:                 &args.CIDR,
		NumberOfAvailabilityZones: &args.AvailabilityZoneCount,
		NatGateways:               &ec2x.NatGatewayConfigurationArgs{Strategy: natGateways[args.NATStrategy]},
		SubnetStrategy:            &layout,
		// Interface endpoints answer under the service's own name only with both on.
		EnableDnsHostnames: pulumi.Bool(true),
		EnableDnsSupport:   pulumi.Bool(true),
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("VPC: %w", err)
	}
	if _, err := ec2.NewDefaultSecurityGroup(ctx, name+"-default", &ec2.DefaultSecurityGroupArgs{
		VpcId: vpc.VpcId,
	}, parent); err != nil {
		return nil, fmt.Errorf("default security group: %w", err)
	}
	return vpc, nil
}

// routing returns the routes of a VPC, and the associations of its subnets with
// route tables.
func routing(vpc *ec2x.Vpc) pulumi.ResourceArrayOutput {
	return pulumi.All(vpc.Routes, vpc.RouteTableAssociations).ApplyT(func(v []any) []pulumi.Resource {
		var resources []pulumi.Resource
		for _, route := range v[0].([]*ec2.Route) {
			resources = append(resources, route)
		}
		for _, association := range v[1].([]*ec2.RouteTableAssociation) {
			resources = append(resources, association)
		}
		return resources
	}).(pulumi.ResourceArrayOutput)
}

// natGateways translates a strategy to awsx's.
var natGateways = map[NATStrategy]ec2x.NatGatewayStrategy{
	NATNone:     ec2x.NatGatewayStrategyNone,
	NATSingle:   ec2x.NatGatewayStrategySingle,
	NATOnePerAZ: ec2x.NatGatewayStrategyOnePerAz,
}
