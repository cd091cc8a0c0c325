package vpc

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// routeTable returns the route table of a subnet: the one that it is associated
// with, else the main one of the VPC.
// https://docs.aws.amazon.com/vpc/latest/userguide/RouteTables.html
func (n *Network) routeTable(ctx context.Context, vpcID, subnetID string) (types.RouteTable, error) {
	var main *types.RouteTable
	question := &ec2.DescribeRouteTablesInput{Filters: []types.Filter{filter("vpc-id", vpcID)}}
	for pages := ec2.NewDescribeRouteTablesPaginator(n.client, question); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return types.RouteTable{}, fmt.Errorf("describing the route tables of %s: %w", vpcID, err)
		}
		for _, table := range page.RouteTables {
			for _, association := range table.Associations {
				if aws.ToString(association.SubnetId) == subnetID {
					return table, nil
				}
				if aws.ToBool(association.Main) {
					main = &table
				}
			}
		}
	}
	if main == nil {
		return types.RouteTable{}, fmt.Errorf("%s has no main route table", vpcID)
	}
	return *main, nil
}

// obstacleToInternet says what is in the way from an interface to the internet.
func (n *Network) obstacleToInternet(ctx context.Context, i NetworkInterface, table types.RouteTable) (string, error) {
	route, obstacle := defaultRoute(table)
	switch {
	case obstacle != "":
		return obstacle, nil
	case route.NatGatewayId != nil:
		return n.obstacleBehindNAT(ctx, i.VPCID, *route.NatGatewayId)
	default:
		return n.obstacleBehindGateway(ctx, i, aws.ToString(route.GatewayId))
	}
}

// defaultRoute returns the route of a table to all that no other one is for.
// Where AWS's services have their addresses is not known, so that it is the
// one that counts.
func defaultRoute(table types.RouteTable) (types.Route, string) {
	at := slices.IndexFunc(table.Routes, func(r types.Route) bool {
		return aws.ToString(r.DestinationCidrBlock) == internet.String()
	})
	switch {
	case at < 0:
		return types.Route{}, fmt.Sprintf("route table %s has no route to %s", aws.ToString(table.RouteTableId), internet)
	case table.Routes[at].State == types.RouteStateBlackhole:
		return types.Route{}, fmt.Sprintf("what the route to %s in route table %s leads to is gone", internet, aws.ToString(table.RouteTableId))
	default:
		return table.Routes[at], ""
	}
}

// obstacleBehindNAT says why a NAT gateway does not lead to the internet. It
// has a public address, and has to be in a subnet with a route to an internet
// gateway itself.
// https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html
func (n *Network) obstacleBehindNAT(ctx context.Context, vpcID, id string) (string, error) {
	// With a filter: an id that is unknown would be an error.
	question := &ec2.DescribeNatGatewaysInput{Filter: []types.Filter{filter("vpc-id", vpcID)}}
	for pages := ec2.NewDescribeNatGatewaysPaginator(n.client, question); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", fmt.Errorf("describing the NAT gateways of %s: %w", vpcID, err)
		}
		for _, gateway := range page.NatGateways {
			if aws.ToString(gateway.NatGatewayId) == id {
				return n.obstacleBehind(ctx, gateway)
			}
		}
	}
	return fmt.Sprintf("NAT gateway %s does not exist", id), nil
}

func (n *Network) obstacleBehind(ctx context.Context, gateway types.NatGateway) (string, error) {
	id, subnetID, vpcID := aws.ToString(gateway.NatGatewayId), aws.ToString(gateway.SubnetId), aws.ToString(gateway.VpcId)
	if gateway.State != types.NatGatewayStateAvailable {
		return fmt.Sprintf("NAT gateway %s is %s", id, gateway.State), nil
	}
	if gateway.ConnectivityType == types.ConnectivityTypePrivate {
		return fmt.Sprintf("NAT gateway %s is private", id), nil
	}
	table, err := n.routeTable(ctx, vpcID, subnetID)
	if err != nil {
		return "", err
	}
	route, obstacle := defaultRoute(table)
	if obstacle == "" {
		public := NetworkInterface{VPCID: vpcID, SubnetID: subnetID, PublicAddress: true}
		obstacle, err = n.obstacleBehindGateway(ctx, public, aws.ToString(route.GatewayId))
	}
	if obstacle != "" {
		obstacle = fmt.Sprintf("NAT gateway %s in %s has no way to the internet: %s", id, subnetID, obstacle)
	}
	return obstacle, err
}

// obstacleBehindGateway says why a gateway does not lead an interface to the
// internet. An internet gateway does so only for public addresses.
// https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html
func (n *Network) obstacleBehindGateway(ctx context.Context, i NetworkInterface, id string) (string, error) {
	answer, err := n.client.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{
		Filters: []types.Filter{filter("attachment.vpc-id", i.VPCID)},
	})
	if err != nil {
		return "", fmt.Errorf("describing the internet gateway of %s: %w", i.VPCID, err)
	}
	attached := slices.ContainsFunc(answer.InternetGateways, func(g types.InternetGateway) bool {
		return aws.ToString(g.InternetGatewayId) == id
	})
	switch {
	case !attached:
		return fmt.Sprintf("the route to %s does not lead to a NAT gateway or to the internet gateway of %s", internet, i.VPCID), nil
	case !i.PublicAddress:
		return fmt.Sprintf("the route to %s leads to an internet gateway, and the network interface has no public address (assignPublicIp is DISABLED)", internet), nil
	default:
		return "", nil
	}
}
