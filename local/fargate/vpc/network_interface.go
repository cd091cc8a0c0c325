package vpc

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// A NetworkInterface is what a task or a load balancer has in a VPC.
type NetworkInterface struct {
	// ID begins with eni-.
	ID string
	// Address is the private address, one of the subnet's.
	Address netip.Addr
	// VPCID and SubnetID say where the interface is.
	VPCID, SubnetID string
	// AvailabilityZone is the one of the subnet.
	AvailabilityZone string
	// SecurityGroups are the ids of its security groups.
	SecurityGroups []string
	// PublicAddress tells whether it has a public address too.
	PublicAddress bool
}

// Attach makes a network interface with a free address of a subnet. Without
// security groups, it gets the default one of the VPC. The subnet and the
// groups have to exist, in the same VPC.
func (n *Network) Attach(ctx context.Context, subnetID string, securityGroups []string, public bool) (NetworkInterface, error) {
	subnets, err := n.subnets(ctx, subnetID)
	if err != nil {
		return NetworkInterface{}, err
	}
	vpcID := aws.ToString(subnets[0].VpcId)
	groups, err := n.groupsFor(ctx, vpcID, securityGroups)
	if err != nil {
		return NetworkInterface{}, err
	}
	cidr, err := netip.ParsePrefix(aws.ToString(subnets[0].CidrBlock))
	if err != nil {
		return NetworkInterface{}, fmt.Errorf("CIDR block of subnet %s: %w", subnetID, err)
	}
	id := newID()
	address, err := n.takeAddress(subnetID, cidr, id)
	if err != nil {
		return NetworkInterface{}, err
	}
	return NetworkInterface{
		ID:               id,
		Address:          address,
		VPCID:            vpcID,
		SubnetID:         subnetID,
		AvailabilityZone: aws.ToString(subnets[0].AvailabilityZone),
		SecurityGroups:   groups,
		PublicAddress:    public,
	}, nil
}

// Detach frees the address of a network interface. To detach it again does
// nothing.
func (n *Network) Detach(i NetworkInterface) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if p, ok := n.pools[i.SubnetID]; ok && p.taken[i.Address] == i.ID {
		delete(p.taken, i.Address)
	}
}

// newID returns an id in the form of EC2's.
func newID() string {
	var random [9]byte
	rand.Read(random[:]) // never fails
	return "eni-" + hex.EncodeToString(random[:])[:17]
}

// subnets describes subnets, which all have to exist.
func (n *Network) subnets(ctx context.Context, ids ...string) ([]types.Subnet, error) {
	answer, err := n.client.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: ids})
	if err != nil {
		return nil, fmt.Errorf("describing the subnets %v: %w", ids, err)
	}
	if len(answer.Subnets) != len(ids) {
		return nil, fmt.Errorf("describing the subnets %v: EC2 answers with %d subnets", ids, len(answer.Subnets))
	}
	return answer.Subnets, nil
}

// groupsFor returns the security groups of an interface in a VPC, if it may
// have them.
func (n *Network) groupsFor(ctx context.Context, vpcID string, ids []string) ([]string, error) {
	question := &ec2.DescribeSecurityGroupsInput{GroupIds: ids}
	if len(ids) == 0 {
		question.Filters = []types.Filter{filter("vpc-id", vpcID), filter("group-name", "default")}
	}
	answer, err := n.client.DescribeSecurityGroups(ctx, question)
	if err != nil {
		return nil, fmt.Errorf("describing the security groups %v of a network interface: %w", ids, err)
	}
	var groups []string
	for _, group := range answer.SecurityGroups {
		if aws.ToString(group.VpcId) != vpcID {
			return nil, fmt.Errorf("security group %s is of %s, the subnet of %s; choose them of the same VPC",
				aws.ToString(group.GroupId), aws.ToString(group.VpcId), vpcID)
		}
		groups = append(groups, aws.ToString(group.GroupId))
	}
	slices.Sort(groups)
	return groups, nil
}
