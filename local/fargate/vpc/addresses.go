package vpc

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// AWS keeps the first four addresses of a subnet, and the last one.
// https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
const (
	reservedFirst = 4
	reservedLast  = 1
)

// A pool is the addresses of a subnet.
type pool struct {
	cidr netip.Prefix
	// taken has the ids of the interfaces by their addresses.
	taken map[netip.Addr]string
	// next is where the search for a free address goes on, counted from the
	// first address of the subnet. An address that was freed is not given away
	// again at once: a load balancer may still have it as a target.
	next uint32
}

// takeAddress takes a free address of a subnet for an interface.
func (n *Network) takeAddress(subnetID string, cidr netip.Prefix, interfaceID string) (netip.Addr, error) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	p, ok := n.pools[subnetID]
	if !ok {
		p = &pool{cidr: cidr, taken: map[netip.Addr]string{}}
		n.pools[subnetID] = p
	}
	address, ok := p.take(interfaceID)
	if !ok {
		return netip.Addr{}, fmt.Errorf("subnet %s (%s) has no free address; use more or larger subnets, or run fewer tasks", subnetID, cidr)
	}
	return address, nil
}

func (p *pool) take(interfaceID string) (netip.Addr, bool) {
	size := uint32(1) << (32 - p.cidr.Bits())
	if size <= reservedFirst+reservedLast {
		return netip.Addr{}, false
	}
	usable := size - reservedFirst - reservedLast
	for range usable {
		address := p.at(reservedFirst + p.next)
		p.next = (p.next + 1) % usable
		if p.taken[address] == "" {
			p.taken[address] = interfaceID
			return address, true
		}
	}
	return netip.Addr{}, false
}

// at returns an address by its place in the subnet.
func (p *pool) at(place uint32) netip.Addr {
	first := p.cidr.Masked().Addr().As4()
	binary.BigEndian.PutUint32(first[:], binary.BigEndian.Uint32(first[:])+place)
	return netip.AddrFrom4(first)
}
