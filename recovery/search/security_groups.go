package search

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

type securityGroupInputs struct {
	VPC  string `json:"vpcId"`
	Name string
}

func (a *Account) securityGroups(ctx context.Context, inputs securityGroupInputs) ([]Found, error) {
	described, err := a.ec2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{
		Filters: append(in("vpc-id", inputs.VPC), in("group-name", inputs.Name)...),
	})
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, group := range described.SecurityGroups {
		found = append(found, byID(group.GroupId))
	}
	return found, nil
}

type ruleInputs struct {
	Group      string `json:"securityGroupId"`
	Protocol   string `json:"ipProtocol"`
	From       *int32 `json:"fromPort"`
	To         *int32 `json:"toPort"`
	IPv4       string `json:"cidrIpv4"`
	IPv6       string `json:"cidrIpv6"`
	PrefixList string `json:"prefixListId"`
	Peer       string `json:"referencedSecurityGroupId"`
}

func (a *Account) ingressRules(ctx context.Context, inputs ruleInputs) ([]Found, error) {
	return a.rules(ctx, inputs, false)
}

func (a *Account) egressRules(ctx context.Context, inputs ruleInputs) ([]Found, error) {
	return a.rules(ctx, inputs, true)
}

// rules finds one rule at most: EC2 refuses a second one that is the same.
func (a *Account) rules(ctx context.Context, inputs ruleInputs, egress bool) ([]Found, error) {
	rules, err := all(ctx, ec2.NewDescribeSecurityGroupRulesPaginator(a.ec2, &ec2.DescribeSecurityGroupRulesInput{Filters: in("group-id", inputs.Group)}),
		func(page *ec2.DescribeSecurityGroupRulesOutput) []types.SecurityGroupRule {
			return page.SecurityGroupRules
		})
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, rule := range rules {
		if aws.ToBool(rule.IsEgress) == egress && inputs.describe(rule) {
			found = append(found, byID(rule.SecurityGroupRuleId))
		}
	}
	return found, nil
}

func (i ruleInputs) describe(rule types.SecurityGroupRule) bool {
	var peer *string
	if rule.ReferencedGroupInfo != nil {
		peer = rule.ReferencedGroupInfo.GroupId
	}
	return aws.ToString(rule.IpProtocol) == i.Protocol &&
		port(rule.FromPort) == port(i.From) && port(rule.ToPort) == port(i.To) &&
		aws.ToString(rule.CidrIpv4) == i.IPv4 && aws.ToString(rule.CidrIpv6) == i.IPv6 &&
		aws.ToString(rule.PrefixListId) == i.PrefixList && aws.ToString(peer) == i.Peer
}

// port returns a port of a rule. EC2 says -1 where a rule for all protocols
// was given none.
func port(number *int32) int32 {
	if number == nil {
		return -1
	}
	return *number
}
