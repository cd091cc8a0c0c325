package infra

// changeObservability lets a role change the alarms of the stacks, who is told
// of them, the dashboards, and the buckets of access logs.
func (s *scope) changeObservability() []statement {
	bucket := s.account.bucketARN(s.unique("-access-logs"))
	return []statement{
		// Those of autoscaling are made by it, for who sets its policies.
		allow("ChangeAlarms", []string{"cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm", "cloudwatch:TagResource", "cloudwatch:UntagResource"},
			append(s.alarmARNs(), s.account.arn("cloudwatch", "alarm:TargetTracking-service/"+s.unique("")+"/*")), nil),
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

// alarmARNs are the alarms of the stacks.
func (s *scope) alarmARNs() []string {
	ends := []string{"-cpu", "-latency", "-load-balancer-errors", "-memory", "-missing-tasks", "-target-errors", "-unhealthy-targets"}
	for i, end := range ends {
		ends[i] = "alarm:" + s.unique(end)
	}
	return s.arns("cloudwatch", ends...)
}
