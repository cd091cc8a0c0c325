package infra

// read lets a role see how the stacks are set up, which is what a preview
// compares with: nothing of what the app has, neither its secrets, nor its logs,
// nor what is in its buckets.
func (s *scope) read() []statement {
	return []statement{
		s.readAccount(),
		s.readNetwork(),
		allow("ReadImages", []string{
			"ecr:BatchGetImage", "ecr:DescribeRepositories", "ecr:GetLifecyclePolicy", "ecr:ListTagsForResource",
		}, s.arns("ecr", "repository/"+s.name), nil),
		allow("ReadService", []string{
			"ecs:DescribeClusters", "ecs:DescribeServices", "ecs:ListTagsForResource",
		}, s.arns("ecs", "cluster/"+s.unique(""), "service/"+s.unique("")+"/"+s.unique(""), "task-definition/"+s.name+":*"), nil),
		allow("ReadTagsOfLogs", []string{"logs:ListTagsForResource"}, s.logGroupARNs(), nil),
		allow("ReadTagsOfAutoscaling", []string{"application-autoscaling:ListTagsForResource"}, s.arns("application-autoscaling", "scalable-target/*"), s.tagged()),
		allow("ReadRoles", []string{
			"iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole", "iam:ListRolePolicies",
		}, []string{s.account.globalARN("iam", "role/"+s.name+"-*")}, nil),
		allow("ReadPolicies", []string{"iam:GetPolicy", "iam:GetPolicyVersion", "iam:ListPolicyVersions"}, []string{s.account.globalARN("iam", "policy/"+s.name+"-*")}, nil),
		allow("ReadIdentityProvider", []string{"iam:GetOpenIDConnectProvider"}, []string{gitHubProviderARN(s.account)}, nil),
		allow("ReadFirewall", []string{"wafv2:GetWebACL", "wafv2:ListTagsForResource"}, s.arns("wafv2", "regional/webacl/"+s.unique("")+"/*"), nil),
		allow("ReadDashboard", []string{"cloudwatch:GetDashboard"}, []string{s.account.globalARN("cloudwatch", "dashboard/"+s.name)}, nil),
		allow("ReadTagsOfAlarms", []string{"cloudwatch:ListTagsForResource"}, s.alarmARNs(), nil),
		allow("ReadTopic", []string{"sns:GetTopicAttributes", "sns:ListTagsForResource"}, s.arns("sns", s.unique("-alarms")), nil),
		s.readAccessLogs(),
	}
}

// readAccount has the calls that AWS knows no resource for, so that they are
// about all of the account. None of them tells more than settings.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
func (s *scope) readAccount() statement {
	return allow("ReadAccount", []string{
		"application-autoscaling:DescribeScalableTargets", "application-autoscaling:DescribeScalingPolicies", "application-autoscaling:DescribeScheduledActions",
		"cloudwatch:DescribeAlarms",
		"ecr:GetAuthorizationToken",
		"ecs:DescribeTaskDefinition",
		"elasticloadbalancing:DescribeCapacityReservation", "elasticloadbalancing:DescribeListenerAttributes", "elasticloadbalancing:DescribeListeners",
		"elasticloadbalancing:DescribeLoadBalancerAttributes", "elasticloadbalancing:DescribeLoadBalancers",
		"elasticloadbalancing:DescribeTags", "elasticloadbalancing:DescribeTargetGroupAttributes", "elasticloadbalancing:DescribeTargetGroups",
		"elasticloadbalancing:GetLoadBalancerWebACL",
		"logs:DescribeLogGroups",
		"sns:GetSubscriptionAttributes",
		"wafv2:GetWebACLForResource",
	}, everything, nil)
}

func (s *scope) readNetwork() statement {
	return allow("ReadNetwork", []string{
		"ec2:DescribeAccountAttributes", "ec2:DescribeAddresses", "ec2:DescribeAddressesAttribute", "ec2:DescribeAvailabilityZones", "ec2:DescribeFlowLogs",
		"ec2:DescribeInternetGateways", "ec2:DescribeManagedPrefixLists", "ec2:DescribeNatGateways", "ec2:DescribeNetworkAcls",
		"ec2:DescribeNetworkInterfaces", "ec2:DescribePrefixLists", "ec2:DescribeRouteTables", "ec2:DescribeSecurityGroupRules",
		"ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcAttribute", "ec2:DescribeVpcEndpoints", "ec2:DescribeVpcs",
	}, everything, nil)
}

// readAccessLogs has what the provider asks of any bucket.
func (s *scope) readAccessLogs() statement {
	return allow("ReadAccessLogs", []string{
		"s3:GetAccelerateConfiguration", "s3:GetBucketAcl", "s3:GetBucketCORS", "s3:GetBucketLocation", "s3:GetBucketLogging",
		"s3:GetBucketObjectLockConfiguration", "s3:GetBucketPolicy", "s3:GetBucketPublicAccessBlock", "s3:GetBucketRequestPayment",
		"s3:GetBucketTagging", "s3:GetBucketVersioning", "s3:GetBucketWebsite", "s3:GetEncryptionConfiguration",
		"s3:GetLifecycleConfiguration", "s3:GetReplicationConfiguration", "s3:ListBucket",
	}, []string{s.account.bucketARN(s.unique("-access-logs"))}, nil)
}

// readDomain lets a role see the certificate and the zone of the domain name.
func (s *scope) readDomain() []statement {
	var statements []statement
	if s.domainName != "" {
		statements = append(statements, allow("ReadCertificate", []string{"acm:DescribeCertificate", "acm:ListTagsForCertificate"}, s.arns("acm", "certificate/*"), s.tagged()))
	}
	if s.zoneID != "" {
		statements = append(statements,
			allow("ReadZones", []string{"route53:GetChange", "route53:ListHostedZones", "route53:ListHostedZonesByName"}, everything, nil),
			allow("ReadZone", []string{"route53:GetHostedZone", "route53:ListResourceRecordSets", "route53:ListTagsForResource"}, []string{s.zoneARN()}, nil))
	}
	return statements
}

// readProgress lets a role see how a deployment fares and, if it fails, why:
// what the tasks wrote last is part of that.
func (s *scope) readProgress() []statement {
	return []statement{
		allow("ReadProgress", []string{
			"acm:ListCertificates", "ecs:DescribeServiceDeployments", "ecs:DescribeTasks", "ecs:ListServiceDeployments",
			"ecs:ListTaskDefinitions", "ecs:ListTasks", "elasticloadbalancing:DescribeRules", "elasticloadbalancing:DescribeTargetHealth",
			"sns:ListTopics", "wafv2:ListWebACLs",
		}, everything, nil),
		allow("ReadLogs", []string{"logs:GetLogEvents"}, s.logGroupARNs(), nil),
		allow("AskWhatRolesMay", []string{"iam:SimulatePrincipalPolicy"}, s.roleARNs("-execution", "-task"), nil),
	}
}
