package search

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

type iamAPI interface {
	iam.GetRoleAPIClient
	iam.ListAttachedRolePoliciesAPIClient
	GetRolePolicy(context.Context, *iam.GetRolePolicyInput, ...func(*iam.Options)) (*iam.GetRolePolicyOutput, error)
}

func (a *Account) roles(ctx context.Context, inputs named) ([]Found, error) {
	if _, err := a.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: &inputs.Name}); err != nil {
		return nil, err
	}
	return []Found{byID(&inputs.Name)}, nil
}

type rolePolicyInputs struct {
	Role string
	Name string
}

func (a *Account) rolePolicies(ctx context.Context, inputs rolePolicyInputs) ([]Found, error) {
	_, err := a.iam.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &inputs.Role, PolicyName: &inputs.Name})
	if err != nil {
		return nil, err
	}
	return []Found{byID(aws.String(inputs.Role + ":" + inputs.Name))}, nil
}

type rolePolicyAttachmentInputs struct {
	Role      string
	PolicyARN string `json:"policyArn"`
}

// rolePolicyAttachments finds an attachment by what it attaches to what: it has
// no id in AWS.
func (a *Account) rolePolicyAttachments(ctx context.Context, inputs rolePolicyAttachmentInputs) ([]Found, error) {
	attached, err := all(ctx, iam.NewListAttachedRolePoliciesPaginator(a.iam, &iam.ListAttachedRolePoliciesInput{RoleName: &inputs.Role}),
		func(page *iam.ListAttachedRolePoliciesOutput) []types.AttachedPolicy { return page.AttachedPolicies })
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, policy := range attached {
		if aws.ToString(policy.PolicyArn) == inputs.PolicyARN {
			found = append(found, byID(aws.String(inputs.Role+"/"+inputs.PolicyARN)))
		}
	}
	return found, nil
}
