package search

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

type iamAPI interface {
	iam.GetRoleAPIClient
	GetRolePolicy(context.Context, *iam.GetRolePolicyInput, ...func(*iam.Options)) (*iam.GetRolePolicyOutput, error)
}

func (a *Account) roles(ctx context.Context, inputs named) ([]Found, error) {
	_, err := a.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: &inputs.Name})
	return foundUnless(err, inputs.Name)
}

type rolePolicyInputs struct {
	Role string
	Name string
}

func (a *Account) rolePolicies(ctx context.Context, inputs rolePolicyInputs) ([]Found, error) {
	_, err := a.iam.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &inputs.Role, PolicyName: &inputs.Name})
	return foundUnless(err, inputs.Role+":"+inputs.Name)
}

// foundUnless returns what IAM was asked for, unless it says that there is
// no such thing.
func foundUnless(err error, id string) ([]Found, error) {
	var absent *types.NoSuchEntityException
	if errors.As(err, &absent) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []Found{byID(&id)}, nil
}
