package main

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fargate-stack/local/fargate/vpc"
)

// A fakeNetwork has a subnet, subnet-1, whose addresses it gives out in a row.
type fakeNetwork struct {
	attached, detached []netip.Addr
}

func (n *fakeNetwork) Attach(_ context.Context, subnetID string, groups []string, public bool) (vpc.NetworkInterface, error) {
	if subnetID != "subnet-1" {
		return vpc.NetworkInterface{}, errors.New("InvalidSubnetID.NotFound")
	}
	address := netip.AddrFrom4([4]byte{10, 0, 0, byte(4 + len(n.attached))})
	n.attached = append(n.attached, address)
	return vpc.NetworkInterface{Address: address, SubnetID: subnetID, SecurityGroups: slices.Sorted(slices.Values(groups)), PublicAddress: public}, nil
}

func (n *fakeNetwork) Detach(i vpc.NetworkInterface) {
	if i.Address.IsValid() {
		n.detached = append(n.detached, i.Address)
	}
}

func (n *fakeNetwork) AdmitsFrom(_ context.Context, source netip.Addr, to vpc.NetworkInterface, port int) (bool, error) {
	return slices.Contains(to.SecurityGroups, "open") && source.IsLoopback() && port == 80, nil
}

var errDialed = errors.New("dialed")

// dialed are the addresses that were dialed from.
type dialed []netip.Addr

func (d *dialed) Dial(_ context.Context, from vpc.NetworkInterface, address string, port int) (net.Conn, error) {
	if address == "10.0.0.9" && port == 8080 {
		*d = append(*d, from.Address)
	}
	return nil, errDialed
}

func balancer(subnet string, groups ...string) types.LoadBalancer {
	return types.LoadBalancer{
		LoadBalancerArn: aws.String("arn"), SecurityGroups: groups,
		AvailabilityZones: []types.AvailabilityZone{{SubnetId: &subnet}, {SubnetId: aws.String("subnet-2")}},
	}
}

func TestALoadBalancerHasOneInterfaceUntilItsSecurityGroupsChange(t *testing.T) {
	network, from := &fakeNetwork{}, &dialed{}
	d := newDialer(network)
	d.tasks = from
	dial := func(b types.LoadBalancer) {
		t.Helper()
		if _, err := d.DialTarget(t.Context(), b, "10.0.0.9", 8080); !errors.Is(err, errDialed) {
			t.Fatal(err)
		}
	}
	first, second := netip.MustParseAddr("10.0.0.4"), netip.MustParseAddr("10.0.0.5")
	dial(balancer("subnet-1", "sg-2", "sg-1"))
	dial(balancer("subnet-1", "sg-2", "sg-1"))
	dial(balancer("subnet-1", "sg-3"))
	dial(balancer("subnet-1", "sg-3"))
	if want := []netip.Addr{first, first, second, second}; !slices.Equal(*from, want) {
		t.Errorf("dialed from %v, want %v", *from, want)
	}
	if !slices.Equal(network.attached, []netip.Addr{first, second}) || !slices.Equal(network.detached, []netip.Addr{first}) {
		t.Errorf("attached were %v, detached %v", network.attached, network.detached)
	}
}

func TestClientsAreAdmittedByTheLoadBalancersSecurityGroups(t *testing.T) {
	d := newDialer(&fakeNetwork{})
	for group, want := range map[string]bool{"open": true, "closed": false} {
		admitted, err := d.AdmitsClient(t.Context(), netip.MustParseAddr("127.0.0.1"), balancer("subnet-1", group), 80)
		if err != nil || admitted != want {
			t.Errorf("with a group that is %s: %t (%v)", group, admitted, err)
		}
	}
}

func TestALoadBalancerWithoutASubnetReachesNothing(t *testing.T) {
	d := newDialer(&fakeNetwork{})
	for name, b := range map[string]types.LoadBalancer{
		"none":                    {LoadBalancerArn: aws.String("arn")},
		"one that does not exist": balancer("subnet-9"),
	} {
		if _, err := d.DialTarget(t.Context(), b, "10.0.0.9", 8080); err == nil {
			t.Errorf("with %s, it dials", name)
		}
		if _, err := d.AdmitsClient(t.Context(), netip.MustParseAddr("127.0.0.1"), b, 80); err == nil {
			t.Errorf("with %s, it admits clients", name)
		}
	}
}
