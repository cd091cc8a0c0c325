package diagnosis

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// compareRules compares the rules of the stack's security groups. What they are
// about counts, not how they are described.
func (x *examination) compareRules() {
	if x.network.vpc == "" {
		return
	}
	for _, r := range x.stack.ofType(securityGroupType, defaultGroupType) {
		group, ok := x.network.groups[string(r.ID)]
		if !ok {
			x.found.add(StateDiffers, fmt.Sprintf("%s (%s) is in the state, and not in AWS", name(r), r.ID))
			continue
		}
		deployed, state := deployedRules(group), rulesInState(r)
		for _, rule := range deployed {
			if !slices.Contains(state, rule) {
				x.found.add(StateDiffers, fmt.Sprintf("%s (%s): %s is in AWS, and not in the state", name(r), r.ID, rule))
			}
		}
		for _, rule := range state {
			if !slices.Contains(deployed, rule) {
				x.found.add(StateDiffers, fmt.Sprintf("%s (%s): %s is in the state, and not in AWS", name(r), r.ID, rule))
			}
		}
	}
}

// deployedRules returns the rules of a security group as they read, one for
// each peer: AWS puts those of the same ports together, and Pulumi need not.
func deployedRules(group ec2types.SecurityGroup) []string {
	var rules []string
	add := func(direction string, permissions []ec2types.IpPermission) {
		for _, p := range permissions {
			packets := packets(aws.ToString(p.IpProtocol), fmt.Sprint(aws.ToInt32(p.FromPort)), fmt.Sprint(aws.ToInt32(p.ToPort)))
			for _, peer := range peers(p) {
				rules = append(rules, packets+direction+peer)
			}
		}
	}
	add(" from ", group.IpPermissions)
	add(" to ", group.IpPermissionsEgress)
	return rules
}

// peers returns the other sides of a rule.
func peers(permission ec2types.IpPermission) []string {
	var all []string
	for _, addresses := range permission.IpRanges {
		all = append(all, aws.ToString(addresses.CidrIp))
	}
	for _, addresses := range permission.Ipv6Ranges {
		all = append(all, aws.ToString(addresses.CidrIpv6))
	}
	for _, list := range permission.PrefixListIds {
		all = append(all, aws.ToString(list.PrefixListId))
	}
	for _, pair := range permission.UserIdGroupPairs {
		all = append(all, aws.ToString(pair.GroupId))
	}
	return all
}

// rulesInState returns the rules of a security group as they read, one for each
// peer.
func rulesInState(group apitype.ResourceV3) []string {
	var rules []string
	add := func(direction, property string) {
		for _, rule := range objects(group.Outputs, property) {
			packets := packets(text(rule, "protocol"), number(rule, "fromPort"), number(rule, "toPort"))
			peers := slices.Concat(list(rule, "cidrBlocks"), list(rule, "ipv6CidrBlocks"), list(rule, "prefixListIds"), list(rule, "securityGroups"))
			if rule["self"] == true {
				peers = append(peers, string(group.ID))
			}
			for _, peer := range peers {
				rules = append(rules, packets+direction+peer)
			}
		}
	}
	add(" from ", "ingress")
	add(" to ", "egress")
	return rules
}

// packets says which packets a rule is about, such as "tcp 22". The ports of a
// rule for all protocols mean nothing.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html
func packets(protocol, from, to string) string {
	switch {
	case protocol == "-1":
		return "everything"
	case from == to:
		return protocol + " " + from
	default:
		return protocol + " " + from + "-" + to
	}
}
