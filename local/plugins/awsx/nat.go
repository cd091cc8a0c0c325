package main

import (
	"errors"
	"slices"
)

// natStrategy says how many NAT gateways there are.
type natStrategy string

const (
	natNone       natStrategy = "None"
	natSingle     natStrategy = "Single"
	natOnePerZone natStrategy = "OnePerAz"
)

// check refuses NAT gateways that nothing would use or that have no subnet to
// stand in. Without NAT gateways, private subnets are allowed and have no way
// to the internet.
func (s natStrategy) check(planned []plannedSubnet) error {
	has := func(kind subnetType) bool {
		return slices.ContainsFunc(planned, func(p plannedSubnet) bool { return p.kind == kind })
	}
	if s == natNone || has(subnetPublic) && has(subnetPrivate) {
		return nil
	}
	return errors.New("if natGateways.strategy is OnePerAz (the default) or Single, both private and public subnets must be declared: " +
		"the private subnet creates the need for a NAT gateway, and the public subnet is required to host it")
}

// wants tells whether a NAT gateway is to be made in a public subnet of the
// zone with the given index, when count ones have been made so far.
func (s natStrategy) wants(zone, count int) bool {
	switch s {
	case natSingle:
		return count == 0
	case natOnePerZone:
		return count <= zone
	default:
		return false
	}
}
