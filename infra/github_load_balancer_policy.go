package infra

import "slices"

// changeLoadBalancer lets a role change the load balancers of the stacks, and
// the firewalls before them.
func (s *scope) changeLoadBalancer() []statement {
	balancers := s.arns("elasticloadbalancing", "loadbalancer/app/"+s.unique("")+"/*")
	return []statement{
		allow("ChangeLoadBalancer", []string{
			"elasticloadbalancing:AddTags", "elasticloadbalancing:CreateListener", "elasticloadbalancing:CreateLoadBalancer",
			"elasticloadbalancing:CreateTargetGroup", "elasticloadbalancing:DeleteListener", "elasticloadbalancing:DeleteLoadBalancer",
			"elasticloadbalancing:DeleteTargetGroup", "elasticloadbalancing:ModifyListener", "elasticloadbalancing:ModifyListenerAttributes",
			"elasticloadbalancing:ModifyLoadBalancerAttributes", "elasticloadbalancing:ModifyTargetGroup", "elasticloadbalancing:ModifyTargetGroupAttributes",
			"elasticloadbalancing:RemoveTags", "elasticloadbalancing:SetSecurityGroups", "elasticloadbalancing:SetSubnets",
		}, slices.Concat(balancers, s.arns("elasticloadbalancing", "listener/app/"+s.unique("")+"/*", "targetgroup/"+s.unique("")+"/*")), nil),
		allow("ChangeFirewall", []string{
			"wafv2:AssociateWebACL", "wafv2:CreateWebACL", "wafv2:DeleteWebACL", "wafv2:TagResource", "wafv2:UntagResource", "wafv2:UpdateWebACL",
		}, s.arns("wafv2", "regional/webacl/"+s.unique("")+"/*", "regional/managedruleset/*/*"), nil),
		// Both sides of an association have to allow it, to end it the load balancer's.
		// https://docs.aws.amazon.com/waf/latest/developerguide/waf-api-permissions-ref.html
		allow("PutFirewallBeforeLoadBalancer", []string{
			"elasticloadbalancing:CreateWebACLAssociation", "elasticloadbalancing:DeleteWebACLAssociation", "elasticloadbalancing:SetWebACL",
			"wafv2:AssociateWebACL",
		}, balancers, nil),
		allow("TakeFirewallAway", []string{"wafv2:DisassociateWebACL"}, everything, nil),
	}
}

// changeDomain lets a role change the certificate and the records of the domain
// name, and no others in its zone.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/specifying-rrset-conditions.html
func (s *scope) changeDomain() []statement {
	if s.domainName == "" {
		return nil
	}
	statements := []statement{
		allow("MakeCertificate", []string{"acm:AddTagsToCertificate", "acm:RequestCertificate"}, everything, s.taggedAnew()),
		allow("ChangeCertificate", []string{
			"acm:AddTagsToCertificate", "acm:DeleteCertificate", "acm:RemoveTagsFromCertificate", "acm:UpdateCertificateOptions",
		}, s.arns("acm", "certificate/*"), s.tagged()),
	}
	if s.zoneID == "" {
		return statements
	}
	return append(statements, allow("ChangeRecords", []string{"route53:ChangeResourceRecordSets"}, []string{s.zoneARN()}, conditions{
		"ForAllValues:StringLike": {"route53:ChangeResourceRecordSetsNormalizedRecordNames": []string{s.domainName, "_*." + s.domainName}},
	}))
}

func (s *scope) zoneARN() string {
	return "arn:" + s.account.Partition + ":route53:::hostedzone/" + s.zoneID
}
