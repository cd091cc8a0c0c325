package vpc

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// attachable is a VPC with a subnet of the smallest size, beside another VPC.
func attachable() *fakeEC2 {
	standard := group("sg-1", nil, nil)
	standard.GroupName = aws.String("default")
	foreign := group("sg-foreign", nil, nil)
	foreign.VpcId = aws.String("vpc-2")
	return &fakeEC2{
		subnets: []types.Subnet{subnet("subnet-1", "vpc-1", "10.0.1.16/28"), subnet("subnet-2", "vpc-1", "10.0.2.0/24")},
		groups:  []types.SecurityGroup{standard, group("sg-2", nil, nil), group("sg-3", nil, nil), foreign},
	}
}

func TestANetworkInterfaceIsWhereItIsAttached(t *testing.T) {
	ec2 := attachable()
	ec2.subnets[1].AvailabilityZone = aws.String("eu-central-1b")
	network := New(ec2)
	got, err := network.Attach(t.Context(), "subnet-2", []string{"sg-3", "sg-2"}, true)
	if err != nil {
		t.Fatal(err)
	}
	if got.VPCID != "vpc-1" || got.SubnetID != "subnet-2" || got.AvailabilityZone != "eu-central-1b" || !got.PublicAddress || !slices.Equal(got.SecurityGroups, []string{"sg-2", "sg-3"}) {
		t.Errorf("got %+v", got)
	}
	if got.Address != netip.MustParseAddr("10.0.2.4") {
		t.Errorf("the first address is %s, want the first one that AWS does not keep", got.Address)
	}
	if !strings.HasPrefix(got.ID, "eni-") || len(got.ID) != len("eni-")+17 {
		t.Errorf("id %s does not have the form of EC2's", got.ID)
	}
}

func TestANetworkInterfaceWithoutSecurityGroupsGetsTheDefaultOne(t *testing.T) {
	got, err := New(attachable()).Attach(t.Context(), "subnet-1", nil, false)
	if err != nil || !slices.Equal(got.SecurityGroups, []string{"sg-1"}) {
		t.Errorf("security groups are %v (%v)", got.SecurityGroups, err)
	}
}

func TestAllAddressesButThoseThatAWSKeepsAreGivenAway(t *testing.T) {
	network := New(attachable())
	attached := map[netip.Addr]NetworkInterface{}
	var last NetworkInterface
	for range 11 { // of 16, AWS keeps five
		var err error
		if last, err = network.Attach(t.Context(), "subnet-1", nil, false); err != nil {
			t.Fatal(err)
		}
		attached[last.Address] = last
	}
	for _, address := range []string{"10.0.1.20", "10.0.1.30"} {
		if _, ok := attached[netip.MustParseAddr(address)]; !ok {
			t.Errorf("%s was not given away", address)
		}
	}
	if len(attached) != 11 {
		t.Errorf("%d different addresses, want 11", len(attached))
	}
	if _, err := network.Attach(t.Context(), "subnet-1", nil, false); err == nil || !strings.Contains(err.Error(), "subnet-1 (10.0.1.16/28) has no free address") {
		t.Errorf("a full subnet says %v", err)
	}
	network.Detach(last)
	again, err := network.Attach(t.Context(), "subnet-1", nil, false)
	if err != nil || again.Address != last.Address {
		t.Errorf("got %s (%v), want %s, which was freed", again.Address, err, last.Address)
	}
}

func TestAnAddressThatWasFreedIsNotGivenAwayAtOnce(t *testing.T) {
	network := New(attachable())
	first, err := network.Attach(t.Context(), "subnet-1", nil, false)
	if err != nil {
		t.Fatal(err)
	}
	network.Detach(first)
	second, err := network.Attach(t.Context(), "subnet-1", nil, false)
	if err != nil || second.Address == first.Address {
		t.Errorf("got %s (%v) again", second.Address, err)
	}
}

func TestADetachedInterfaceTakesNoAddressFromAnother(t *testing.T) {
	network := New(attachable())
	attach := func() NetworkInterface {
		attached, err := network.Attach(t.Context(), "subnet-1", nil, false)
		if err != nil {
			t.Fatal(err)
		}
		return attached
	}
	first := attach()
	network.Detach(first)
	for range 11 {
		attach() // the last one has the address of the first
	}
	network.Detach(first)
	network.Detach(NetworkInterface{})
	if _, err := network.Attach(t.Context(), "subnet-1", nil, false); err == nil {
		t.Error("an address was given away twice")
	}
}

func TestWhatCannotBeAttachedIsAnError(t *testing.T) {
	tests := []struct {
		name   string
		subnet string
		groups []string
		change func(*fakeEC2)
		want   string
	}{
		{"a subnet that does not exist", "subnet-9", nil, nil, "InvalidSubnetID.NotFound"},
		{"a security group that does not exist", "subnet-1", []string{"sg-2", "sg-9"}, nil, "InvalidGroup.NotFound"},
		{"a security group of another VPC", "subnet-1", []string{"sg-foreign"}, nil, "choose them of the same VPC"},
		{"a CIDR block that is none", "subnet-1", nil, func(api *fakeEC2) { api.subnets[0].CidrBlock = aws.String("all") }, "CIDR block of subnet subnet-1"},
		{"a subnet without an address that AWS does not keep", "subnet-1", nil, func(api *fakeEC2) { api.subnets[0].CidrBlock = aws.String("10.0.0.0/30") }, "no free address"},
		{"an API that fails", "subnet-1", nil, func(api *fakeEC2) { api.failure = errors.New("ServiceUnavailable") }, "ServiceUnavailable"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			api := attachable()
			if test.change != nil {
				test.change(api)
			}
			_, err := New(api).Attach(t.Context(), test.subnet, test.groups, false)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}
