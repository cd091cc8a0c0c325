package search

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

type iamAPI interface {
	iam.GetRoleAPIClient
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
