package diagnosis

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const (
	httpsPort = 443

	// internet is all of the internet, in IPv4.
	internet = "0.0.0.0/0"
)

// A network is the VPC that the tasks are in.
type network struct {
	// vpc is its id. It is empty if it is not known.
	vpc         string
	subnets     map[string]ec2types.Subnet
	groups      map[string]ec2types.SecurityGroup
	routeTables []ec2types.RouteTable
	endpoints   []ec2types.VpcEndpoint
	natGateways map[string]ec2types.NatGateway
}

// describeNetwork asks for the VPC of the tasks' subnets, and what is in it.
func (x *examination) describeNetwork(ctx context.Context) error {
	configuration := x.taskNetwork()
	// A filter, unlike a list of ids, does not fail for a subnet that is gone.
	subnets, err := x.ec2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{
		Filters: []ec2types.Filter{{Name: aws.String("subnet-id"), Values: configuration.Subnets}},
	})
	if err != nil {
		return fmt.Errorf("describing the subnets of the tasks: %w", err)
	}
	for _, subnet := range configuration.Subnets {
		if !slices.ContainsFunc(subnets.Subnets, func(s ec2types.Subnet) bool { return aws.ToString(s.SubnetId) == subnet }) {
			x.found.add(ResourceMissing, "subnet "+subnet+", which tasks are to run in, does not exist")
		}
	}
	if len(subnets.Subnets) == 0 {
		return nil
	}
	return x.network.describe(ctx, x.ec2, aws.ToString(subnets.Subnets[0].VpcId))
}

// taskNetwork returns how tasks of the service are connected.
func (x *examination) taskNetwork() ecstypes.AwsVpcConfiguration {
	configuration := x.service.NetworkConfiguration
	if configuration == nil || configuration.AwsvpcConfiguration == nil {
		return ecstypes.AwsVpcConfiguration{}
	}
	return *configuration.AwsvpcConfiguration
}

// describe asks for what is in a VPC.
func (n *network) describe(ctx context.Context, client ec2Client, vpc string) error {
	inVPC := []ec2types.Filter{{Name: aws.String("vpc-id"), Values: []string{vpc}}}
	subnets, err := client.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: inVPC})
	if err != nil {
		return fmt.Errorf("describing the subnets of %s: %w", vpc, err)
	}
	groups, err := client.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: inVPC})
	if err != nil {
		return fmt.Errorf("describing the security groups of %s: %w", vpc, err)
	}
	routeTables, err := client.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: inVPC})
	if err != nil {
		return fmt.Errorf("describing the route tables of %s: %w", vpc, err)
	}
	endpoints, err := client.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{Filters: inVPC})
	if err != nil {
		return fmt.Errorf("describing the VPC endpoints of %s: %w", vpc, err)
	}
	natGateways, err := client.DescribeNatGateways(ctx, &ec2.DescribeNatGatewaysInput{Filter: inVPC})
	if err != nil {
		return fmt.Errorf("describing the NAT gateways of %s: %w", vpc, err)
	}
	n.vpc = vpc
	n.subnets = byID(subnets.Subnets, func(s ec2types.Subnet) *string { return s.SubnetId })
	n.groups = byID(groups.SecurityGroups, func(g ec2types.SecurityGroup) *string { return g.GroupId })
	n.routeTables = routeTables.RouteTables
	n.endpoints = endpoints.VpcEndpoints
	n.natGateways = byID(natGateways.NatGateways, func(g ec2types.NatGateway) *string { return g.NatGatewayId })
	return nil
}

func byID[T any](all []T, id func(T) *string) map[string]T {
	m := make(map[string]T, len(all))
	for _, one := range all {
		m[aws.ToString(id(one))] = one
	}
	return m
}

// routeTable returns the route table of a subnet: its own, or else the VPC's.
func (n *network) routeTable(subnet string) ec2types.RouteTable {
	var main ec2types.RouteTable
	for _, table := range n.routeTables {
		for _, association := range table.Associations {
			if aws.ToString(association.SubnetId) == subnet {
				return table
			}
			if aws.ToBool(association.Main) {
				main = table
			}
		}
	}
	return main
}

// defaultRoute returns the route of a subnet to the internet, or else a text
// that says what is wrong with it.
func (n *network) defaultRoute(subnet string) (ec2types.Route, string) {
	table := n.routeTable(subnet)
	where := fmt.Sprintf("%s, whose route table %s", subnet, aws.ToString(table.RouteTableId))
	for _, route := range table.Routes {
		if aws.ToString(route.DestinationCidrBlock) != internet {
			continue
		}
		if route.State == ec2types.RouteStateBlackhole {
			return route, where + " has a default route to what no longer exists (blackhole)"
		}
		return route, ""
	}
	return ec2types.Route{}, where + " has no default route"
}

// wayFromInternet says what is wrong with a subnet that has to be reached from
// the internet. It is empty if nothing is.
func (n *network) wayFromInternet(subnet string) string {
	route, problem := n.defaultRoute(subnet)
	if problem == "" && !strings.HasPrefix(aws.ToString(route.GatewayId), "igw-") {
		problem = fmt.Sprintf("%s, whose default route does not lead to an internet gateway", subnet)
	}
	return problem
}

// wayToInternet says why a subnet has no way to the internet. It is empty if it
// has one. What else than a gateway a route leads to is taken to lead on.
func (n *network) wayToInternet(subnet string, publicAddresses bool) string {
	route, problem := n.defaultRoute(subnet)
	if problem != "" {
		return problem
	}
	if id := aws.ToString(route.NatGatewayId); id != "" {
		if gateway, ok := n.natGateways[id]; !ok || gateway.State != ec2types.NatGatewayStateAvailable {
			return fmt.Sprintf("%s, whose NAT gateway %s is not available: %s", subnet, id, gateway.State)
		}
	}
	if strings.HasPrefix(aws.ToString(route.GatewayId), "igw-") && !publicAddresses {
		return fmt.Sprintf("%s, whose default route leads to an internet gateway, which takes a public address that the tasks don't have", subnet)
	}
	return ""
}
