package infra

// changeRoles lets a role make, change and delete the roles of the stacks, with
// their boundary alone, and give them to those who act as them. It can so give
// nobody more than the boundary has, and itself nothing: its own role, the
// boundary and the identity provider are under other names.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html#access_policies_boundaries-delegate
func (s *scope) changeRoles(boundaryARN string) []statement {
	all := s.roleARNs("-execution", "-task", "-flow-logs")
	bounded := conditions{"StringEquals": {"iam:PermissionsBoundary": boundaryARN}}
	statements := []statement{
		allow("MakeBoundedRoles", []string{"iam:CreateRole", "iam:DeleteRolePolicy", "iam:PutRolePolicy"}, all, bounded),
		allow("ChangeRoles", []string{"iam:DeleteRole", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription"}, all, nil),
		allow("GiveRolesToTasks", []string{"iam:PassRole"}, s.roleARNs("-execution", "-task"), passedTo("ecs-tasks.amazonaws.com")),
		allow("GiveRoleToFlowLogs", []string{"iam:PassRole"}, s.roleARNs("-flow-logs"), passedTo("vpc-flow-logs.amazonaws.com")),
		allow("MakeServiceRoles", []string{"iam:CreateServiceLinkedRole"}, []string{s.account.globalARN("iam", "role/aws-service-role/*")}, conditions{
			"StringEquals": {"iam:AWSServiceName": []string{
				"ecs.amazonaws.com", "ecs.application-autoscaling.amazonaws.com", "elasticloadbalancing.amazonaws.com",
			}},
		}),
	}
	if len(s.taskPolicyARNs) > 0 {
		statements = append(statements, allow("GiveAppPolicies", []string{"iam:AttachRolePolicy", "iam:DetachRolePolicy"}, s.roleARNs("-task"), conditions{
			"StringEquals": {"iam:PermissionsBoundary": boundaryARN},
			"ArnEquals":    {"iam:PolicyARN": s.taskPolicyARNs},
		}))
	}
	return statements
}

// passedTo is the condition that a role goes to a service.
func passedTo(service string) conditions {
	return conditions{"StringEquals": {"iam:PassedToService": service}}
}
