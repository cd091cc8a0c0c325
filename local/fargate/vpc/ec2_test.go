package vpc

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// A fakeEC2 is an EC2 with what a test puts into it. It takes the filters that
// the package uses.
type fakeEC2 struct {
	subnets          []types.Subnet
	groups           []types.SecurityGroup
	tables           []types.RouteTable
	natGateways      []types.NatGateway
	internetGateways []types.InternetGateway
	endpoints        []types.VpcEndpoint
	prefixLists      []types.PrefixList

	// failure is what all operations answer with if it is set.
	failure error
	// describedGroups counts how often security groups were described.
	describedGroups int
}

// matching returns the items whose value is one of those wanted. All are if
// none is wanted.
func matching[T any](items []T, wanted []string, value func(T) *string) []T {
	return slices.DeleteFunc(slices.Clone(items), func(item T) bool {
		return len(wanted) > 0 && !slices.Contains(wanted, aws.ToString(value(item)))
	})
}

// filtered returns the values that a filter wants.
func filtered(filters []types.Filter, name string) []string {
	for _, f := range filters {
		if aws.ToString(f.Name) == name {
			return f.Values
		}
	}
	return nil
}

func (f *fakeEC2) DescribeSubnets(_ context.Context, in *ec2.DescribeSubnetsInput, _ ...func(*ec2.Options)) (*ec2.DescribeSubnetsOutput, error) {
	found := matching(f.subnets, in.SubnetIds, func(s types.Subnet) *string { return s.SubnetId })
	if len(found) < len(in.SubnetIds) {
		return nil, fmt.Errorf("InvalidSubnetID.NotFound: %v", in.SubnetIds)
	}
	return &ec2.DescribeSubnetsOutput{Subnets: found}, f.failure
}

func (f *fakeEC2) DescribeSecurityGroups(_ context.Context, in *ec2.DescribeSecurityGroupsInput, _ ...func(*ec2.Options)) (*ec2.DescribeSecurityGroupsOutput, error) {
	f.describedGroups++
	found := matching(f.groups, in.GroupIds, func(g types.SecurityGroup) *string { return g.GroupId })
	if len(found) < len(in.GroupIds) {
		return nil, fmt.Errorf("InvalidGroup.NotFound: %v", in.GroupIds)
	}
	found = matching(found, filtered(in.Filters, "vpc-id"), func(g types.SecurityGroup) *string { return g.VpcId })
	found = matching(found, filtered(in.Filters, "group-name"), func(g types.SecurityGroup) *string { return g.GroupName })
	return &ec2.DescribeSecurityGroupsOutput{SecurityGroups: found}, f.failure
}

func (f *fakeEC2) DescribeRouteTables(_ context.Context, in *ec2.DescribeRouteTablesInput, _ ...func(*ec2.Options)) (*ec2.DescribeRouteTablesOutput, error) {
	found := matching(f.tables, filtered(in.Filters, "vpc-id"), func(t types.RouteTable) *string { return t.VpcId })
	return &ec2.DescribeRouteTablesOutput{RouteTables: found}, f.failure
}

func (f *fakeEC2) DescribeNatGateways(_ context.Context, in *ec2.DescribeNatGatewaysInput, _ ...func(*ec2.Options)) (*ec2.DescribeNatGatewaysOutput, error) {
	found := matching(f.natGateways, filtered(in.Filter, "vpc-id"), func(g types.NatGateway) *string { return g.VpcId })
	return &ec2.DescribeNatGatewaysOutput{NatGateways: found}, f.failure
}

func (f *fakeEC2) DescribeInternetGateways(_ context.Context, in *ec2.DescribeInternetGatewaysInput, _ ...func(*ec2.Options)) (*ec2.DescribeInternetGatewaysOutput, error) {
	found := matching(f.internetGateways, filtered(in.Filters, "attachment.vpc-id"), func(g types.InternetGateway) *string {
		if len(g.Attachments) == 0 {
			return nil
		}
		return g.Attachments[0].VpcId
	})
	return &ec2.DescribeInternetGatewaysOutput{InternetGateways: found}, f.failure
}

func (f *fakeEC2) DescribeVpcEndpoints(context.Context, *ec2.DescribeVpcEndpointsInput, ...func(*ec2.Options)) (*ec2.DescribeVpcEndpointsOutput, error) {
	return &ec2.DescribeVpcEndpointsOutput{VpcEndpoints: f.endpoints}, f.failure
}

func (f *fakeEC2) DescribePrefixLists(_ context.Context, in *ec2.DescribePrefixListsInput, _ ...func(*ec2.Options)) (*ec2.DescribePrefixListsOutput, error) {
	found := matching(f.prefixLists, filtered(in.Filters, "prefix-list-name"), func(l types.PrefixList) *string { return l.PrefixListName })
	return &ec2.DescribePrefixListsOutput{PrefixLists: found}, f.failure
}

func (f *fakeEC2) GetManagedPrefixListEntries(_ context.Context, in *ec2.GetManagedPrefixListEntriesInput, _ ...func(*ec2.Options)) (*ec2.GetManagedPrefixListEntriesOutput, error) {
	found := matching(f.prefixLists, []string{*in.PrefixListId}, func(l types.PrefixList) *string { return l.PrefixListId })
	if len(found) == 0 {
		return nil, fmt.Errorf("InvalidPrefixListID.NotFound: %s", *in.PrefixListId)
	}
	output := &ec2.GetManagedPrefixListEntriesOutput{}
	for _, cidr := range found[0].Cidrs {
		output.Entries = append(output.Entries, types.PrefixListEntry{Cidr: &cidr})
	}
	return output, f.failure
}

// tcp returns a permission for a range of TCP ports.
func tcp(first, last int32) types.IpPermission {
	return types.IpPermission{IpProtocol: aws.String("tcp"), FromPort: &first, ToPort: &last}
}

// all returns a permission for all protocols.
func all() types.IpPermission {
	return types.IpPermission{IpProtocol: aws.String("-1")}
}

func withGroup(p types.IpPermission, id string) types.IpPermission {
	p.UserIdGroupPairs = append(p.UserIdGroupPairs, types.UserIdGroupPair{GroupId: &id})
	return p
}

func withCIDR(p types.IpPermission, cidr string) types.IpPermission {
	p.IpRanges = append(p.IpRanges, types.IpRange{CidrIp: &cidr})
	return p
}

func withPrefixList(p types.IpPermission, id string) types.IpPermission {
	p.PrefixListIds = append(p.PrefixListIds, types.PrefixListId{PrefixListId: &id})
	return p
}

// group returns a security group of vpc-1.
func group(id string, in, out []types.IpPermission) types.SecurityGroup {
	return types.SecurityGroup{GroupId: &id, GroupName: &id, VpcId: aws.String("vpc-1"), IpPermissions: in, IpPermissionsEgress: out}
}

// subnet returns a subnet of a VPC.
func subnet(id, vpcID, cidr string) types.Subnet {
	return types.Subnet{SubnetId: &id, VpcId: &vpcID, CidrBlock: &cidr}
}
