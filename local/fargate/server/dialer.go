package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fargate-stack/local/fargate/vpc"
)

// A dialer is how load balancers reach tasks: through network interfaces of
// their own, in the first of their subnets.
type dialer struct {
	network network
	// tasks is set before the first target is registered.
	tasks tasks

	mutex      sync.Mutex
	interfaces map[string]balancerInterface // by the load balancer's ARN
}

// A network has the network interfaces. A [vpc.Network] is one.
type network interface {
	Attach(ctx context.Context, subnetID string, securityGroups []string, public bool) (vpc.NetworkInterface, error)
	Detach(vpc.NetworkInterface)
	AdmitsFrom(ctx context.Context, source netip.Addr, to vpc.NetworkInterface, port int) (bool, error)
}

// tasks are what a load balancer connects to. A task.Launcher has them.
type tasks interface {
	Dial(ctx context.Context, from vpc.NetworkInterface, address string, port int) (net.Conn, error)
}

// A balancerInterface is the network interface of a load balancer that had some
// security groups.
type balancerInterface struct {
	vpc.NetworkInterface
	groups []string
}

func newDialer(network network) *dialer {
	return &dialer{network: network, interfaces: map[string]balancerInterface{}}
}

// DialTarget connects a load balancer to a task.
func (d *dialer) DialTarget(ctx context.Context, from types.LoadBalancer, address string, port int) (net.Conn, error) {
	attached, err := d.interfaceOf(ctx, from)
	if err != nil {
		return nil, err
	}
	return d.tasks.Dial(ctx, attached, address, port)
}

// AdmitsClient tells whether a load balancer takes packets from a client.
func (d *dialer) AdmitsClient(ctx context.Context, client netip.Addr, to types.LoadBalancer, port int) (bool, error) {
	attached, err := d.interfaceOf(ctx, to)
	if err != nil {
		return false, err
	}
	return d.network.AdmitsFrom(ctx, client, attached, port)
}

// interfaceOf returns the network interface of a load balancer, with the
// security groups that the load balancer has now.
func (d *dialer) interfaceOf(ctx context.Context, balancer types.LoadBalancer) (vpc.NetworkInterface, error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	arn := aws.ToString(balancer.LoadBalancerArn)
	known, ok := d.interfaces[arn]
	if ok && slices.Equal(known.groups, balancer.SecurityGroups) {
		return known.NetworkInterface, nil
	}
	if len(balancer.AvailabilityZones) == 0 {
		return vpc.NetworkInterface{}, fmt.Errorf("load balancer %s has no subnets", arn)
	}
	attached, err := d.network.Attach(ctx, aws.ToString(balancer.AvailabilityZones[0].SubnetId), balancer.SecurityGroups, true)
	if err != nil {
		return vpc.NetworkInterface{}, err
	}
	d.network.Detach(known.NetworkInterface)
	d.interfaces[arn] = balancerInterface{attached, balancer.SecurityGroups}
	return attached, nil
}
