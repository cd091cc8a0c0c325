package infra

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// FindGitHubProvider returns the tags of the account's identity provider for
// GitHub, and whether there is one. Its ARN follows from the account.
type FindGitHubProvider func(ctx context.Context, arn string) (tags map[string]string, found bool, err error)

// newFindGitHubProvider returns a [FindGitHubProvider] that asks IAM.
func newFindGitHubProvider(config aws.Config) FindGitHubProvider {
	client := iam.NewFromConfig(config)
	return func(ctx context.Context, arn string) (map[string]string, bool, error) {
		provider, err := client.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: &arn})
		if _, missing := errors.AsType[*types.NoSuchEntityException](err); missing {
			return nil, false, nil
		}
		if err != nil {
			return nil, false, fmt.Errorf("asking IAM for GitHub's identity provider: %w; check that you may call iam:GetOpenIDConnectProvider", err)
		}
		tags := map[string]string{}
		for _, tag := range provider.Tags {
			tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
		}
		return tags, true, nil
	}
}

// gitHubProviderARN is the ARN of GitHub's identity provider. An account has one
// at most, since IAM names it by its issuer.
func gitHubProviderARN(account *Account) string {
	return account.globalARN("iam", "oidc-provider/"+gitHubIssuer)
}

// makesGitHubProvider tells whether the provider is the stack's to make: if
// there is none, or the one that there is has the stack's tags. It is not if
// another stack or somebody by hand has made it, or nobody wants one.
func makesGitHubProvider(ctx *pulumi.Context, find FindGitHubProvider, config *Config, account *Account) (bool, error) {
	if config.GitHubRepository == "" {
		return false, nil
	}
	tags, found, err := find(ctx.Context(), gitHubProviderARN(account))
	if err != nil {
		return false, err
	}
	return !found || tags["Project"] == ctx.Project() && tags["Stack"] == ctx.Stack(), nil
}
