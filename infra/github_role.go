package infra

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// A rolePart is a policy of a role for GitHub, which has several: IAM takes no
// more than 6,144 characters in one.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
type rolePart struct {
	name     string
	document pulumi.StringOutput
}

// newPart makes a part of statements.
func newPart(name string, statements ...[]statement) rolePart {
	return rolePart{name, pulumi.JSONMarshal(policyDocument{policyVersion, slices.Concat(statements...)})}
}

// previewPolicies are what a preview takes.
func previewPolicies(s *scope) []rolePart {
	return []rolePart{
		newPart("read", s.read()),
		newPart("state", s.readDomain(), s.readState()),
	}
}

// deployPolicies are what it takes to deploy and destroy.
func deployPolicies(s *scope, boundaryARN pulumi.StringOutput) []rolePart {
	roles := boundaryARN.ApplyT(func(arn string) policyDocument { return policyDocument{policyVersion, s.changeRoles(arn)} })
	return []rolePart{
		newPart("read", s.read()),
		newPart("state", s.readDomain(), s.readProgress(), s.changeState()),
		newPart("network", s.changeNetwork()),
		newPart("load-balancer", s.changeLoadBalancer(), s.changeDomain()),
		newPart("service", s.changeImages(), s.changeService()),
		newPart("observability", s.changeObservability()),
		{"roles", pulumi.JSONMarshal(roles)},
	}
}

// newGitHubRole makes a role with its policies.
func newGitHubRole(ctx *pulumi.Context, name string, args *GitHubAccessArgs, parts []rolePart, trust pulumi.Output, parent pulumi.ResourceOption) (*iam.Role, error) {
	settings := &iam.RoleArgs{
		Description:      pulumi.String("Workflows of " + args.Config.GitHubRepository),
		AssumeRolePolicy: pulumi.JSONMarshal(trust),
	}
	if args.Config.PermissionsBoundaryARN != "" {
		settings.PermissionsBoundary = pulumi.String(args.Config.PermissionsBoundaryARN)
	}
	role, err := iam.NewRole(ctx, name, settings, parent)
	if err != nil {
		return nil, fmt.Errorf("role %s: %w", name, err)
	}
	for _, part := range parts {
		policy, err := iam.NewPolicy(ctx, name+"-"+part.name, &iam.PolicyArgs{Policy: part.document}, parent)
		if err != nil {
			return nil, fmt.Errorf("policy %s of role %s: %w", part.name, name, err)
		}
		if _, err := iam.NewRolePolicyAttachment(ctx, name+"-"+part.name, &iam.RolePolicyAttachmentArgs{
			Role:      role.Name,
			PolicyArn: policy.Arn,
		}, parent); err != nil {
			return nil, fmt.Errorf("attachment of policy %s to role %s: %w", part.name, name, err)
		}
	}
	return role, nil
}
