package vpc

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

const region = "eu-central-1"

// reachable is a VPC with a public and a private subnet, and a NAT gateway. The
// route tables are rtb-main, which no route leads out of, rtb-public and
// rtb-private.
func reachable() *fakeEC2 {
	associated := func(id, subnetID string) []types.RouteTableAssociation {
		return []types.RouteTableAssociation{{RouteTableId: &id, SubnetId: &subnetID}}
	}
	local := types.Route{DestinationCidrBlock: aws.String("10.0.0.0/16"), GatewayId: aws.String("local"), State: types.RouteStateActive}
	toGateway := types.Route{DestinationCidrBlock: aws.String("0.0.0.0/0"), GatewayId: aws.String("igw-1"), State: types.RouteStateActive}
	toNAT := types.Route{DestinationCidrBlock: aws.String("0.0.0.0/0"), NatGatewayId: aws.String("nat-1"), State: types.RouteStateActive}
	vpc := aws.String("vpc-1")
	return &fakeEC2{
		subnets: []types.Subnet{subnet("subnet-public", "vpc-1", "10.0.0.0/24"), subnet("subnet-private", "vpc-1", "10.0.128.0/24")},
		groups: []types.SecurityGroup{
			group("sg-task", nil, []types.IpPermission{withCIDR(all(), "0.0.0.0/0")}),
			group("sg-endpoint", []types.IpPermission{withGroup(tcp(443, 443), "sg-task")}, nil),
		},
		tables: []types.RouteTable{
			{RouteTableId: aws.String("rtb-main"), VpcId: vpc, Associations: []types.RouteTableAssociation{{Main: aws.Bool(true)}}, Routes: []types.Route{local}},
			{RouteTableId: aws.String("rtb-public"), VpcId: vpc, Associations: associated("rtb-public", "subnet-public"), Routes: []types.Route{local, toGateway}},
			{RouteTableId: aws.String("rtb-private"), VpcId: vpc, Associations: associated("rtb-private", "subnet-private"), Routes: []types.Route{local, toNAT}},
		},
		natGateways: []types.NatGateway{{
			NatGatewayId: aws.String("nat-1"), VpcId: vpc, SubnetId: aws.String("subnet-public"),
			State: types.NatGatewayStateAvailable, ConnectivityType: types.ConnectivityTypePublic,
		}},
		internetGateways: []types.InternetGateway{{InternetGatewayId: aws.String("igw-1"), Attachments: []types.InternetGatewayAttachment{{VpcId: vpc}}}},
		prefixLists:      prefixLists,
	}
}

// isolated is reachable, with endpoints in the place of the way to the internet.
func isolated() *fakeEC2 {
	api := reachable()
	api.tables[2].Routes = api.tables[2].Routes[:1]
	api.groups[0].IpPermissionsEgress = []types.IpPermission{withPrefixList(withGroup(tcp(443, 443), "sg-endpoint"), "pl-s3")}
	api.endpoints = []types.VpcEndpoint{
		{
			VpcEndpointId: aws.String("vpce-logs"), VpcEndpointType: types.VpcEndpointTypeInterface, VpcId: aws.String("vpc-1"),
			ServiceName: aws.String("com.amazonaws.eu-central-1.logs"), State: "available", PrivateDnsEnabled: aws.Bool(true),
			SubnetIds: []string{"subnet-private", "subnet-public"}, Groups: []types.SecurityGroupIdentifier{{GroupId: aws.String("sg-endpoint")}},
		},
		{
			VpcEndpointId: aws.String("vpce-s3"), VpcEndpointType: types.VpcEndpointTypeGateway, VpcId: aws.String("vpc-1"),
			ServiceName: aws.String("com.amazonaws.eu-central-1.s3"), State: "available", RouteTableIds: []string{"rtb-private"},
		},
	}
	return api
}

func TestReaches(t *testing.T) {
	private := NetworkInterface{VPCID: "vpc-1", SubnetID: "subnet-private", Address: netip.MustParseAddr("10.0.128.4"), SecurityGroups: []string{"sg-task"}}
	public := NetworkInterface{VPCID: "vpc-1", SubnetID: "subnet-public", Address: netip.MustParseAddr("10.0.0.4"), SecurityGroups: []string{"sg-task"}, PublicAddress: true}
	hidden := public
	hidden.PublicAddress = false

	egress := func(permissions ...types.IpPermission) func(*fakeEC2) {
		return func(api *fakeEC2) { api.groups[0].IpPermissionsEgress = permissions }
	}
	tests := []struct {
		name    string
		from    NetworkInterface
		service string
		network *fakeEC2
		change  func(*fakeEC2)
		want    string // in the reason; empty if the service is reached
	}{
		{"through a NAT gateway", private, "logs", reachable(), nil, ""},
		{"through an internet gateway, with a public address", public, "logs", reachable(), nil, ""},
		{"not through an internet gateway without a public address", hidden, "logs", reachable(), nil, "no public address"},
		{"not if the security groups let nothing out", private, "logs", reachable(), egress(), "[sg-task] do not let TCP port 443 out to 0.0.0.0/0"},
		{"not if they let another port out only", private, "logs", reachable(), egress(withCIDR(tcp(80, 80), "0.0.0.0/0")), "do not let TCP port 443 out"},
		{"not if they may let out to other addresses", private, "logs", reachable(), egress(withCIDR(all(), "10.0.0.0/8")), "do not let TCP port 443 out"},
		{"to S3 through NAT if the security groups name its prefix list", private, "s3", reachable(), egress(withPrefixList(tcp(443, 443), "pl-s3")), ""},
		{"to S3 through NAT if they name its addresses", private, "s3", reachable(), egress(withCIDR(withCIDR(all(), "52.0.0.0/8"), "3.0.0.0/8")), ""},
		{"not to S3 if they miss some of its addresses", private, "s3", reachable(), egress(withCIDR(all(), "52.0.0.0/8")), "out to 3.5.0.0/16"},
		{"not without a route", private, "logs", reachable(),
			func(api *fakeEC2) { api.tables[2].Routes = nil }, "route table rtb-private has no route to 0.0.0.0/0, and the VPC has no endpoint"},
		{"not by the main route table if it has no route", private, "logs", reachable(),
			func(api *fakeEC2) { api.tables[2].Associations = nil }, "route table rtb-main has no route"},
		{"by the main route table if the subnet has no other", private, "logs", reachable(), func(api *fakeEC2) {
			api.tables[2].Associations = nil
			api.tables[0].Routes = api.tables[2].Routes
		}, ""},
		{"not through a route to what is gone", private, "logs", reachable(),
			func(api *fakeEC2) { api.tables[2].Routes[1].State = types.RouteStateBlackhole }, "in route table rtb-private leads to is gone"},
		{"not through a NAT gateway that is not ready", private, "logs", reachable(),
			func(api *fakeEC2) { api.natGateways[0].State = types.NatGatewayStatePending }, "NAT gateway nat-1 is pending"},
		{"not through a NAT gateway that does not exist", private, "logs", reachable(),
			func(api *fakeEC2) { api.natGateways = nil }, "NAT gateway nat-1 does not exist"},
		{"not through a private NAT gateway", private, "logs", reachable(),
			func(api *fakeEC2) { api.natGateways[0].ConnectivityType = types.ConnectivityTypePrivate }, "NAT gateway nat-1 is private"},
		{"not through a NAT gateway in a private subnet", private, "logs", reachable(),
			func(api *fakeEC2) { api.natGateways[0].SubnetId = aws.String("subnet-private") }, "NAT gateway nat-1 in subnet-private has no way to the internet"},
		{"not through a NAT gateway in a subnet without a route", private, "logs", reachable(),
			func(api *fakeEC2) { api.tables[1].Routes = nil }, "nat-1 in subnet-public has no way to the internet: route table rtb-public has no route"},
		{"not through an internet gateway that is detached", public, "logs", reachable(),
			func(api *fakeEC2) { api.internetGateways[0].Attachments = nil }, "does not lead to a NAT gateway or to the internet gateway of vpc-1"},
		{"through an interface endpoint", private, "logs", isolated(), nil, ""},
		{"not through an endpoint that lets nobody in", private, "logs", isolated(),
			func(api *fakeEC2) { api.groups[1].IpPermissions = nil }, "security groups [sg-endpoint] of endpoint vpce-logs do not let TCP port 443 in from 10.0.128.4"},
		{"not through NAT if an endpoint that lets nobody in has the name", private, "logs", reachable(), func(api *fakeEC2) {
			api.endpoints = isolated().endpoints
			api.groups[1].IpPermissions = nil
		}, "endpoint vpce-logs do not let TCP port 443 in"},
		{"not if the security groups do not let out to the endpoint", private, "logs", isolated(), egress(), "[sg-task] do not let TCP port 443 out to endpoint vpce-logs"},
		{"through an endpoint if they let out to all of its subnets", private, "logs", isolated(),
			egress(withCIDR(withCIDR(all(), "10.0.0.0/24"), "10.0.128.0/24")), ""},
		{"not if they let out to one of its subnets only", private, "logs", isolated(),
			egress(withCIDR(all(), "10.0.128.0/24")), "which is in 10.0.0.0/24"},
		{"not through an endpoint that is in no subnet", private, "logs", isolated(),
			func(api *fakeEC2) { api.endpoints[0].SubnetIds = nil }, "endpoint vpce-logs is in no subnet"},
		{"not through an endpoint without private DNS", private, "logs", isolated(), func(api *fakeEC2) {
			api.endpoints[0].PrivateDnsEnabled = aws.Bool(false)
			egress(withCIDR(all(), "0.0.0.0/0"))(api)
		}, "no endpoint of the service that serves the subnet"},
		{"not through an endpoint that is not ready", private, "logs", isolated(),
			func(api *fakeEC2) { api.endpoints[0].State = "pending" }, "[sg-task] do not let TCP port 443 out to 0.0.0.0/0"},
		{"not through an endpoint of another service", private, "ecr.api", isolated(), nil, "do not let TCP port 443 out"},
		{"not through an endpoint of another VPC", private, "logs", isolated(),
			func(api *fakeEC2) { api.endpoints[0].VpcId = aws.String("vpc-2") }, "do not let TCP port 443 out"},
		{"to S3 through a gateway endpoint", private, "s3", isolated(), nil, ""},
		{"not through a gateway endpoint if the security groups do not name S3", private, "s3", isolated(),
			egress(withGroup(all(), "sg-endpoint")), "do not let TCP port 443 out to 52.219.0.0/16"},
		{"not through a gateway endpoint in other route tables", private, "s3", isolated(),
			func(api *fakeEC2) { api.endpoints[1].RouteTableIds = []string{"rtb-public"} }, "route table rtb-private has no route"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.change != nil {
				test.change(test.network)
			}
			err := New(test.network).Reaches(t.Context(), test.from, region, test.service)
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			unreachable, ok := errors.AsType[*UnreachableError](err)
			if !ok || !strings.Contains(unreachable.Reason, test.want) {
				t.Fatalf("got %v, want an UnreachableError with %q", err, test.want)
			}
			if want := "com.amazonaws.eu-central-1." + test.service + " cannot be reached from " + test.from.SubnetID; !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%q does not begin with %q", err, want)
			}
		})
	}
}

func TestAWayThatCannotBeFollowedIsNotTakenForAnObstacle(t *testing.T) {
	from := NetworkInterface{VPCID: "vpc-1", SubnetID: "subnet-private", SecurityGroups: []string{"sg-task"}}
	tests := map[string]func(*fakeEC2){
		"the API fails":                  func(api *fakeEC2) { api.failure = errors.New("ServiceUnavailable") },
		"there is no route table":        func(api *fakeEC2) { api.tables = nil },
		"a prefix list has no addresses": func(api *fakeEC2) { api.prefixLists[0].Cidrs = []string{"all"} },
		"an endpoint's subnet is gone": func(api *fakeEC2) {
			api.endpoints = isolated().endpoints
			api.endpoints[0].ServiceName = aws.String("com.amazonaws.eu-central-1.s3")
			api.subnets = nil
		},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			api := reachable()
			api.prefixLists = append([]types.PrefixList(nil), prefixLists...)
			change(api)
			err := New(api).Reaches(t.Context(), from, region, "s3")
			if _, ok := errors.AsType[*UnreachableError](err); ok || err == nil {
				t.Errorf("got %v", err)
			}
		})
	}
}
