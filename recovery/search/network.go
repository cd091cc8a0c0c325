package search

import (
	"cmp"
	"context"
	"fmt"
	"hash/crc32"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// natGatewayLimit is how long a NAT gateway may take until it is available,
// as in the AWS provider.
const natGatewayLimit = 10 * time.Minute

type ec2API interface {
	ec2.DescribeFlowLogsAPIClient
	ec2.DescribeInternetGatewaysAPIClient
	ec2.DescribeNatGatewaysAPIClient
	ec2.DescribeRouteTablesAPIClient
	ec2.DescribeSecurityGroupsAPIClient
	ec2.DescribeSubnetsAPIClient
	ec2.DescribeVpcEndpointsAPIClient
	ec2.DescribeVpcsAPIClient
	DescribeAddresses(context.Context, *ec2.DescribeAddressesInput, ...func(*ec2.Options)) (*ec2.DescribeAddressesOutput, error)
}

func tagsOf(tags []types.Tag) map[string]string {
	byKey := map[string]string{}
	for _, tag := range tags {
		byKey[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return byKey
}

// in filters by what something is part of.
func in(name, id string) []types.Filter {
	return []types.Filter{{Name: aws.String(name), Values: []string{id}}}
}

type vpcInputs struct {
	tagged
	CIDR string `json:"cidrBlock"`
}

// vpcs finds only VPCs with nothing in them. A stack of the same name whose
// state is kept elsewhere has a VPC with the same tags, but it has subnets too;
// one whose creation was cut off has none.
func (a *Account) vpcs(ctx context.Context, inputs vpcInputs) ([]Found, error) {
	vpcs, err := all(ctx, ec2.NewDescribeVpcsPaginator(a.ec2, &ec2.DescribeVpcsInput{}),
		func(page *ec2.DescribeVpcsOutput) []types.Vpc { return page.Vpcs })
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, vpc := range vpcs {
		if aws.ToString(vpc.CidrBlock) != inputs.CIDR || !inputs.areOn(tagsOf(vpc.Tags)) {
			continue
		}
		subnets, err := a.subnetsOf(ctx, *vpc.VpcId)
		if err != nil {
			return nil, err
		}
		if len(subnets) == 0 {
			found = append(found, byID(vpc.VpcId))
		}
	}
	return found, nil
}

func (a *Account) subnetsOf(ctx context.Context, vpcID string) ([]types.Subnet, error) {
	return all(ctx, ec2.NewDescribeSubnetsPaginator(a.ec2, &ec2.DescribeSubnetsInput{Filters: in("vpc-id", vpcID)}),
		func(page *ec2.DescribeSubnetsOutput) []types.Subnet { return page.Subnets })
}

type inVPC struct {
	tagged
	VPC string `json:"vpcId"`
}

type subnetInputs struct {
	inVPC
	CIDR string `json:"cidrBlock"`
}

func (a *Account) subnets(ctx context.Context, inputs subnetInputs) ([]Found, error) {
	subnets, err := a.subnetsOf(ctx, inputs.VPC)
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, subnet := range subnets {
		if aws.ToString(subnet.CidrBlock) == inputs.CIDR && inputs.areOn(tagsOf(subnet.Tags)) {
			found = append(found, byID(subnet.SubnetId))
		}
	}
	return found, nil
}

// internetGateways finds those of the VPC, and those that are not attached
// yet: the AWS provider attaches a gateway when it has made it.
func (a *Account) internetGateways(ctx context.Context, inputs inVPC) ([]Found, error) {
	gateways, err := all(ctx, ec2.NewDescribeInternetGatewaysPaginator(a.ec2, &ec2.DescribeInternetGatewaysInput{}),
		func(page *ec2.DescribeInternetGatewaysOutput) []types.InternetGateway { return page.InternetGateways })
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, gateway := range gateways {
		elsewhere := len(gateway.Attachments) > 0 && aws.ToString(gateway.Attachments[0].VpcId) != inputs.VPC
		if !elsewhere && inputs.areOn(tagsOf(gateway.Tags)) {
			found = append(found, byID(gateway.InternetGatewayId))
		}
	}
	return found, nil
}

// elasticIPs finds only addresses that nothing uses: nobody had the id of one
// whose creation was cut off.
func (a *Account) elasticIPs(ctx context.Context, inputs tagged) ([]Found, error) {
	described, err := a.ec2.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{})
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, address := range described.Addresses {
		if address.AssociationId == nil && inputs.areOn(tagsOf(address.Tags)) {
			found = append(found, byID(address.AllocationId))
		}
	}
	return found, nil
}

type natGatewayInputs struct {
	tagged
	Subnet string `json:"subnetId"`
}

// natGateways leaves out gateways that failed, which AWS deletes itself. It
// waits for one that is pending, as the AWS provider does: it may still fail,
// and the routes to it come next.
// https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html
func (a *Account) natGateways(ctx context.Context, inputs natGatewayInputs) ([]Found, error) {
	gateways, err := all(ctx, ec2.NewDescribeNatGatewaysPaginator(a.ec2, &ec2.DescribeNatGatewaysInput{Filter: in("subnet-id", inputs.Subnet)}),
		func(page *ec2.DescribeNatGatewaysOutput) []types.NatGateway { return page.NatGateways })
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, gateway := range gateways {
		alive := gateway.State == types.NatGatewayStatePending || gateway.State == types.NatGatewayStateAvailable
		if !alive || !inputs.areOn(tagsOf(gateway.Tags)) {
			continue
		}
		err := ec2.NewNatGatewayAvailableWaiter(a.ec2).Wait(ctx,
			&ec2.DescribeNatGatewaysInput{NatGatewayIds: []string{*gateway.NatGatewayId}}, natGatewayLimit)
		if err != nil {
			return nil, fmt.Errorf("waiting until %s is available: %w", *gateway.NatGatewayId, err)
		}
		found = append(found, byID(gateway.NatGatewayId))
	}
	return found, nil
}

func (a *Account) routeTables(ctx context.Context, inputs inVPC) ([]Found, error) {
	tables, err := all(ctx, ec2.NewDescribeRouteTablesPaginator(a.ec2, &ec2.DescribeRouteTablesInput{Filters: in("vpc-id", inputs.VPC)}),
		func(page *ec2.DescribeRouteTablesOutput) []types.RouteTable { return page.RouteTables })
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, table := range tables {
		if inputs.areOn(tagsOf(table.Tags)) {
			found = append(found, byID(table.RouteTableId))
		}
	}
	return found, nil
}

// routeTable returns the route tables with an id: one or none.
func (a *Account) routeTable(ctx context.Context, id string) ([]types.RouteTable, error) {
	described, err := a.ec2.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{RouteTableIds: []string{id}})
	if err != nil {
		return nil, err
	}
	return described.RouteTables, nil
}

type routeInputs struct {
	RouteTable string `json:"routeTableId"`
	IPv4       string `json:"destinationCidrBlock"`
	IPv6       string `json:"destinationIpv6CidrBlock"`
	PrefixList string `json:"destinationPrefixListId"`
}

func (a *Account) routes(ctx context.Context, inputs routeInputs) ([]Found, error) {
	tables, err := a.routeTable(ctx, inputs.RouteTable)
	if err != nil {
		return nil, err
	}
	wanted := cmp.Or(inputs.IPv4, inputs.IPv6, inputs.PrefixList)
	var found []Found
	for _, table := range tables {
		for _, route := range table.Routes {
			destination := aws.ToString(cmp.Or(route.DestinationCidrBlock, route.DestinationIpv6CidrBlock, route.DestinationPrefixListId))
			if destination == wanted {
				found = append(found, Found{
					// A route has no id in AWS. This is the AWS provider's own.
					ID:       fmt.Sprintf("r-%s%d", inputs.RouteTable, crc32.ChecksumIEEE([]byte(wanted))),
					ImportID: inputs.RouteTable + "_" + wanted,
				})
			}
		}
	}
	return found, nil
}

type associationInputs struct {
	RouteTable string `json:"routeTableId"`
	Subnet     string `json:"subnetId"`
}

func (a *Account) routeTableAssociations(ctx context.Context, inputs associationInputs) ([]Found, error) {
	tables, err := a.routeTable(ctx, inputs.RouteTable)
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, table := range tables {
		for _, association := range table.Associations {
			if aws.ToString(association.SubnetId) == inputs.Subnet {
				found = append(found, Found{
					ID:       aws.ToString(association.RouteTableAssociationId),
					ImportID: inputs.Subnet + "/" + inputs.RouteTable,
				})
			}
		}
	}
	return found, nil
}

func (a *Account) flowLogs(ctx context.Context, inputs inVPC) ([]Found, error) {
	logs, err := all(ctx, ec2.NewDescribeFlowLogsPaginator(a.ec2, &ec2.DescribeFlowLogsInput{Filter: in("resource-id", inputs.VPC)}),
		func(page *ec2.DescribeFlowLogsOutput) []types.FlowLog { return page.FlowLogs })
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, log := range logs {
		if inputs.areOn(tagsOf(log.Tags)) {
			found = append(found, byID(log.FlowLogId))
		}
	}
	return found, nil
}

type endpointInputs struct {
	inVPC
	Service string `json:"serviceName"`
}

func (a *Account) vpcEndpoints(ctx context.Context, inputs endpointInputs) ([]Found, error) {
	endpoints, err := all(ctx, ec2.NewDescribeVpcEndpointsPaginator(a.ec2, &ec2.DescribeVpcEndpointsInput{Filters: in("vpc-id", inputs.VPC)}),
		func(page *ec2.DescribeVpcEndpointsOutput) []types.VpcEndpoint { return page.VpcEndpoints })
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, endpoint := range endpoints {
		// EC2 writes states in lower case, the SDK's constants don't.
		going := strings.EqualFold(string(endpoint.State), string(types.StateDeleting))
		wanted := aws.ToString(endpoint.VpcId) == inputs.VPC && aws.ToString(endpoint.ServiceName) == inputs.Service
		if !going && wanted && inputs.areOn(tagsOf(endpoint.Tags)) {
			found = append(found, byID(endpoint.VpcEndpointId))
		}
	}
	return found, nil
}
