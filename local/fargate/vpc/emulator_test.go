package vpc

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"fargate-stack/local/emulator/emulatortest"
)

// A cloud is a VPC of the emulator, in the making.
type cloud struct {
	*testing.T
	client *ec2.Client
	vpcID  *string
}

func must[T any](t *testing.T, output T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return output
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	client := ec2.NewFromConfig(emulatortest.Start(t, region))
	made, err := client.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	return &cloud{t, client, must(t, made, err).Vpc.VpcId}
}

func (c *cloud) subnet(cidr string) string {
	c.Helper()
	made, err := c.client.CreateSubnet(c.Context(), &ec2.CreateSubnetInput{VpcId: c.vpcID, CidrBlock: &cidr})
	return *must(c.T, made, err).Subnet.SubnetId
}

// group makes a security group that lets nothing out, as the AWS provider does.
func (c *cloud) group(name string) string {
	c.Helper()
	made, err := c.client.CreateSecurityGroup(c.Context(), &ec2.CreateSecurityGroupInput{VpcId: c.vpcID, GroupName: &name, Description: &name})
	id := must(c.T, made, err).GroupId
	revoked, err := c.client.RevokeSecurityGroupEgress(c.Context(), &ec2.RevokeSecurityGroupEgressInput{
		GroupId: id, IpPermissions: []types.IpPermission{withCIDR(all(), "0.0.0.0/0")},
	})
	must(c.T, revoked, err)
	return *id
}

func (c *cloud) letIn(group string, permission types.IpPermission) {
	c.Helper()
	made, err := c.client.AuthorizeSecurityGroupIngress(c.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: &group, IpPermissions: []types.IpPermission{permission},
	})
	must(c.T, made, err)
}

func (c *cloud) letOut(group string, permission types.IpPermission) {
	c.Helper()
	made, err := c.client.AuthorizeSecurityGroupEgress(c.Context(), &ec2.AuthorizeSecurityGroupEgressInput{
		GroupId: &group, IpPermissions: []types.IpPermission{permission},
	})
	must(c.T, made, err)
}

// routeTable makes a route table with a route to everywhere.
func (c *cloud) routeTable(subnetID string, toGateway, toNAT *string) string {
	c.Helper()
	made, err := c.client.CreateRouteTable(c.Context(), &ec2.CreateRouteTableInput{VpcId: c.vpcID})
	id := must(c.T, made, err).RouteTable.RouteTableId
	associated, err := c.client.AssociateRouteTable(c.Context(), &ec2.AssociateRouteTableInput{RouteTableId: id, SubnetId: &subnetID})
	must(c.T, associated, err)
	routed, err := c.client.CreateRoute(c.Context(), &ec2.CreateRouteInput{
		RouteTableId: id, DestinationCidrBlock: aws.String(internet.String()), GatewayId: toGateway, NatGatewayId: toNAT,
	})
	must(c.T, routed, err)
	return *id
}

// internetGateway makes an internet gateway and attaches it.
func (c *cloud) internetGateway() *string {
	c.Helper()
	made, err := c.client.CreateInternetGateway(c.Context(), &ec2.CreateInternetGatewayInput{})
	id := must(c.T, made, err).InternetGateway.InternetGatewayId
	attached, err := c.client.AttachInternetGateway(c.Context(), &ec2.AttachInternetGatewayInput{InternetGatewayId: id, VpcId: c.vpcID})
	must(c.T, attached, err)
	return id
}

func (c *cloud) natGateway(subnetID string) *string {
	c.Helper()
	address, err := c.client.AllocateAddress(c.Context(), &ec2.AllocateAddressInput{})
	allocated := must(c.T, address, err)
	made, err := c.client.CreateNatGateway(c.Context(), &ec2.CreateNatGatewayInput{SubnetId: &subnetID, AllocationId: allocated.AllocationId})
	return must(c.T, made, err).NatGateway.NatGatewayId
}

func (c *cloud) attach(n *Network, subnetID string, groups ...string) NetworkInterface {
	c.Helper()
	attached, err := n.Attach(c.Context(), subnetID, groups, false)
	return must(c.T, attached, err)
}

// What the other tests have EC2 answer is what the emulator answers.
func TestWithTheEmulator(t *testing.T) {
	c := newCloud(t)
	publicSubnet, privateSubnet := c.subnet("10.0.0.0/24"), c.subnet("10.0.128.0/24")
	balancers, tasks := c.group("balancers"), c.group("tasks")
	t.Run("interfaces are attached to what is there", func(t *testing.T) { testAttach(t, c, privateSubnet, tasks) })
	t.Run("security groups decide who gets to whom", func(t *testing.T) { testRules(t, c, publicSubnet, privateSubnet, balancers, tasks) })
	t.Run("services are reached through endpoints", func(t *testing.T) { testEndpoints(t, c, privateSubnet) })
	t.Run("services are reached through a NAT gateway", func(t *testing.T) { testNAT(t, c, publicSubnet, privateSubnet) })
}

func testAttach(t *testing.T, c *cloud, subnetID, group string) {
	network := New(c.client)
	attached := c.attach(network, subnetID, group)
	if attached.VPCID != *c.vpcID || attached.Address != netip.MustParseAddr("10.0.128.4") {
		t.Errorf("attached %+v", attached)
	}
	if plain := c.attach(network, subnetID); len(plain.SecurityGroups) != 1 || plain.SecurityGroups[0] == group {
		t.Errorf("without security groups it gets %v, want the default one", plain.SecurityGroups)
	}
	if _, err := network.Attach(t.Context(), "subnet-gone", []string{group}, false); err == nil || !strings.Contains(err.Error(), "InvalidSubnetID.NotFound") {
		t.Errorf("attached to a subnet that does not exist: %v", err)
	}
	if _, err := network.Attach(t.Context(), subnetID, []string{group, "sg-gone"}, false); err == nil || !strings.Contains(err.Error(), "InvalidGroup") {
		t.Errorf("attached with a security group that does not exist: %v", err)
	}
}

func testRules(t *testing.T, c *cloud, publicSubnet, privateSubnet, balancers, tasks string) {
	network := New(c.client)
	from, to := c.attach(network, publicSubnet, balancers), c.attach(network, privateSubnet, tasks)
	client := netip.MustParseAddr("127.0.0.1")
	check := func(port int, want bool) {
		t.Helper()
		network := New(c.client) // which remembers nothing
		allowed, err := network.Allows(t.Context(), from, to, port)
		if err != nil || allowed != want {
			t.Errorf("port %d is allowed: %t (%v), want %t", port, allowed, err, want)
		}
		admitted, err := network.AdmitsFrom(t.Context(), client, from, port)
		if err != nil || admitted != want {
			t.Errorf("port %d is open to clients: %t (%v), want %t", port, admitted, err, want)
		}
	}
	check(5000, false)
	c.letIn(balancers, withCIDR(tcp(5000, 5000), "0.0.0.0/0"))
	c.letOut(balancers, withGroup(tcp(5000, 5000), tasks))
	c.letIn(tasks, withGroup(tcp(5000, 5000), balancers))
	check(5000, true)
	check(5001, false)
	c.letIn(balancers, withCIDR(all(), "0.0.0.0/0"))
	c.letOut(balancers, withCIDR(all(), "10.0.128.0/24"))
	c.letIn(tasks, withCIDR(all(), "10.0.0.0/24"))
	check(5001, true)
}

func testEndpoints(t *testing.T, c *cloud, subnetID string) {
	network, group := New(c.client), c.group("isolated")
	from := c.attach(network, subnetID, group)
	endpoints := c.group("endpoints")
	for _, service := range []string{"logs", "s3"} {
		if err := network.Reaches(t.Context(), from, region, service); !isUnreachable(err) {
			t.Errorf("%s without an endpoint: %v", service, err)
		}
	}
	made, err := c.client.CreateVpcEndpoint(t.Context(), &ec2.CreateVpcEndpointInput{
		VpcId: c.vpcID, ServiceName: aws.String("com.amazonaws.eu-central-1.logs"), VpcEndpointType: types.VpcEndpointTypeInterface,
		SubnetIds: []string{subnetID}, SecurityGroupIds: []string{endpoints}, PrivateDnsEnabled: aws.Bool(true),
	})
	logs := must(t, made, err).VpcEndpoint
	tables, err := c.client.DescribeRouteTables(t.Context(), &ec2.DescribeRouteTablesInput{Filters: []types.Filter{filter("vpc-id", *c.vpcID)}})
	main := must(t, tables, err).RouteTables[0].RouteTableId
	made, err = c.client.CreateVpcEndpoint(t.Context(), &ec2.CreateVpcEndpointInput{
		VpcId: c.vpcID, ServiceName: aws.String("com.amazonaws.eu-central-1.s3"), VpcEndpointType: types.VpcEndpointTypeGateway,
		RouteTableIds: []string{*main},
	})
	must(t, made, err)
	lists, err := c.client.DescribeManagedPrefixLists(t.Context(), &ec2.DescribeManagedPrefixListsInput{
		Filters: []types.Filter{filter("prefix-list-name", "com.amazonaws.eu-central-1.s3")},
	})
	s3 := must(t, lists, err).PrefixLists[0].PrefixListId

	c.letOut(group, withGroup(tcp(443, 443), endpoints))
	c.letOut(group, withPrefixList(tcp(443, 443), *s3))
	if err := New(c.client).Reaches(t.Context(), from, region, "logs"); !isUnreachable(err) || !strings.Contains(err.Error(), *logs.VpcEndpointId) {
		t.Errorf("logs through an endpoint that lets nobody in: %v", err)
	}
	c.letIn(endpoints, withGroup(tcp(443, 443), group))
	for _, service := range []string{"logs", "s3"} {
		if err := New(c.client).Reaches(t.Context(), from, region, service); err != nil {
			t.Error(err)
		}
	}
}

func testNAT(t *testing.T, c *cloud, publicSubnet, privateSubnet string) {
	network, group := New(c.client), c.group("outbound")
	c.letOut(group, withCIDR(all(), "0.0.0.0/0"))
	from := c.attach(network, privateSubnet, group)
	reaches := func() error { return network.Reaches(t.Context(), from, region, "ecr.api") }
	if err := reaches(); !isUnreachable(err) || !strings.Contains(err.Error(), "has no route") {
		t.Errorf("without a route: %v", err)
	}
	gateway := c.natGateway(publicSubnet)
	c.routeTable(privateSubnet, nil, gateway)
	if err := reaches(); !isUnreachable(err) || !strings.Contains(err.Error(), "has no way to the internet") {
		t.Errorf("through a NAT gateway in a private subnet: %v", err)
	}
	c.routeTable(publicSubnet, c.internetGateway(), nil)
	if err := reaches(); err != nil {
		t.Error(err)
	}
	deleted, err := c.client.DeleteNatGateway(t.Context(), &ec2.DeleteNatGatewayInput{NatGatewayId: gateway})
	must(t, deleted, err)
	if err := reaches(); !isUnreachable(err) || !strings.Contains(err.Error(), "is deleted") {
		t.Errorf("through a NAT gateway that was deleted: %v", err)
	}
}

func isUnreachable(err error) bool {
	_, ok := errors.AsType[*UnreachableError](err)
	return ok
}
