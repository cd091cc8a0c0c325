package vpc

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Allows tells whether TCP packets get from one network interface to a port of
// another: a security group of the first lets them out, and one of the other
// lets them in. Answers belong to the connection and are always let through.
// https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html
func (n *Network) Allows(ctx context.Context, from, to NetworkInterface, port int) (bool, error) {
	rules, err := n.rules.get(ctx)
	if err != nil {
		return false, err
	}
	return from.VPCID == to.VPCID &&
		rules.letOut(from.SecurityGroups, to.peer(), port) &&
		rules.letIn(to.SecurityGroups, from.peer(), port), nil
}

// AdmitsFrom tells whether a network interface takes TCP packets on a port
// from an address outside of its VPC.
func (n *Network) AdmitsFrom(ctx context.Context, source netip.Addr, to NetworkInterface, port int) (bool, error) {
	rules, err := n.rules.get(ctx)
	if err != nil {
		return false, err
	}
	return rules.letIn(to.SecurityGroups, peer{addresses: single(source.Unmap())}, port), nil
}

// A peer is the other side of a packet, as rules name it.
type peer struct {
	// addresses are all that it may have. A rule has to cover them all.
	addresses netip.Prefix
	// groups are its security groups, if it is in the VPC.
	groups []string
	// prefixList is the id of a list that it is in. It may be empty.
	prefixList string
}

// peer returns the interface as the other side sees it.
func (i NetworkInterface) peer() peer {
	return peer{addresses: single(i.Address), groups: i.SecurityGroups}
}

func single(address netip.Addr) netip.Prefix {
	return netip.PrefixFrom(address, address.BitLen())
}

// A rulebook has the rules of security groups, by the groups' ids. A group that
// is not in it lets nothing through.
type rulebook map[string]groupRules

type groupRules struct{ in, out []rule }

// A rule lets packets through. There is none that stops them.
type rule struct {
	firstPort, lastPort int
	addresses           []netip.Prefix
	groups              []string
	prefixLists         []string
}

// letIn tells whether one of the groups lets packets from a peer in.
func (b rulebook) letIn(groups []string, from peer, port int) bool {
	return slices.ContainsFunc(groups, func(id string) bool {
		return slices.ContainsFunc(b[id].in, func(r rule) bool { return r.covers(from, port) })
	})
}

// letOut tells whether one of the groups lets packets to a peer out.
func (b rulebook) letOut(groups []string, to peer, port int) bool {
	return slices.ContainsFunc(groups, func(id string) bool {
		return slices.ContainsFunc(b[id].out, func(r rule) bool { return r.covers(to, port) })
	})
}

func (r rule) covers(p peer, port int) bool {
	if port < r.firstPort || port > r.lastPort {
		return false
	}
	return slices.ContainsFunc(p.groups, func(id string) bool { return slices.Contains(r.groups, id) }) ||
		slices.Contains(r.prefixLists, p.prefixList) ||
		slices.ContainsFunc(r.addresses, func(outer netip.Prefix) bool { return within(p.addresses, outer) })
}

// within tells whether all addresses of inner are in outer.
func within(inner, outer netip.Prefix) bool {
	return outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}

// readRules reads the rules of all security groups.
func (n *Network) readRules(ctx context.Context) (rulebook, error) {
	book := rulebook{}
	lists := map[string][]netip.Prefix{}
	for pages := ec2.NewDescribeSecurityGroupsPaginator(n.client, &ec2.DescribeSecurityGroupsInput{}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("describing security groups: %w", err)
		}
		for _, group := range page.SecurityGroups {
			in, inErr := n.readPermissions(ctx, group.IpPermissions, lists)
			out, outErr := n.readPermissions(ctx, group.IpPermissionsEgress, lists)
			if err := errors.Join(inErr, outErr); err != nil {
				return nil, fmt.Errorf("rules of security group %s: %w", aws.ToString(group.GroupId), err)
			}
			book[aws.ToString(group.GroupId)] = groupRules{in, out}
		}
	}
	return book, nil
}

// readPermissions returns the permissions that are about TCP as rules. It adds
// the prefix lists that they name to lists.
func (n *Network) readPermissions(ctx context.Context, permissions []types.IpPermission, lists map[string][]netip.Prefix) ([]rule, error) {
	var rules []rule
	for _, permission := range permissions {
		r := rule{firstPort: 0, lastPort: 65535}
		switch aws.ToString(permission.IpProtocol) {
		case "-1": // all protocols, and then all ports
		case "tcp", "6":
			r.firstPort, r.lastPort = int(aws.ToInt32(permission.FromPort)), int(aws.ToInt32(permission.ToPort))
		default:
			continue
		}
		for _, pair := range permission.UserIdGroupPairs {
			r.groups = append(r.groups, aws.ToString(pair.GroupId))
		}
		for _, ipRange := range permission.IpRanges {
			cidr, err := netip.ParsePrefix(aws.ToString(ipRange.CidrIp))
			if err != nil {
				return nil, err
			}
			r.addresses = append(r.addresses, cidr)
		}
		for _, list := range permission.PrefixListIds {
			id := aws.ToString(list.PrefixListId)
			if err := n.readPrefixList(ctx, id, lists); err != nil {
				return nil, err
			}
			r.prefixLists = append(r.prefixLists, id)
			r.addresses = append(r.addresses, lists[id]...)
		}
		rules = append(rules, r)
	}
	return rules, nil
}

// readPrefixList adds a prefix list to those that are known.
func (n *Network) readPrefixList(ctx context.Context, id string, known map[string][]netip.Prefix) error {
	if _, ok := known[id]; ok {
		return nil
	}
	known[id] = nil
	question := &ec2.GetManagedPrefixListEntriesInput{PrefixListId: &id}
	for pages := ec2.NewGetManagedPrefixListEntriesPaginator(n.client, question); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("entries of prefix list %s: %w", id, err)
		}
		for _, entry := range page.Entries {
			cidr, err := netip.ParsePrefix(aws.ToString(entry.Cidr))
			if err != nil {
				return fmt.Errorf("entries of prefix list %s: %w", id, err)
			}
			known[id] = append(known[id], cidr)
		}
	}
	return nil
}
