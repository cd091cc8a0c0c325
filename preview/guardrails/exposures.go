package guardrails

import (
	"fmt"
	"slices"
	"strings"

	"fargate-stack/preview/plan"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// everyone is the internet, in IPv4 and IPv6.
var everyone = []any{"0.0.0.0/0", "::/0"}

// exposures are about who may talk to whom.
var exposures = []rule{
	{
		Danger, "The internet is let in elsewhere than at the load balancer's ports 80 and 443.",
		"Name the addresses or the security group that need it.",
		openToEveryone,
	},
	{
		Danger, "Tasks take requests from others than the load balancer, past the firewall and HTTPS.",
		"Take the rule away. What has to reach the tasks can ask the load balancer.",
		tasksOpen,
	},
	{
		Danger, "Tasks get public addresses.",
		"Leave them in private subnets: what goes out does so through NAT.",
		anyOf(publicTasks),
	},
	{
		Caution, "A rule is made outside of its security group: Pulumi takes it away again with the next change of the group.",
		"Write it into the group, in infra/security_groups.go.",
		anyOf(ruleOutside),
	},
}

// openToEveryone finds rules that let the internet in, and did not before.
func openToEveryone(p *plan.Plan, s *plan.Step) string {
	if s.Type != securityGroup {
		return ""
	}
	public := slices.Contains(groupsOf(p, loadBalancer, "securityGroups"), s.URN)
	return newRule(s, func(rule any) bool {
		if public && field(rule, "protocol") == "tcp" && (isPort(rule, 80) || isPort(rule, 443)) {
			return false
		}
		return slices.ContainsFunc(sources(rule), func(source any) bool { return slices.Contains(everyone, source) })
	})
}

// tasksOpen finds rules by which tasks take requests from anything but the load
// balancer's group, and did not before.
func tasksOpen(p *plan.Plan, s *plan.Step) string {
	if s.Type != securityGroup || !slices.Contains(groupsOf(p, ecsService, "networkConfiguration"), s.URN) {
		return ""
	}
	allowed := groupIDs(p, groupsOf(p, loadBalancer, "securityGroups"))
	return newRule(s, func(rule any) bool {
		return field(rule, "self") == true || slices.ContainsFunc(sources(rule), func(source any) bool {
			return !slices.Contains(allowed, source) && !plan.IsUnknown(source)
		})
	})
}

// groupsOf returns the security groups that an input of resources of a type
// follows from.
func groupsOf(p *plan.Plan, typ, input string) []resource.URN {
	var groups []resource.URN
	for _, step := range p.Find(typ) {
		for _, urn := range step.New.PropertyDependencies[input] {
			if urn.Type() == securityGroup {
				groups = append(groups, urn)
			}
		}
	}
	return groups
}

// groupIDs returns the ids of security groups, as far as they are known.
func groupIDs(p *plan.Plan, groups []resource.URN) []any {
	var ids []any
	for _, step := range p.Find(securityGroup) {
		if slices.Contains(groups, step.URN) {
			ids = append(ids, step.New.ID)
		}
	}
	return ids
}

// newRule returns the first ingress rule of a group for which something is so,
// if it was not there before.
func newRule(s *plan.Step, so func(rule any) bool) string {
	had := map[string]bool{}
	for _, rule := range list(s.Before("ingress")) {
		had[describe(rule)] = true
	}
	for _, rule := range list(s.After("ingress")) {
		if so(rule) && !had[describe(rule)] {
			return "takes " + describe(rule)
		}
	}
	return ""
}

// sources returns all that a rule lets in.
func sources(rule any) []any {
	return slices.Concat(list(field(rule, "cidrBlocks")), list(field(rule, "ipv6CidrBlocks")),
		list(field(rule, "prefixListIds")), list(field(rule, "securityGroups")))
}

func isPort(rule any, port float64) bool {
	return field(rule, "fromPort") == port && field(rule, "toPort") == port
}

// describe says what a rule lets in, like "tcp 22 to 22 from 0.0.0.0/0".
func describe(rule any) string {
	var from []string
	for _, source := range sources(rule) {
		from = append(from, fmt.Sprint(source))
	}
	if field(rule, "self") == true {
		from = append(from, "the group itself")
	}
	slices.Sort(from)
	return fmt.Sprintf("%v %v to %v from %s", field(rule, "protocol"), field(rule, "fromPort"), field(rule, "toPort"), strings.Join(from, ", "))
}

func publicTasks(s *plan.Step) string {
	const property = "networkConfiguration.assignPublicIp"
	if s.Type == ecsService && s.After(property) == true && s.Before(property) != true {
		return property + " is turned on"
	}
	return ""
}

func ruleOutside(s *plan.Step) string {
	outside := []string{
		"aws:ec2/securityGroupRule:SecurityGroupRule",
		"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
	}
	if s.Operation == plan.Create && slices.Contains(outside, s.Type) {
		return "is created"
	}
	return ""
}
