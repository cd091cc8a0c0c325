package infra

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// roles are what ECS and the app act as.
type roles struct {
	// execution is ECS's own while it starts a task: it pulls and logs.
	execution *iam.Role
	// executionPolicy is what execution may do.
	executionPolicy *iam.RolePolicy
	// task is the app's. It may do nothing.
	task *iam.Role
}

func newRoles(ctx *pulumi.Context, name string, account *Account, repositoryARN, logGroupARN pulumi.StringOutput, parent pulumi.ResourceOption) (*roles, error) {
	trust, err := json.Marshal(trustPolicy(account))
	if err != nil {
		return nil, err
	}
	execution, err := iam.NewRole(ctx, name+"-execution", &iam.RoleArgs{
		Description:      pulumi.String("ECS: pulls the image and writes the logs of " + name),
		AssumeRolePolicy: pulumi.String(trust),
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("execution role: %w", err)
	}
	executionPolicy, err := iam.NewRolePolicy(ctx, name+"-execution", &iam.RolePolicyArgs{
		Role:   execution.Name,
		Policy: executionPolicy(repositoryARN, logGroupARN),
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("policy of the execution role: %w", err)
	}
	task, err := iam.NewRole(ctx, name+"-task", &iam.RoleArgs{
		Description:      pulumi.String("The app in " + name),
		AssumeRolePolicy: pulumi.String(trust),
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("task role: %w", err)
	}
	return &roles{execution: execution, executionPolicy: executionPolicy, task: task}, nil
}

// A policyDocument is an IAM policy.
type policyDocument struct {
	Version   string
	Statement []statement
}

type statement struct {
	Sid       string `json:",omitempty"`
	Effect    string
	Principal map[string]string `json:",omitempty"`
	Action    []string
	Resource  string                       `json:",omitempty"`
	Condition map[string]map[string]string `json:",omitempty"`
}

const policyVersion = "2012-10-17"

// trustPolicy lets ECS tasks of this account and region take a role. Without
// the conditions, ECS could be made to use the role for another account.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
func trustPolicy(account *Account) policyDocument {
	return policyDocument{policyVersion, []statement{{
		Effect:    "Allow",
		Principal: map[string]string{"Service": "ecs-tasks.amazonaws.com"},
		Action:    []string{"sts:AssumeRole"},
		Condition: map[string]map[string]string{
			"StringEquals": {"aws:SourceAccount": account.ID},
			"ArnLike":      {"aws:SourceArn": account.arn("ecs", "*")},
		},
	}}}
}

// executionPolicy lets ECS pull from one repository and write to one log group.
func executionPolicy(repositoryARN, logGroupARN pulumi.StringOutput) pulumi.StringOutput {
	return pulumi.JSONMarshal(pulumi.All(repositoryARN, logGroupARN).ApplyT(func(arns []any) policyDocument {
		repository, logGroup := arns[0].(string), arns[1].(string)
		return policyDocument{policyVersion, []statement{
			{
				// ECR knows no resource for this action but all of them.
				Sid:      "LogInToRegistry",
				Effect:   "Allow",
				Action:   []string{"ecr:GetAuthorizationToken"},
				Resource: "*",
			},
			{
				Sid:      "PullImage",
				Effect:   "Allow",
				Action:   []string{"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"},
				Resource: repository,
			},
			{
				Sid:      "WriteLogs",
				Effect:   "Allow",
				Action:   []string{"logs:CreateLogStream", "logs:PutLogEvents"},
				Resource: logGroup + ":log-stream:*",
			},
		}}
	}))
}
