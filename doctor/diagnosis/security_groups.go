package diagnosis

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// A peer is one side of a connection: everything with the same security groups,
// wherever it is in its address ranges.
type peer struct {
	groups []ec2types.SecurityGroup
	ranges []string
}

// everyone is the internet.
var everyone = peer{ranges: []string{internet}}

// String names the peer's security groups.
func (p peer) String() string {
	ids := make([]string, len(p.groups))
	for i, group := range p.groups {
		ids[i] = aws.ToString(group.GroupId)
	}
	return "security groups (" + strings.Join(ids, ", ") + ")"
}

// ingress returns the rules by which packets come in.
func (p peer) ingress() []ec2types.IpPermission {
	var permissions []ec2types.IpPermission
	for _, group := range p.groups {
		permissions = append(permissions, group.IpPermissions...)
	}
	return permissions
}

// egress returns the rules by which packets go out.
func (p peer) egress() []ec2types.IpPermission {
	var permissions []ec2types.IpPermission
	for _, group := range p.groups {
		permissions = append(permissions, group.IpPermissionsEgress...)
	}
	return permissions
}

// letsOutToGateway tells whether packets may go to a gateway endpoint, which is
// known to security groups by a prefix list of public addresses.
func (p peer) letsOutToGateway(port int32) bool {
	return permits(p.egress(), port, everyone) || slices.ContainsFunc(covering(p.egress(), port), func(permission ec2types.IpPermission) bool {
		return len(permission.PrefixListIds) > 0
	})
}

// covering returns the rules that are about TCP packets to a port.
func covering(permissions []ec2types.IpPermission, port int32) []ec2types.IpPermission {
	return slices.DeleteFunc(slices.Clone(permissions), func(permission ec2types.IpPermission) bool {
		switch aws.ToString(permission.IpProtocol) {
		case "-1":
			return false
		case "tcp":
			return port < aws.ToInt32(permission.FromPort) || port > aws.ToInt32(permission.ToPort)
		default:
			return true
		}
	})
}

// permits tells whether rules let through TCP packets to a port, from or to all
// addresses of the other side.
func permits(permissions []ec2types.IpPermission, port int32, other peer) bool {
	permissions = covering(permissions, port)
	byGroup := slices.ContainsFunc(permissions, func(permission ec2types.IpPermission) bool {
		return slices.ContainsFunc(permission.UserIdGroupPairs, func(pair ec2types.UserIdGroupPair) bool {
			return slices.ContainsFunc(other.groups, func(group ec2types.SecurityGroup) bool {
				return aws.ToString(group.GroupId) == aws.ToString(pair.GroupId)
			})
		})
	})
	return byGroup || len(other.ranges) > 0 && !slices.ContainsFunc(other.ranges, func(addresses string) bool {
		return !slices.ContainsFunc(permissions, func(permission ec2types.IpPermission) bool {
			return slices.ContainsFunc(permission.IpRanges, func(allowed ec2types.IpRange) bool {
				return contains(aws.ToString(allowed.CidrIp), addresses)
			})
		})
	})
}

// contains tells whether an address range contains another one.
func contains(outer, inner string) bool {
	o, err := netip.ParsePrefix(outer)
	if err != nil {
		return false
	}
	i, err := netip.ParsePrefix(inner)
	return err == nil && o.Bits() <= i.Bits() && o.Contains(i.Addr())
}

// tasks returns the tasks of a service as one side of a connection.
func (n *network) tasks(configuration ecstypes.AwsVpcConfiguration) peer {
	return n.peer(configuration.SecurityGroups, configuration.Subnets)
}

// endpoint returns an interface endpoint as one side of a connection.
func (n *network) endpoint(endpoint ec2types.VpcEndpoint) peer {
	var groups []string
	for _, group := range endpoint.Groups {
		groups = append(groups, aws.ToString(group.GroupId))
	}
	return n.peer(groups, endpoint.SubnetIds)
}

func (n *network) peer(groups, subnets []string) peer {
	var p peer
	for _, id := range groups {
		if group, ok := n.groups[id]; ok {
			p.groups = append(p.groups, group)
		}
	}
	for _, id := range subnets {
		if subnet, ok := n.subnets[id]; ok {
			p.ranges = append(p.ranges, aws.ToString(subnet.CidrBlock))
		}
	}
	return p
}

// lookAtSecurityGroups finds rules that are missing on the way of a request,
// from the internet to the load balancer and on to the tasks.
func (x *examination) lookAtSecurityGroups(context.Context) error {
	if x.network.vpc == "" {
		return nil
	}
	tasks := x.network.tasks(x.taskNetwork())
	for _, route := range x.traffic {
		for _, b := range route.balancers {
			var subnets []string
			for _, zone := range b.AvailabilityZones {
				subnets = append(subnets, aws.ToString(zone.SubnetId))
			}
			balancer := x.network.peer(b.SecurityGroups, subnets)
			x.lookAtIngressOfLoadBalancer(b, balancer)
			for _, port := range route.ports() {
				x.lookAtWayToTasks(balancer, tasks, port)
			}
		}
	}
	return nil
}

// lookAtIngressOfLoadBalancer finds listeners that the internet can't get to.
// A rule for some addresses only is meant to be so, as long as the URL answers
// here.
func (x *examination) lookAtIngressOfLoadBalancer(b balancer, groups peer) {
	if x.answer == nil || x.answer.OK() {
		return
	}
	for _, listener := range b.listeners {
		if port := aws.ToInt32(listener.Port); !permits(groups.ingress(), port, everyone) {
			x.found.add(SecurityGroupBlocks, fmt.Sprintf("the load balancer's %s have no ingress rule for TCP port %d from %s", groups, port, internet))
		}
	}
}

func (x *examination) lookAtWayToTasks(balancer, tasks peer, port int32) {
	if !permits(balancer.egress(), port, tasks) {
		x.found.add(SecurityGroupBlocks, fmt.Sprintf("the load balancer's %s have no egress rule for TCP port %d to the tasks' %s", balancer, port, tasks))
	}
	if !permits(tasks.ingress(), port, balancer) {
		x.found.add(SecurityGroupBlocks, fmt.Sprintf("the tasks' %s have no ingress rule for TCP port %d from the load balancer's %s", tasks, port, balancer))
	}
}
