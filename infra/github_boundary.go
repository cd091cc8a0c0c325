package infra

// boundary is the most that the stack's own roles may ever do, whatever policy
// a workflow gives them: to start tasks, write logs, and let people into tasks.
// Of secrets and keys there are those that the settings name.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
func boundary(config *Config, account *Account) policyDocument {
	statements := append([]statement{
		allow("RunTasks", []string{
			"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetAuthorizationToken", "ecr:GetDownloadUrlForLayer",
			"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents",
			"ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
			"ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
		}, everything, nil),
	}, readSecrets(config)...)
	if len(config.TaskPolicyARNs) > 0 {
		statements = append(statements, appActions())
	}
	return policyDocument{policyVersion, append(statements, denyState(config, account)...)}
}

// appActions is what the policies of the app may be about: all but who may do
// what. Which of it they allow is known to IAM alone.
func appActions() statement {
	return statement{
		Sid:    "RunApp",
		Effect: "Allow",
		// The app takes no other role, and gives none on.
		NotAction: []string{"account:*", "iam:*", "organizations:*", "sso:*", "sts:*"},
		Resource:  everything,
	}
}

// denyState keeps the app from Pulumi's state, which has the secrets of stacks.
func denyState(config *Config, account *Account) []statement {
	var statements []statement
	if config.StateBucket != "" {
		bucket := account.bucketARN(config.StateBucket)
		statements = append(statements, statement{Sid: "NoState", Effect: "Deny", Action: []string{"s3:*"}, Resource: []string{bucket, bucket + "/*"}})
	}
	if config.StateKeyARN != "" {
		statements = append(statements, statement{Sid: "NoStateKey", Effect: "Deny", Action: []string{"kms:*"}, Resource: []string{config.StateKeyARN}})
	}
	return statements
}
