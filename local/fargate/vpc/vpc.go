// Package vpc tells where packets get to in a VPC: from one network interface
// to another, in from the internet, and out to AWS's own services. It follows
// security groups, route tables, gateways and endpoints as EC2 describes them.
//
// Only TCP and IPv4 are covered. Network ACLs and peered VPCs are not.
package vpc

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// EC2 is what is asked of EC2. An [ec2.Client] answers it.
type EC2 interface {
	ec2.DescribeInternetGatewaysAPIClient
	ec2.DescribeNatGatewaysAPIClient
	ec2.DescribePrefixListsAPIClient
	ec2.DescribeRouteTablesAPIClient
	ec2.DescribeSecurityGroupsAPIClient
	ec2.DescribeSubnetsAPIClient
	ec2.DescribeVpcEndpointsAPIClient
	ec2.GetManagedPrefixListEntriesAPIClient
}

// A Network is the VPCs of a region. It may be used by several goroutines.
type Network struct {
	client EC2
	// rules are those of all security groups, which each connection asks for.
	rules *recent[rulebook]

	mutex sync.Mutex
	// pools are the addresses of the subnets that something is attached to,
	// by the subnets' ids.
	pools map[string]*pool
}

// New returns the network that EC2 describes.
func New(client EC2) *Network {
	n := &Network{client: client, pools: map[string]*pool{}}
	n.rules = newRecent(n.readRules)
	return n
}

// recentLimit is how old an answer of the API may be. Rules that are changed
// hold for the next connection, as far as a person can tell.
const recentLimit = 500 * time.Millisecond

// A recent keeps what was read from the API for as long as recentLimit.
type recent[T any] struct {
	read func(context.Context) (T, error)
	// turn is held by the one who reads or looks. The others wait for it, and
	// find what was read. It is a channel to give up waiting with a context.
	turn  chan struct{}
	value T
	// asked is when the reading began: what changes meanwhile may be missing.
	asked time.Time
}

func newRecent[T any](read func(context.Context) (T, error)) *recent[T] {
	return &recent[T]{read: read, turn: make(chan struct{}, 1)}
}

// get returns what was read last, or reads it.
func (r *recent[T]) get(ctx context.Context) (T, error) {
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
	if !r.asked.IsZero() && time.Since(r.asked) < recentLimit {
		return r.value, nil
	}
	asked := time.Now()
	value, err := r.read(ctx)
	if err == nil {
		r.value, r.asked = value, asked
	}
	return value, err
}

// filter returns a filter for a Describe operation.
func filter(name string, values ...string) types.Filter {
	return types.Filter{Name: aws.String(name), Values: values}
}
