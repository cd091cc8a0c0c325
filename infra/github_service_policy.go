package infra

import "slices"

// changeImages lets a role make the repositories of the stacks, and push to
// them.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
func (s *scope) changeImages() []statement {
	return []statement{allow("ChangeImages", []string{
		"ecr:BatchCheckLayerAvailability", "ecr:BatchDeleteImage", "ecr:CompleteLayerUpload", "ecr:CreateRepository",
		"ecr:DeleteLifecyclePolicy", "ecr:DeleteRepository", "ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload",
		"ecr:PutImage", "ecr:PutImageScanningConfiguration", "ecr:PutImageTagMutability", "ecr:PutLifecyclePolicy",
		"ecr:TagResource", "ecr:UntagResource", "ecr:UploadLayerPart",
	}, s.arns("ecr", "repository/"+s.name), nil)}
}

// changeService lets a role deploy the services of the stacks, with their
// clusters, logs and autoscaling.
func (s *scope) changeService() []statement {
	return []statement{
		allow("ChangeService", []string{
			"ecs:CreateCluster", "ecs:CreateService", "ecs:DeleteCluster", "ecs:DeleteService", "ecs:PutClusterCapacityProviders",
			"ecs:RegisterTaskDefinition", "ecs:TagResource", "ecs:UntagResource",
			"ecs:UpdateCluster", "ecs:UpdateClusterSettings", "ecs:UpdateService",
		}, s.arns("ecs", "cluster/"+s.unique(""), "service/"+s.unique("")+"/"+s.unique(""), "task-definition/"+s.name+":*"), nil),
		// ECS knows no resource for it. A definition that is not active still runs,
		// and can be registered again.
		allow("EndTaskDefinitions", []string{"ecs:DeregisterTaskDefinition"}, everything, nil),
		allow("ChangeLogs", []string{
			"logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:DeleteRetentionPolicy", "logs:PutRetentionPolicy",
			"logs:TagResource", "logs:UntagResource",
		}, s.logGroupARNs(), nil),
		allow("MakeAutoscaling", []string{"application-autoscaling:RegisterScalableTarget", "application-autoscaling:TagResource"},
			s.arns("application-autoscaling", "scalable-target/*"), s.taggedAnew()),
		allow("ChangeAutoscaling", []string{
			"application-autoscaling:DeleteScalingPolicy", "application-autoscaling:DeleteScheduledAction", "application-autoscaling:DeregisterScalableTarget",
			"application-autoscaling:PutScalingPolicy", "application-autoscaling:PutScheduledAction", "application-autoscaling:RegisterScalableTarget",
			"application-autoscaling:TagResource", "application-autoscaling:UntagResource",
		}, s.arns("application-autoscaling", "scalable-target/*"), s.tagged()),
	}
}

// logGroupARNs are the log groups of the stacks, as the calls on them and on
// what is in them are about them.
func (s *scope) logGroupARNs() []string {
	return s.arns("logs", "log-group:/ecs/"+s.name, "log-group:/ecs/"+s.name+":*", "log-group:/vpc/"+s.name, "log-group:/vpc/"+s.name+":*")
}

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
		allow("MakeCertificate", []string{"acm:AddTagsToCertificate", "acm:RequestCertificate"}, s.arns("acm", "certificate/*"), s.taggedAnew()),
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

// changeObservability lets a role change the alarms of the stacks, who is told
// of them, the dashboards, and the buckets of access logs.
func (s *scope) changeObservability() []statement {
	bucket := s.account.bucketARN(s.unique("-access-logs"))
	return []statement{
		// Those of autoscaling are made by it, for who sets its policies.
		allow("ChangeAlarms", []string{"cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm", "cloudwatch:TagResource", "cloudwatch:UntagResource"},
			s.arns("cloudwatch", "alarm:"+s.name+"-*", "alarm:TargetTracking-service/"+s.unique("")+"/*"), nil),
		allow("ChangeDashboard", []string{"cloudwatch:DeleteDashboards", "cloudwatch:PutDashboard"},
			[]string{s.account.globalARN("cloudwatch", "dashboard/"+s.name)}, nil),
		allow("ChangeTopic", []string{
			"sns:CreateTopic", "sns:DeleteTopic", "sns:SetTopicAttributes", "sns:Subscribe", "sns:TagResource", "sns:UntagResource",
		}, s.arns("sns", s.unique("-alarms")), nil),
		// SNS knows no resource for these. Who does not know the id of a
		// subscription, which can't be guessed, can't name it.
		allow("ChangeSubscription", []string{"sns:SetSubscriptionAttributes", "sns:Unsubscribe"}, everything, nil),
		allow("ChangeAccessLogs", []string{
			"s3:CreateBucket", "s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:PutBucketPolicy", "s3:PutBucketPublicAccessBlock",
			"s3:PutBucketTagging", "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration",
		}, []string{bucket}, nil),
		// The bucket is destroyed with what is in it.
		allow("EmptyAccessLogs", []string{"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:ListBucketVersions"}, []string{bucket, bucket + "/*"}, nil),
	}
}
