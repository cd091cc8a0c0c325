package infra

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// roles are what ECS and the app act as.
type roles struct {
	// execution is ECS's own while it starts a task: it pulls, reads the secrets
	// and logs.
	execution *iam.Role
	// task is the app's. It may do what the configuration says, by default
	// nothing.
	task *iam.Role
	// policies are what both may do.
	policies []pulumi.Resource
}

func newRoles(ctx *pulumi.Context, name string, args *ServiceArgs, logGroupARN pulumi.StringOutput, parent pulumi.ResourceOption) (*roles, error) {
	trust, err := json.Marshal(trustPolicy(args.Account))
	if err != nil {
		return nil, err
	}
	r := &roles{}
	r.execution, err = iam.NewRole(ctx, name+"-execution", &iam.RoleArgs{
		Description:         pulumi.String("ECS: pulls the image and writes the logs of " + name),
		AssumeRolePolicy:    pulumi.String(trust),
		PermissionsBoundary: args.BoundaryARN,
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("execution role: %w", err)
	}
	r.task, err = iam.NewRole(ctx, name+"-task", &iam.RoleArgs{
		Description:         pulumi.String("The app in " + name),
		AssumeRolePolicy:    pulumi.String(trust),
		PermissionsBoundary: args.BoundaryARN,
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("task role: %w", err)
	}
	if err := r.allowExecution(ctx, name, args, logGroupARN, parent); err != nil {
		return nil, err
	}
	return r, r.allowTask(ctx, name, args.Config, parent)
}

// allowExecution gives the execution role what starting a task takes.
func (r *roles) allowExecution(ctx *pulumi.Context, name string, args *ServiceArgs, logGroupARN pulumi.StringOutput, parent pulumi.ResourceOption) error {
	policy, err := iam.NewRolePolicy(ctx, name+"-execution", &iam.RolePolicyArgs{
		Role:   r.execution.Name,
		Policy: executionPolicy(args.Config, args.Image.RepositoryARN, logGroupARN),
	}, parent)
	if err != nil {
		return fmt.Errorf("policy of the execution role: %w", err)
	}
	r.policies = append(r.policies, policy)
	return nil
}

// allowTask gives the task role what the configuration asks for.
func (r *roles) allowTask(ctx *pulumi.Context, name string, config *Config, parent pulumi.ResourceOption) error {
	for _, arn := range config.TaskPolicyARNs {
		attached, err := iam.NewRolePolicyAttachment(ctx, name+"-task-"+path.Base(arn), &iam.RolePolicyAttachmentArgs{
			Role:      r.task.Name,
			PolicyArn: pulumi.String(arn),
		}, parent)
		if err != nil {
			return fmt.Errorf("policy %s of the task role: %w", arn, err)
		}
		r.policies = append(r.policies, attached)
	}
	if !config.ECSExec {
		return nil
	}
	policy, err := iam.NewRolePolicy(ctx, name+"-exec", &iam.RolePolicyArgs{
		Role:   r.task.Name,
		Policy: pulumi.JSONMarshal(execPolicy()),
	}, parent)
	if err != nil {
		return fmt.Errorf("policy of the task role for ECS Exec: %w", err)
	}
	r.policies = append(r.policies, policy)
	return nil
}

// trustPolicy lets ECS tasks of this account and region take a role. Without
// the conditions, ECS could be made to use the role for another account.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
func trustPolicy(account *Account) policyDocument {
	return policyDocument{policyVersion, []statement{{
		Effect:    "Allow",
		Principal: map[string]string{"Service": "ecs-tasks.amazonaws.com"},
		Action:    []string{"sts:AssumeRole"},
		Condition: conditions{
			"StringEquals": {"aws:SourceAccount": account.ID},
			"ArnLike":      {"aws:SourceArn": account.arn("ecs", "*")},
		},
	}}}
}

// executionPolicy lets ECS pull from one repository, read the app's secrets and
// write to one log group.
func executionPolicy(config *Config, repositoryARN, logGroupARN pulumi.StringOutput) pulumi.StringOutput {
	return pulumi.JSONMarshal(pulumi.All(repositoryARN, logGroupARN).ApplyT(func(arns []any) policyDocument {
		repository, logGroup := arns[0].(string), arns[1].(string)
		return policyDocument{policyVersion, slices.Concat([]statement{
			{
				// ECR knows no resource for this action but all of them.
				Sid:      "LogInToRegistry",
				Effect:   "Allow",
				Action:   []string{"ecr:GetAuthorizationToken"},
				Resource: []string{"*"},
			},
			{
				Sid:      "PullImage",
				Effect:   "Allow",
				Action:   []string{"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"},
				Resource: []string{repository},
			},
			{
				Sid:      "WriteLogs",
				Effect:   "Allow",
				Action:   []string{"logs:CreateLogStream", "logs:PutLogEvents"},
				Resource: []string{logGroup + ":log-stream:*"},
			},
		}, readSecrets(config))}
	}))
}

// execPolicy lets the agent that ECS Exec runs in the containers open its
// channels, which know no resource but all of them.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html#ecs-exec-required-iam-permissions
func execPolicy() policyDocument {
	return policyDocument{policyVersion, []statement{{
		Sid:    "ExecuteCommands",
		Effect: "Allow",
		Action: []string{
			"ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
			"ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
		},
		Resource: []string{"*"},
	}}}
}
