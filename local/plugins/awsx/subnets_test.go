package main

import (
	"slices"
	"strings"
	"testing"
)

var threeZones = []string{"us-east-1a", "us-east-1b", "us-east-1c"}

// The layouts are those of awsx's own tests, or follow from the description of
// the strategy Auto in the documentation of awsx:ec2:Vpc.
func TestPlanSubnets(t *testing.T) {
	tests := []struct {
		name  string
		cidr  string
		zones int
		specs []subnetSpec
		want  string
	}{
		{"a /16 in two zones by default", "10.0.0.0/16", 2, nil,
			"private-1 10.0.0.0/18, public-1 10.0.64.0/19, private-2 10.0.128.0/18, public-2 10.0.192.0/19"},
		{"a /16 in three zones by default", "10.0.0.0/16", 3, nil,
			"private-1 10.0.0.0/19, public-1 10.0.32.0/20, private-2 10.0.64.0/19, public-2 10.0.96.0/20, private-3 10.0.128.0/19, public-3 10.0.160.0/20"},
		{"a /16 in one zone by default", "10.0.0.0/16", 1, nil, "private-1 10.0.0.0/17, public-1 10.0.128.0/18"},
		{"a /24 in one zone by default", "10.0.0.0/24", 1, nil, "private-1 10.0.0.0/25, public-1 10.0.0.128/26"},
		{"the smallest zone by default", "10.0.0.0/26", 1, nil, "private-1 10.0.0.0/27, public-1 10.0.0.32/28"},
		{"no more than a /16 of a larger zone by default", "10.0.0.0/12", 1, nil, "private-1 10.0.0.0/17, public-1 10.0.128.0/18"},
		{"a range that does not begin at its own address", "10.1.2.3/16", 1, nil, "private-1 10.1.0.0/17, public-1 10.1.128.0/18"},
		{"one subnet takes all", "10.0.0.0/16", 1, []subnetSpec{{kind: subnetPublic}}, "public-1 10.0.0.0/16"},
		{"three subnets share evenly", "10.0.0.0/16", 1,
			[]subnetSpec{{kind: subnetPublic}, {kind: subnetPrivate}, {kind: subnetIsolated}},
			"public-1 10.0.0.0/18, private-1 10.0.64.0/18, isolated-1 10.0.128.0/18"},
		{"a smaller one before a larger one leaves a gap", "10.0.0.0/16", 1,
			[]subnetSpec{{kind: subnetPublic, cidrMask: 24}, {kind: subnetPrivate, cidrMask: 18}},
			"public-1 10.0.0.0/24, private-1 10.0.64.0/18"},
		{"a larger one before a smaller one leaves none", "10.0.0.0/16", 2,
			[]subnetSpec{{kind: subnetPrivate, cidrMask: 18}, {kind: subnetPublic, cidrMask: 24}, {kind: subnetIsolated, cidrMask: 24}},
			"private-1 10.0.0.0/18, public-1 10.0.64.0/24, isolated-1 10.0.65.0/24, " +
				"private-2 10.0.128.0/18, public-2 10.0.192.0/24, isolated-2 10.0.193.0/24"},
		{"names replace types", "10.0.0.0/16", 1,
			[]subnetSpec{{kind: subnetPrivate, name: "app"}, {kind: subnetPrivate, name: "data"}},
			"app-1 10.0.0.0/17, data-1 10.0.128.0/17"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			planned, err := planSubnets("vpc", test.cidr, threeZones[:test.zones], test.specs)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range planned {
				got = append(got, strings.TrimPrefix(p.name, "vpc-")+" "+p.cidr.String())
			}
			if strings.Join(got, ", ") != test.want {
				t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), test.want)
			}
		})
	}
}

func TestPlanSubnetsRefuses(t *testing.T) {
	tests := []struct {
		name  string
		cidr  string
		zones int
		specs []subnetSpec
		want  string
	}{
		{"text that is no range", "10.0.0.0", 2, nil, "an IPv4 range"},
		{"an IPv6 range", "fd00::/64", 2, nil, "an IPv4 range"},
		{"a VPC too small for the default subnets", "10.0.0.0/26", 2, nil, "at least a /26 in each zone, but only a /27"},
		{"a VPC with fewer addresses than zones", "10.0.0.0/32", 2, nil, "no room for 2 zones"},
		{"no subnets", "10.0.0.0/16", 2, []subnetSpec{}, "subnetSpecs is empty"},
		{"more subnets than addresses", "10.0.0.0/32", 1, []subnetSpec{{kind: subnetPublic}, {kind: subnetPrivate}}, "no room for 2 subnets"},
		{"subnets larger than a zone", "10.0.0.0/16", 2,
			[]subnetSpec{{kind: subnetPublic, cidrMask: 17}, {kind: subnetPrivate, cidrMask: 17}},
			"each zone has 32768 addresses, but its subnets require 65536"},
		{"subnets that alignment pushes into the next zone", "10.0.0.0/16", 2,
			[]subnetSpec{{kind: subnetPublic, cidrMask: 24}, {kind: subnetPrivate, cidrMask: 18}, {kind: subnetIsolated, cidrMask: 24}},
			"vpc-isolated-1: 10.0.128.0/24\n  vpc-public-2: 10.0.128.0/24"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := planSubnets("vpc", test.cidr, threeZones[:test.zones], test.specs)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want …%s…", err, test.want)
			}
		})
	}
}

func TestSplitBits(t *testing.T) {
	var got []int
	for count := range 10 {
		got = append(got, splitBits(count))
	}
	if want := []int{0, 0, 1, 2, 2, 3, 3, 3, 3, 4}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestNATStrategyWants(t *testing.T) {
	tests := []struct {
		strategy    natStrategy
		zone, count int
		want        bool
	}{
		{natOnePerZone, 0, 0, true}, {natOnePerZone, 0, 1, false}, {natOnePerZone, 1, 1, true}, {natOnePerZone, 1, 2, false},
		{natSingle, 0, 0, true}, {natSingle, 0, 1, false}, {natSingle, 1, 1, false},
		{natNone, 0, 0, false},
	}
	for _, test := range tests {
		if got := test.strategy.wants(test.zone, test.count); got != test.want {
			t.Errorf("%s in zone %d with %d made: %v", test.strategy, test.zone, test.count, got)
		}
	}
}

func TestNATStrategyCheck(t *testing.T) {
	plan := func(kinds ...subnetType) []plannedSubnet {
		var planned []plannedSubnet
		for _, kind := range kinds {
			planned = append(planned, plannedSubnet{kind: kind})
		}
		return planned
	}
	for _, strategy := range []natStrategy{natSingle, natOnePerZone} {
		if err := strategy.check(plan(subnetPublic, subnetPrivate)); err != nil {
			t.Errorf("%s with public and private subnets: %v", strategy, err)
		}
		for _, kind := range []subnetType{subnetPublic, subnetPrivate, subnetIsolated} {
			if err := strategy.check(plan(kind)); err == nil || !strings.Contains(err.Error(), "both private and public subnets") {
				t.Errorf("%s with %s subnets only: %v", strategy, kind, err)
			}
		}
	}
	if err := natNone.check(plan(subnetPrivate)); err != nil {
		t.Errorf("None with private subnets: %v", err)
	}
}
