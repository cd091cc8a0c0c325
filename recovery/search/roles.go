package search

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

type iamAPI interface {
	iam.GetRoleAPIClient
	iam.ListAttachedRolePoliciesAPIClient
	iam.ListPoliciesAPIClient
	ListOpenIDConnectProviders(context.Context, *iam.ListOpenIDConnectProvidersInput, ...func(*iam.Options)) (*iam.ListOpenIDConnectProvidersOutput, error)
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

// policies looks through those of the account, since a policy is asked for by
// its ARN only.
func (a *Account) policies(ctx context.Context, inputs named) ([]Found, error) {
	policies, err := all(ctx, iam.NewListPoliciesPaginator(a.iam, &iam.ListPoliciesInput{Scope: types.PolicyScopeTypeLocal}),
		func(page *iam.ListPoliciesOutput) []types.Policy { return page.Policies })
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, policy := range policies {
		if aws.ToString(policy.PolicyName) == inputs.Name {
			found = append(found, byID(policy.Arn))
		}
	}
	return found, nil
}

type identityProviderInputs struct{ URL string }

// identityProviders finds the one for an issuer, which IAM has once at most.
func (a *Account) identityProviders(ctx context.Context, inputs identityProviderInputs) ([]Found, error) {
	providers, err := a.iam.ListOpenIDConnectProviders(ctx, &iam.ListOpenIDConnectProvidersInput{})
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, provider := range providers.OpenIDConnectProviderList {
		if strings.HasSuffix(aws.ToString(provider.Arn), "/"+strings.TrimPrefix(inputs.URL, "https://")) {
			found = append(found, byID(provider.Arn))
		}
	}
	return found, nil
}
