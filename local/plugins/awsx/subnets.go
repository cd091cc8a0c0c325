package main

import (
	"cmp"
	"fmt"
	"math/bits"
	"net/netip"
	"strings"
)

// subnetType says where a subnet's traffic may go. The order in which a
// zone's subnets are made follows from it.
type subnetType string

const (
	subnetPublic   subnetType = "Public"   // to the internet gateway
	subnetPrivate  subnetType = "Private"  // to a NAT gateway, if there is one
	subnetIsolated subnetType = "Isolated" // within the VPC
)

// rank orders subnets: a NAT gateway stands in a public subnet, and has to be
// there before the private ones that use it.
func (t subnetType) rank() int {
	switch t {
	case subnetPublic:
		return 0
	case subnetPrivate:
		return 1
	default:
		return 2
	}
}

// A subnetSpec asks for one subnet in every zone.
type subnetSpec struct {
	kind subnetType
	// name replaces the type in the subnet's name.
	name string
	// cidrMask is the size as a prefix length, 0 for an even share of the zone.
	cidrMask int
}

// subnetName returns the name that awsx gives to the spec's subnet in a zone,
// counted from 1. All that belongs to the subnet bears it.
func (s subnetSpec) subnetName(vpc string, zone int) string {
	return fmt.Sprintf("%s-%s-%d", vpc, cmp.Or(s.name, strings.ToLower(string(s.kind))), zone)
}

// A plannedSubnet is a subnet with its place in the VPC.
type plannedSubnet struct {
	name string
	kind subnetType
	zone string
	cidr netip.Prefix
}

// planSubnets places the subnets of all zones by awsx's strategy Auto: the
// VPC is divided evenly between the zones, rounded up to a power of two, and
// in each zone the subnets follow one another in the order of the specs, each
// one aligned to its own size.
func planSubnets(vpc, cidrBlock string, zones []string, specs []subnetSpec) ([]plannedSubnet, error) {
	whole, err := parseBlock(cidrBlock)
	if err != nil {
		return nil, err
	}
	zone := block{whole.base, whole.length + splitBits(len(zones))}
	if zone.length > 32 {
		return nil, fmt.Errorf("cidrBlock %q has no room for %d zones", cidrBlock, len(zones))
	}
	if specs, err = sizeSpecs(specs, zone); err != nil {
		return nil, err
	}
	var planned []plannedSubnet
	for i, name := range zones {
		at := block{zone.base, specs[0].cidrMask}
		for n, spec := range specs {
			if n > 0 {
				at = at.next(spec.cidrMask)
			}
			planned = append(planned, plannedSubnet{spec.subnetName(vpc, i+1), spec.kind, name, at.prefix()})
		}
		zone = zone.next(zone.length)
	}
	return planned, checkOverlap(planned)
}

// sizeSpecs returns the specs with a size each. It checks that together they
// fit a zone, as awsx does: without the gaps that alignment may leave, which
// only show as an overlap with the next zone.
func sizeSpecs(specs []subnetSpec, zone block) ([]subnetSpec, error) {
	if specs == nil {
		return defaultSpecs(zone)
	}
	if len(specs) == 0 {
		return nil, fmt.Errorf("subnetSpecs is empty: leave it out for the default subnets")
	}
	sized := make([]subnetSpec, len(specs))
	var total uint64
	for i, spec := range specs {
		spec.cidrMask = cmp.Or(spec.cidrMask, zone.length+splitBits(len(specs)))
		if spec.cidrMask > 32 {
			return nil, fmt.Errorf("a zone's share of the VPC, /%d, has no room for %d subnets", zone.length, len(specs))
		}
		total += block{length: spec.cidrMask}.size()
		sized[i] = spec
	}
	if total > zone.size() {
		return nil, fmt.Errorf("subnets are too large for the VPC: each zone has %d addresses, but its subnets require %d", zone.size(), total)
	}
	return sized, nil
}

// defaultSpecs returns the subnets that awsx makes if none are asked for:
// half of the zone private, a quarter public, and a quarter left free. It
// takes no more than a /16 of a larger zone, and AWS has nothing smaller than
// a /28, so a zone must have a /26.
func defaultSpecs(zone block) ([]subnetSpec, error) {
	if zone.length > 26 {
		return nil, fmt.Errorf("the default subnets need at least a /26 in each zone, but only a /%d is available: make cidrBlock larger, use fewer zones, or set subnetSpecs", zone.length)
	}
	length := max(zone.length, 16)
	return []subnetSpec{
		{kind: subnetPrivate, cidrMask: length + 1},
		{kind: subnetPublic, cidrMask: length + 2},
	}, nil
}

// checkOverlap returns an error that lists every subnet that shares addresses
// with another one.
func checkOverlap(planned []plannedSubnet) error {
	var overlapping []string
	for i, a := range planned {
		for j, b := range planned {
			if i != j && a.cidr.Overlaps(b.cidr) {
				overlapping = append(overlapping, fmt.Sprintf("%s: %s", a.name, a.cidr))
				break
			}
		}
	}
	if len(overlapping) == 0 {
		return nil
	}
	return fmt.Errorf("subnets overlap; make cidrBlock larger, the subnets smaller, or use fewer zones:\n  %s", strings.Join(overlapping, "\n  "))
}

// A block is an IPv4 range. Its base is wider than an address, so that the
// block after the last one of IPv4 is no wrap around.
type block struct {
	base   uint64
	length int
}

func parseBlock(cidr string) (block, error) {
	prefix, err := netip.ParsePrefix(cidr)
	if err != nil || !prefix.Addr().Is4() {
		return block{}, fmt.Errorf("cidrBlock %q: an IPv4 range such as 10.0.0.0/16 is needed", cidr)
	}
	var base uint64
	for _, octet := range prefix.Masked().Addr().As4() {
		base = base<<8 | uint64(octet)
	}
	return block{base, prefix.Bits()}, nil
}

// size returns the number of addresses.
func (b block) size() uint64 {
	return 1 << (32 - b.length)
}

// next returns the first aligned block of the given prefix length that
// begins after b ends.
func (b block) next(length int) block {
	last := b.base + b.size() - 1
	size := block{length: length}.size()
	return block{(last/size + 1) * size, length}
}

func (b block) prefix() netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{
		byte(b.base >> 24), byte(b.base >> 16), byte(b.base >> 8), byte(b.base),
	}), b.length)
}

// splitBits returns by how many bits a block's prefix grows when it is divided
// into at least count equal parts.
func splitBits(count int) int {
	if count == 0 {
		return 0
	}
	return bits.Len(uint(count - 1))
}
