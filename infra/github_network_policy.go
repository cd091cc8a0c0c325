package infra

import (
	"slices"
	"strings"
)

// created are the calls of EC2 that make something, and tag it at once.
var created = []string{
	"ec2:AllocateAddress", "ec2:CreateFlowLogs", "ec2:CreateInternetGateway", "ec2:CreateNatGateway", "ec2:CreateRouteTable",
	"ec2:CreateSecurityGroup", "ec2:CreateSubnet", "ec2:CreateVpc", "ec2:CreateVpcEndpoint",
}

// changeNetwork lets a role make, change and delete what EC2 has of the
// stacks. AWS compares the tags of what is new and the tags of what it is put
// into apart from each other.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html
func (s *scope) changeNetwork() []statement {
	return []statement{
		allow("MakeTagged", created, s.allOf("elastic-ip", "internet-gateway", "natgateway", "route-table", "security-group", "subnet", "vpc", "vpc-endpoint", "vpc-flow-log"), s.taggedAnew()),
		allow("MakeInOwn", created, s.allOf("elastic-ip", "route-table", "security-group", "subnet", "vpc"), s.tagged()),
		allow("TagNew", []string{"ec2:CreateTags"}, s.allOf("*"), s.tagsOfNew()),
		allow("TakeDefaultGroup", []string{"ec2:CreateTags"}, s.allOf("security-group"), s.tagsOfUntagged()),
		allow("ChangeOwn", []string{
			"ec2:AssociateRouteTable", "ec2:AttachInternetGateway",
			"ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress",
			"ec2:CreateRoute", "ec2:CreateTags",
			"ec2:DeleteFlowLogs", "ec2:DeleteInternetGateway", "ec2:DeleteNatGateway", "ec2:DeleteRoute", "ec2:DeleteRouteTable",
			"ec2:DeleteSecurityGroup", "ec2:DeleteSubnet", "ec2:DeleteTags", "ec2:DeleteVpc", "ec2:DeleteVpcEndpoints",
			"ec2:DetachInternetGateway", "ec2:DisassociateAddress", "ec2:DisassociateRouteTable",
			"ec2:ModifySubnetAttribute", "ec2:ModifyVpcAttribute", "ec2:ModifyVpcEndpoint",
			"ec2:ReleaseAddress", "ec2:ReplaceRoute", "ec2:ReplaceRouteTableAssociation",
			"ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress",
			"ec2:UpdateSecurityGroupRuleDescriptionsEgress", "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
		}, everything, s.tagged()),
		// An endpoint has the service's own name by a private zone that EC2 makes, and
		// puts into the VPC for who makes the endpoint.
		allow("NameEndpoints", []string{"route53:AssociateVPCWithHostedZone"},
			append(s.allOf("vpc"), "arn:"+s.account.Partition+":route53:::hostedzone/*"), nil),
	}
}

// tagsOfNew is the condition that tags come with the call that makes something.
func (s *scope) tagsOfNew() conditions {
	actions := slices.Clone(created)
	for i, action := range actions {
		actions[i] = strings.TrimPrefix(action, "ec2:")
	}
	condition := s.taggedAnew()
	condition[s.operator()]["ec2:CreateAction"] = actions
	return condition
}

// tagsOfUntagged is the condition that something is no stack's and becomes
// this one's. EC2 makes the default security group of a VPC by itself, without
// tags, and has no other condition that tells it: a role could take any group
// that nobody has tagged.
func (s *scope) tagsOfUntagged() conditions {
	condition := s.taggedAnew()
	condition["Null"] = map[string]any{"aws:ResourceTag/Stack": "true"}
	return condition
}
