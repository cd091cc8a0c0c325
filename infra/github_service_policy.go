package infra

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
