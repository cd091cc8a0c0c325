package diagnosis

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// tasksPrincipal is who ECS is when it takes a role for a task.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
const tasksPrincipal = "ecs-tasks.amazonaws.com"

// A need is what starting a task takes a role to be allowed.
type need struct {
	resource string
	actions  []string
}

// lookAtRoles finds what the roles of the tasks are not allowed.
func (x *examination) lookAtRoles(ctx context.Context) error {
	for _, definition := range x.definitions {
		for _, role := range []*string{definition.ExecutionRoleArn, definition.TaskRoleArn} {
			if role == nil {
				continue
			}
			if err := x.lookAtTrust(ctx, *role); err != nil {
				return err
			}
		}
		needs, err := x.needs(ctx, definition)
		if err != nil {
			return err
		}
		if err := x.lookAtExecutionRole(ctx, definition, needs); err != nil {
			return err
		}
	}
	return nil
}

// lookAtTrust finds a role that ECS may not take. Conditions are not looked at:
// what they are about is known only when a task starts, and ECS tells then.
func (x *examination) lookAtTrust(ctx context.Context, arn string) error {
	output, err := x.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(lastPart(arn))})
	if noRole, ok := errors.AsType[*iamtypes.NoSuchEntityException](err); ok {
		x.found.add(RoleNotTrusted, "role "+arn+": "+noRole.ErrorMessage())
		return nil
	}
	if err != nil {
		return fmt.Errorf("looking at role %s: %w", arn, err)
	}
	policy, err := url.QueryUnescape(aws.ToString(output.Role.AssumeRolePolicyDocument))
	if err != nil {
		return fmt.Errorf("trust policy of role %s: %w", arn, err)
	}
	trusted, err := trustsTasks(policy)
	if err != nil {
		return fmt.Errorf("trust policy of role %s: %w", arn, err)
	}
	if !trusted {
		x.found.add(RoleNotTrusted, "trust policy of role "+arn+": "+policy)
	}
	return nil
}

// trustsTasks tells whether a trust policy lets ECS take a role for a task.
func trustsTasks(policy string) (bool, error) {
	var document struct{ Statement oneOrMany[trustStatement] }
	if err := json.Unmarshal([]byte(policy), &document); err != nil {
		return false, err
	}
	return slices.ContainsFunc(document.Statement, func(s trustStatement) bool {
		return s.Effect == "Allow" && slices.Contains(s.Principal.Service, tasksPrincipal) && slices.ContainsFunc(s.Action, assumesRoles)
	}), nil
}

func assumesRoles(action string) bool {
	return action == "sts:AssumeRole" || action == "sts:*" || action == "*"
}

type trustStatement struct {
	Effect    string
	Action    oneOrMany[string]
	Principal principal
}

// A principal is who is trusted, as far as that is a service.
type principal struct{ Service oneOrMany[string] }

// UnmarshalJSON reads the kinds of principals, or else "*" for everybody.
func (p *principal) UnmarshalJSON(content []byte) error {
	if string(content) == `"*"` {
		p.Service = oneOrMany[string]{tasksPrincipal}
		return nil
	}
	var kinds struct{ Service oneOrMany[string] }
	err := json.Unmarshal(content, &kinds)
	p.Service = kinds.Service
	return err
}

// oneOrMany is what IAM lets people write without brackets if there is one.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
type oneOrMany[T any] []T

// UnmarshalJSON reads an array, or else one value.
func (o *oneOrMany[T]) UnmarshalJSON(content []byte) error {
	if strings.HasPrefix(string(content), "[") {
		return json.Unmarshal(content, (*[]T)(o))
	}
	*o = make([]T, 1)
	return json.Unmarshal(content, &(*o)[0])
}

// lookAtExecutionRole finds what the execution role is not allowed.
func (x *examination) lookAtExecutionRole(ctx context.Context, definition ecstypes.TaskDefinition, needs []need) error {
	if definition.ExecutionRoleArn == nil {
		if len(needs) > 0 {
			x.found.add(ExecutionRoleDenied, lastPart(aws.ToString(definition.TaskDefinitionArn))+" names no execution role")
		}
		return nil
	}
	for _, need := range needs {
		denied, err := x.denied(ctx, *definition.ExecutionRoleArn, need)
		if err != nil {
			return err
		}
		if len(denied) > 0 {
			x.found.add(ExecutionRoleDenied, denied...)
		}
	}
	return nil
}

// denied returns a line for each action that a role is not allowed.
func (x *examination) denied(ctx context.Context, role string, need need) ([]string, error) {
	output, err := x.iam.SimulatePrincipalPolicy(ctx, &iam.SimulatePrincipalPolicyInput{
		PolicySourceArn: &role,
		ActionNames:     need.actions,
		ResourceArns:    []string{need.resource},
	})
	if _, ok := errors.AsType[*iamtypes.NoSuchEntityException](err); ok {
		return nil, nil // told when its trust policy was looked at
	}
	if err != nil {
		return nil, fmt.Errorf("asking IAM what role %s may do: %w", role, err)
	}
	var lines []string
	for _, result := range output.EvaluationResults {
		if result.EvalDecision != iamtypes.PolicyEvaluationDecisionTypeAllowed {
			lines = append(lines, fmt.Sprintf("IAM: %s on %s is %s for %s",
				aws.ToString(result.EvalActionName), need.resource, result.EvalDecision, role))
		}
	}
	return lines, nil
}

// needs returns what the execution role of a task definition has to be allowed.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
func (x *examination) needs(ctx context.Context, definition ecstypes.TaskDefinition) ([]need, error) {
	var needs []need
	for _, container := range definition.ContainerDefinitions {
		repository, err := x.repositoryARN(ctx, parseImage(aws.ToString(container.Image)))
		if err != nil {
			return nil, err
		}
		if repository != "" {
			needs = append(needs,
				need{"*", []string{"ecr:GetAuthorizationToken"}},
				need{repository, []string{"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}})
		}
		stream, err := x.streamARN(ctx, container)
		if err != nil {
			return nil, err
		}
		if stream != "" {
			needs = append(needs, need{stream, []string{"logs:CreateLogStream", "logs:PutLogEvents"}})
		}
		for _, secret := range secretARNs(definition, container) {
			if action, ok := readActions[secret.Service]; ok {
				needs = append(needs, need{secret.String(), []string{action}})
			}
		}
	}
	return needs, nil
}

// repositoryARN returns the repository of an image. It is empty if the account
// has no such repository.
func (x *examination) repositoryARN(ctx context.Context, image imageReference) (string, error) {
	output, err := x.ecr.DescribeRepositories(ctx, &ecr.DescribeRepositoriesInput{RepositoryNames: []string{image.repository}})
	if _, ok := errors.AsType[*ecrtypes.RepositoryNotFoundException](err); ok {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("describing repository %s: %w", image.repository, err)
	}
	for _, repository := range output.Repositories {
		if aws.ToString(repository.RepositoryUri) == image.registry+"/"+image.repository {
			return aws.ToString(repository.RepositoryArn), nil
		}
	}
	return "", nil
}

// streamARN returns a log stream as a container has one. It is empty if the
// container does not log to CloudWatch, or has nowhere to.
func (x *examination) streamARN(ctx context.Context, container ecstypes.ContainerDefinition) (string, error) {
	to, ok := destination(container)
	if !ok {
		return "", nil
	}
	group, err := x.logGroup(ctx, to.group)
	if err != nil || group == nil {
		return "", err
	}
	return strings.TrimSuffix(aws.ToString(group.Arn), ":*") + ":log-stream:" + to.stream(container, "task"), nil
}
