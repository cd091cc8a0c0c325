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

	"fargate-stack/local/fargate/task"
	"fargate-stack/local/fargate/vpc"
)

// A dialer is how load balancers reach tasks: through network interfaces of
// their own, in the first of their subnets.
type dialer struct {
	network *vpc.Network
	// launcher has the tasks. It is set before the first target is registered.
	launcher *task.Launcher

	mutex      sync.Mutex
	interfaces map[string]vpc.NetworkInterface // by the load balancer's ARN
}

// DialTarget connects a load balancer to a task.
func (d *dialer) DialTarget(ctx context.Context, from types.LoadBalancer, address string, port int) (net.Conn, error) {
	attached, err := d.interfaceOf(ctx, from)
	if err != nil {
		return nil, err
	}
	return d.launcher.Dial(ctx, attached, address, port)
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
	if ok && slices.Equal(known.SecurityGroups, balancer.SecurityGroups) {
		return known, nil
	}
	if len(balancer.AvailabilityZones) == 0 {
		return known, fmt.Errorf("load balancer %s has no subnets", arn)
	}
	subnet := aws.ToString(balancer.AvailabilityZones[0].SubnetId)
	attached, err := d.network.Attach(ctx, subnet, balancer.SecurityGroups, true)
	if err != nil {
		return known, err
	}
	d.network.Detach(known)
	d.interfaces[arn] = attached
	return attached, nil
}
