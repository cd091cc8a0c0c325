package search

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
)

// A fakeEC2 has what is in it, and filters as EC2 does.
type fakeEC2 struct {
	vpcs        []types.Vpc
	subnets     []types.Subnet
	gateways    []types.InternetGateway
	addresses   []types.Address
	natGateways []types.NatGateway
	tables      []types.RouteTable
	endpoints   []types.VpcEndpoint
	flowLogs    []types.FlowLog
	groups      []types.SecurityGroup
}

// kept returns the things that have the attributes that the filters name.
func kept[Thing any](things []Thing, filters []types.Filter, attributes func(Thing) map[string]*string) []Thing {
	return slices.DeleteFunc(slices.Clone(things), func(thing Thing) bool {
		return slices.ContainsFunc(filters, func(filter types.Filter) bool {
			return !slices.Contains(filter.Values, aws.ToString(attributes(thing)[*filter.Name]))
		})
	})
}

func (f *fakeEC2) DescribeVpcs(context.Context, *ec2.DescribeVpcsInput, ...func(*ec2.Options)) (*ec2.DescribeVpcsOutput, error) {
	return &ec2.DescribeVpcsOutput{Vpcs: f.vpcs}, nil
}

func (f *fakeEC2) DescribeSubnets(_ context.Context, input *ec2.DescribeSubnetsInput, _ ...func(*ec2.Options)) (*ec2.DescribeSubnetsOutput, error) {
	return &ec2.DescribeSubnetsOutput{Subnets: kept(f.subnets, input.Filters, func(s types.Subnet) map[string]*string {
		return map[string]*string{"vpc-id": s.VpcId}
	})}, nil
}

func (f *fakeEC2) DescribeInternetGateways(context.Context, *ec2.DescribeInternetGatewaysInput, ...func(*ec2.Options)) (*ec2.DescribeInternetGatewaysOutput, error) {
	return &ec2.DescribeInternetGatewaysOutput{InternetGateways: f.gateways}, nil
}

func (f *fakeEC2) DescribeAddresses(context.Context, *ec2.DescribeAddressesInput, ...func(*ec2.Options)) (*ec2.DescribeAddressesOutput, error) {
	return &ec2.DescribeAddressesOutput{Addresses: f.addresses}, nil
}

func (f *fakeEC2) DescribeNatGateways(_ context.Context, input *ec2.DescribeNatGatewaysInput, _ ...func(*ec2.Options)) (*ec2.DescribeNatGatewaysOutput, error) {
	gateways := kept(f.natGateways, input.Filter, func(g types.NatGateway) map[string]*string {
		return map[string]*string{"subnet-id": g.SubnetId}
	})
	for _, id := range input.NatGatewayIds {
		gateways = slices.DeleteFunc(gateways, func(g types.NatGateway) bool { return *g.NatGatewayId != id })
	}
	return &ec2.DescribeNatGatewaysOutput{NatGateways: gateways}, nil
}

func (f *fakeEC2) DescribeRouteTables(_ context.Context, input *ec2.DescribeRouteTablesInput, _ ...func(*ec2.Options)) (*ec2.DescribeRouteTablesOutput, error) {
	tables := kept(f.tables, input.Filters, func(t types.RouteTable) map[string]*string {
		return map[string]*string{"vpc-id": t.VpcId}
	})
	for _, id := range input.RouteTableIds {
		tables = slices.DeleteFunc(tables, func(t types.RouteTable) bool { return *t.RouteTableId != id })
		if len(tables) == 0 {
			return nil, &smithy.GenericAPIError{Code: "InvalidRouteTableID.NotFound"}
		}
	}
	return &ec2.DescribeRouteTablesOutput{RouteTables: tables}, nil
}

func (f *fakeEC2) DescribeVpcEndpoints(_ context.Context, input *ec2.DescribeVpcEndpointsInput, _ ...func(*ec2.Options)) (*ec2.DescribeVpcEndpointsOutput, error) {
	return &ec2.DescribeVpcEndpointsOutput{VpcEndpoints: kept(f.endpoints, input.Filters, func(e types.VpcEndpoint) map[string]*string {
		return map[string]*string{"vpc-id": e.VpcId}
	})}, nil
}

func (f *fakeEC2) DescribeFlowLogs(_ context.Context, input *ec2.DescribeFlowLogsInput, _ ...func(*ec2.Options)) (*ec2.DescribeFlowLogsOutput, error) {
	return &ec2.DescribeFlowLogsOutput{FlowLogs: kept(f.flowLogs, input.Filter, func(l types.FlowLog) map[string]*string {
		return map[string]*string{"resource-id": l.ResourceId}
	})}, nil
}

func (f *fakeEC2) DescribeSecurityGroups(_ context.Context, input *ec2.DescribeSecurityGroupsInput, _ ...func(*ec2.Options)) (*ec2.DescribeSecurityGroupsOutput, error) {
	return &ec2.DescribeSecurityGroupsOutput{SecurityGroups: kept(f.groups, input.Filters, func(g types.SecurityGroup) map[string]*string {
		return map[string]*string{"vpc-id": g.VpcId, "group-name": g.GroupName}
	})}, nil
}

// shop are the tags of what the stack asked for, and more that AWS put there.
func shop(more ...string) []types.Tag {
	tags := []types.Tag{{Key: aws.String("Stack"), Value: aws.String("shop")}, {Key: aws.String("aws:cost"), Value: aws.String("1")}}
	for _, name := range more {
		tags = append(tags, types.Tag{Key: aws.String("Name"), Value: aws.String(name)})
	}
	return tags
}

var blog = []types.Tag{{Key: aws.String("Stack"), Value: aws.String("blog")}}

func TestWhatIsFoundInTheNetwork(t *testing.T) {
	account := &Account{ec2: &fakeEC2{
		vpcs: []types.Vpc{
			{VpcId: aws.String("vpc-new"), CidrBlock: aws.String("10.0.0.0/16"), Tags: shop()},
			{VpcId: aws.String("vpc-used"), CidrBlock: aws.String("10.0.0.0/16"), Tags: shop()},
			{VpcId: aws.String("vpc-blog"), CidrBlock: aws.String("10.0.0.0/16"), Tags: blog},
			{VpcId: aws.String("vpc-wide"), CidrBlock: aws.String("10.0.0.0/8"), Tags: shop()},
		},
		subnets: []types.Subnet{
			{SubnetId: aws.String("subnet-1"), VpcId: aws.String("vpc-used"), CidrBlock: aws.String("10.0.1.0/24"), Tags: shop()},
			{SubnetId: aws.String("subnet-2"), VpcId: aws.String("vpc-used"), CidrBlock: aws.String("10.0.2.0/24"), Tags: shop()},
			{SubnetId: aws.String("subnet-3"), VpcId: aws.String("vpc-blog"), CidrBlock: aws.String("10.0.1.0/24"), Tags: shop()},
		},
		gateways: []types.InternetGateway{
			{InternetGatewayId: aws.String("igw-loose"), Tags: shop("loose")},
			{InternetGatewayId: aws.String("igw-used"), Tags: shop("used"), Attachments: []types.InternetGatewayAttachment{{VpcId: aws.String("vpc-used")}}},
			{InternetGatewayId: aws.String("igw-blog"), Tags: blog},
		},
		addresses: []types.Address{
			{AllocationId: aws.String("eipalloc-free"), Tags: shop()},
			{AllocationId: aws.String("eipalloc-used"), Tags: shop(), AssociationId: aws.String("eipassoc-1")},
			{AllocationId: aws.String("eipalloc-blog"), Tags: blog},
		},
		natGateways: []types.NatGateway{
			{NatGatewayId: aws.String("nat-1"), SubnetId: aws.String("subnet-1"), Tags: shop(), State: types.NatGatewayStateAvailable},
			{NatGatewayId: aws.String("nat-failed"), SubnetId: aws.String("subnet-1"), Tags: shop(), State: types.NatGatewayStateFailed},
			{NatGatewayId: aws.String("nat-gone"), SubnetId: aws.String("subnet-1"), Tags: shop(), State: types.NatGatewayStateDeleted},
			{NatGatewayId: aws.String("nat-2"), SubnetId: aws.String("subnet-2"), Tags: shop(), State: types.NatGatewayStateAvailable},
		},
		tables: []types.RouteTable{
			{RouteTableId: aws.String("rtb-1"), VpcId: aws.String("vpc-used"), Tags: shop("private"),
				Routes:       []types.Route{{DestinationCidrBlock: aws.String("10.0.0.0/16")}, {DestinationCidrBlock: aws.String("0.0.0.0/0")}},
				Associations: []types.RouteTableAssociation{{SubnetId: aws.String("subnet-1"), RouteTableAssociationId: aws.String("rtbassoc-1")}}},
			{RouteTableId: aws.String("rtb-2"), VpcId: aws.String("vpc-used"), Tags: shop("public"),
				Routes: []types.Route{{DestinationIpv6CidrBlock: aws.String("::/0")}, {DestinationPrefixListId: aws.String("pl-1")}}},
			{RouteTableId: aws.String("rtb-3"), VpcId: aws.String("vpc-blog"), Tags: shop("private")},
		},
		endpoints: []types.VpcEndpoint{
			{VpcEndpointId: aws.String("vpce-1"), VpcId: aws.String("vpc-used"), ServiceName: aws.String("s3"), State: "pending", Tags: shop()},
			{VpcEndpointId: aws.String("vpce-old"), VpcId: aws.String("vpc-used"), ServiceName: aws.String("s3"), State: "deleting", Tags: shop()},
			{VpcEndpointId: aws.String("vpce-logs"), VpcId: aws.String("vpc-used"), ServiceName: aws.String("logs"), State: "available", Tags: shop()},
		},
		flowLogs: []types.FlowLog{
			{FlowLogId: aws.String("fl-1"), ResourceId: aws.String("vpc-used"), Tags: shop()},
			{FlowLogId: aws.String("fl-by-hand"), ResourceId: aws.String("vpc-used")},
			{FlowLogId: aws.String("fl-other"), ResourceId: aws.String("vpc-new"), Tags: shop()},
		},
	}}
	const tags = `"tags": {"Stack": "shop"}`
	find(t, account, map[string]search{
		"a VPC with nothing in it":                  {"aws:ec2/vpc:Vpc", `{"cidrBlock": "10.0.0.0/16", ` + tags + `}`, sameID("vpc-new")},
		"no VPC of another range":                   {"aws:ec2/vpc:Vpc", `{"cidrBlock": "10.1.0.0/16", ` + tags + `}`, nil},
		"a subnet of the VPC, by its range":         {"aws:ec2/subnet:Subnet", `{"vpcId": "vpc-used", "cidrBlock": "10.0.1.0/24", ` + tags + `}`, sameID("subnet-1")},
		"an internet gateway that is attached":      {"aws:ec2/internetGateway:InternetGateway", `{"vpcId": "vpc-used", "tags": {"Name": "used"}}`, sameID("igw-used")},
		"an internet gateway that is not yet":       {"aws:ec2/internetGateway:InternetGateway", `{"vpcId": "vpc-used", "tags": {"Name": "loose"}}`, sameID("igw-loose")},
		"no internet gateway of another VPC":        {"aws:ec2/internetGateway:InternetGateway", `{"vpcId": "vpc-new", "tags": {"Name": "used"}}`, nil},
		"an address that nothing uses":              {"aws:ec2/eip:Eip", `{` + tags + `}`, sameID("eipalloc-free")},
		"a NAT gateway that is alive":               {"aws:ec2/natGateway:NatGateway", `{"subnetId": "subnet-1", ` + tags + `}`, sameID("nat-1")},
		"a route table of the VPC, by its tags":     {"aws:ec2/routeTable:RouteTable", `{"vpcId": "vpc-used", "tags": {"Stack": "shop", "Name": "private"}}`, sameID("rtb-1")},
		"all route tables that the tags fit":        {"aws:ec2/routeTable:RouteTable", `{"vpcId": "vpc-used", ` + tags + `}`, sameID("rtb-1", "rtb-2")},
		"a route, by its destination":               {"aws:ec2/route:Route", `{"routeTableId": "rtb-1", "destinationCidrBlock": "0.0.0.0/0"}`, []Found{{"r-rtb-11080289494", "rtb-1_0.0.0.0/0"}}},
		"a route of IPv6":                           {"aws:ec2/route:Route", `{"routeTableId": "rtb-2", "destinationIpv6CidrBlock": "::/0"}`, []Found{{"r-rtb-22750132062", "rtb-2_::/0"}}},
		"a route to a prefix list":                  {"aws:ec2/route:Route", `{"routeTableId": "rtb-2", "destinationPrefixListId": "pl-1"}`, []Found{{"r-rtb-22051151633", "rtb-2_pl-1"}}},
		"no route in a table without it":            {"aws:ec2/route:Route", `{"routeTableId": "rtb-2", "destinationCidrBlock": "0.0.0.0/0"}`, nil},
		"no route in a table that is gone":          {"aws:ec2/route:Route", `{"routeTableId": "rtb-0", "destinationCidrBlock": "0.0.0.0/0"}`, nil},
		"an association of subnet and table":        {"aws:ec2/routeTableAssociation:RouteTableAssociation", `{"routeTableId": "rtb-1", "subnetId": "subnet-1"}`, []Found{{"rtbassoc-1", "subnet-1/rtb-1"}}},
		"no association of another subnet":          {"aws:ec2/routeTableAssociation:RouteTableAssociation", `{"routeTableId": "rtb-1", "subnetId": "subnet-2"}`, nil},
		"the flow log of the VPC that has the tags": {"aws:ec2/flowLog:FlowLog", `{"vpcId": "vpc-used", ` + tags + `}`, sameID("fl-1")},
		"a VPC endpoint that is not being deleted":  {"aws:ec2/vpcEndpoint:VpcEndpoint", `{"vpcId": "vpc-used", "serviceName": "s3", ` + tags + `}`, sameID("vpce-1")},
		"nothing where it is part of something":     {"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", `{"vpcId": "vpc-used"}`, nil},
		"nothing in AWS of what is made by a build": {"docker:index/image:Image", `{"imageName": "shop"}`, nil},
	})
}

// A slowEC2 has a NAT gateway that is available when it is asked for the
// third time.
type slowEC2 struct {
	ec2API
	asked int
}

func (s *slowEC2) DescribeNatGateways(context.Context, *ec2.DescribeNatGatewaysInput, ...func(*ec2.Options)) (*ec2.DescribeNatGatewaysOutput, error) {
	s.asked++
	state := types.NatGatewayStatePending
	if s.asked >= 3 {
		state = types.NatGatewayStateAvailable
	}
	return &ec2.DescribeNatGatewaysOutput{NatGateways: []types.NatGateway{{NatGatewayId: aws.String("nat-1"), Tags: shop(), State: state}}}, nil
}

func TestANATGatewayThatIsPendingIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &slowEC2{}
		found, err := (&Account{ec2: slow}).Find(t.Context(), "aws:ec2/natGateway:NatGateway", []byte(`{"subnetId": "subnet-1", "tags": {"Stack": "shop"}}`))
		if err != nil || !slices.Equal(found, sameID("nat-1")) {
			t.Errorf("found %v (%v)", found, err)
		}
		if slow.asked != 3 {
			t.Errorf("EC2 was asked %d times, want 3", slow.asked)
		}
	})
}

func TestWhatIsFoundOfSecurityGroups(t *testing.T) {
	account := &Account{ec2: &fakeEC2{
		groups: []types.SecurityGroup{
			{GroupId: aws.String("sg-1"), GroupName: aws.String("tasks-1a2b"), VpcId: aws.String("vpc-1")},
			{GroupId: aws.String("sg-2"), GroupName: aws.String("balancer-3c4d"), VpcId: aws.String("vpc-1")},
			{GroupId: aws.String("sg-3"), GroupName: aws.String("tasks-1a2b"), VpcId: aws.String("vpc-2")},
		},
	}}
	find(t, account, map[string]search{
		"a group, by its name and VPC": {"aws:ec2/securityGroup:SecurityGroup", `{"name": "tasks-1a2b", "vpcId": "vpc-1"}`, sameID("sg-1")},
		"no group of another name":     {"aws:ec2/securityGroup:SecurityGroup", `{"name": "tasks-5e6f", "vpcId": "vpc-1"}`, nil},
	})
}
