package vpc

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// httpsPort is where all AWS services listen.
const httpsPort = 443

// internet is all addresses.
var internet = netip.MustParsePrefix("0.0.0.0/0")

// An UnreachableError says why packets do not get to an AWS service.
type UnreachableError struct {
	// Service is the name that VPC endpoints have for the service, such as
	// com.amazonaws.eu-central-1.ecr.api.
	Service string
	// SubnetID is where the packets come from.
	SubnetID string
	// Reason says what is missing.
	Reason string
}

func (e *UnreachableError) Error() string {
	return fmt.Sprintf("%s cannot be reached from %s: %s", e.Service, e.SubnetID, e.Reason)
}

// Reaches tells whether packets of a network interface get to an AWS service
// of a region, such as ecr.api, s3 or logs, on the port of HTTPS. The error is
// an [*UnreachableError] if they do not.
//
// They go where the service's name leads. An interface endpoint with private
// DNS takes the name over, for better or worse: when it lets nobody in, there
// is no other way. Else the route table decides, in which a gateway endpoint
// goes before the way to the internet.
// https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html
// https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
func (n *Network) Reaches(ctx context.Context, i NetworkInterface, region, service string) error {
	name := "com.amazonaws." + region + "." + service
	obstacle, err := n.obstacle(ctx, i, name)
	if err != nil {
		return fmt.Errorf("following the way from %s to %s: %w", i.SubnetID, name, err)
	}
	if obstacle != "" {
		return &UnreachableError{Service: name, SubnetID: i.SubnetID, Reason: obstacle}
	}
	return nil
}

// obstacle says what is in the way to a service. It is empty if nothing is.
func (n *Network) obstacle(ctx context.Context, i NetworkInterface, service string) (string, error) {
	endpoints, err := n.endpoints(ctx, i.VPCID, service)
	if err != nil {
		return "", err
	}
	if at := slices.IndexFunc(endpoints, takesName); at >= 0 {
		return n.obstacleToEndpoint(ctx, i, endpoints[at])
	}
	obstacle, err := n.obstacleToPublicAddresses(ctx, i, service)
	if obstacle != "" || err != nil {
		return obstacle, err
	}
	table, err := n.routeTable(ctx, i.VPCID, i.SubnetID)
	if err != nil {
		return "", err
	}
	if slices.ContainsFunc(endpoints, func(e types.VpcEndpoint) bool { return isRouted(e, table) }) {
		return "", nil
	}
	obstacle, err = n.obstacleToInternet(ctx, i, table)
	if obstacle != "" {
		obstacle += ", and the VPC has no endpoint of the service that serves the subnet"
	}
	return obstacle, err
}

// endpoints returns the endpoints of a service that a VPC has.
func (n *Network) endpoints(ctx context.Context, vpcID, service string) ([]types.VpcEndpoint, error) {
	var found []types.VpcEndpoint
	for pages := ec2.NewDescribeVpcEndpointsPaginator(n.client, &ec2.DescribeVpcEndpointsInput{}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("describing VPC endpoints: %w", err)
		}
		for _, endpoint := range page.VpcEndpoints {
			// Not left to a filter: MiniStack has none for endpoints. The API
			// writes states in lower case, the SDK's constants do not.
			if aws.ToString(endpoint.VpcId) == vpcID && aws.ToString(endpoint.ServiceName) == service &&
				strings.EqualFold(string(endpoint.State), string(types.StateAvailable)) {
				found = append(found, endpoint)
			}
		}
	}
	return found, nil
}

// takesName tells whether a service's name leads to an endpoint.
func takesName(e types.VpcEndpoint) bool {
	return e.VpcEndpointType == types.VpcEndpointTypeInterface && aws.ToBool(e.PrivateDnsEnabled)
}

// isRouted tells whether a gateway endpoint is in a route table.
func isRouted(e types.VpcEndpoint, table types.RouteTable) bool {
	return e.VpcEndpointType == types.VpcEndpointTypeGateway && slices.Contains(e.RouteTableIds, aws.ToString(table.RouteTableId))
}

// obstacleToEndpoint says what is in the way to an interface endpoint. It has
// an address in each of its subnets, and the name leads to any of them.
func (n *Network) obstacleToEndpoint(ctx context.Context, i NetworkInterface, endpoint types.VpcEndpoint) (string, error) {
	id := aws.ToString(endpoint.VpcEndpointId)
	if len(endpoint.SubnetIds) == 0 {
		return fmt.Sprintf("endpoint %s is in no subnet", id), nil
	}
	subnets, err := n.subnets(ctx, endpoint.SubnetIds...)
	if err != nil {
		return "", err
	}
	rules, err := n.rules.get(ctx)
	if err != nil {
		return "", err
	}
	var groups []string
	for _, group := range endpoint.Groups {
		groups = append(groups, aws.ToString(group.GroupId))
	}
	if !rules.letIn(groups, i.peer(), httpsPort) {
		return fmt.Sprintf("the security groups %v of endpoint %s do not let TCP port %d in from %s and %v",
			groups, id, httpsPort, i.Address, i.SecurityGroups), nil
	}
	for _, subnet := range subnets {
		addresses, err := netip.ParsePrefix(aws.ToString(subnet.CidrBlock))
		if err != nil {
			return "", fmt.Errorf("CIDR block of subnet %s: %w", aws.ToString(subnet.SubnetId), err)
		}
		if !rules.letOut(i.SecurityGroups, peer{addresses: addresses, groups: groups}, httpsPort) {
			return fmt.Sprintf("the security groups %v do not let TCP port %d out to endpoint %s, which is in %s and has the security groups %v",
				i.SecurityGroups, httpsPort, id, addresses, groups), nil
		}
	}
	return "", nil
}

// obstacleToPublicAddresses says whether security groups are in the way to the
// addresses that a service has in the internet.
func (n *Network) obstacleToPublicAddresses(ctx context.Context, i NetworkInterface, service string) (string, error) {
	destinations, err := n.publicAddresses(ctx, service)
	if err != nil {
		return "", err
	}
	rules, err := n.rules.get(ctx)
	if err != nil {
		return "", err
	}
	for _, destination := range destinations {
		if !rules.letOut(i.SecurityGroups, destination, httpsPort) {
			return fmt.Sprintf("the security groups %v do not let TCP port %d out to %s", i.SecurityGroups, httpsPort, destination.addresses), nil
		}
	}
	return "", nil
}

// publicAddresses returns the addresses of a service, as far as EC2 has a list
// of them. Where it has none, they may be any: only a rule for all addresses is
// sure to cover them.
func (n *Network) publicAddresses(ctx context.Context, service string) ([]peer, error) {
	answer, err := n.client.DescribePrefixLists(ctx, &ec2.DescribePrefixListsInput{
		Filters: []types.Filter{filter("prefix-list-name", service)},
	})
	if err != nil {
		return nil, fmt.Errorf("describing the prefix list %s: %w", service, err)
	}
	var peers []peer
	for _, list := range answer.PrefixLists {
		for _, cidr := range list.Cidrs {
			addresses, err := netip.ParsePrefix(cidr)
			if err != nil {
				return nil, fmt.Errorf("prefix list %s: %w", aws.ToString(list.PrefixListId), err)
			}
			peers = append(peers, peer{addresses: addresses, prefixList: aws.ToString(list.PrefixListId)})
		}
	}
	if len(peers) == 0 {
		return []peer{{addresses: internet}}, nil
	}
	return peers, nil
}
