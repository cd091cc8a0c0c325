package infra

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// GitHubAccess lets the workflows of a repository on GitHub preview and deploy
// the stack, with tokens that GitHub signs and no keys: a role for each, that
// they may take, and a boundary around the roles that they make.
//
// The workflows may see all of it and change nothing of it. It is deployed by
// somebody with more permissions, and before all other parts.
type GitHubAccess struct {
	pulumi.ResourceState

	// BoundaryARN is the permissions boundary of the stack's roles.
	BoundaryARN pulumi.StringOutput
	// PreviewRoleARN is the role of previews.
	PreviewRoleARN pulumi.StringOutput
	// DeployRoleARN is the role of deployments.
	DeployRoleARN pulumi.StringOutput
	// ReviewRoleARN is the role of review stacks, nil if there are none.
	ReviewRoleARN pulumi.StringInput
}

// GitHubAccessArgs says what [GitHubAccess] is made of.
type GitHubAccessArgs struct {
	// Config names the repository, and what the roles have to do with.
	Config *Config
	// Account is where the stack is.
	Account *Account
	// ZoneID is the Route 53 zone of the domain name, empty for none.
	ZoneID string
	// MakeProvider makes the identity provider of the account. It has one if not.
	MakeProvider bool
}

// NewGitHubAccess makes [GitHubAccess].
func NewGitHubAccess(ctx *pulumi.Context, name string, args *GitHubAccessArgs, opts ...pulumi.ResourceOption) (*GitHubAccess, error) {
	g := &GitHubAccess{}
	if err := ctx.RegisterComponentResource("fargate-stack:infra:GitHubAccess", name, g, opts...); err != nil {
		return nil, err
	}
	parent := pulumi.Parent(g)
	provider, err := args.provider(ctx, name, parent)
	if err != nil {
		return nil, err
	}
	if g.BoundaryARN, err = args.boundary(ctx, name, parent); err != nil {
		return nil, err
	}
	if err := g.addRoles(ctx, name, args, provider, parent); err != nil {
		return nil, err
	}
	return g, ctx.RegisterResourceOutputs(g, g.outputs())
}

// outputs are what the workflows have to be told.
func (g *GitHubAccess) outputs() pulumi.Map {
	outputs := pulumi.Map{
		"githubPreviewRoleArn": g.PreviewRoleARN,
		"githubDeployRoleArn":  g.DeployRoleARN,
		"githubBoundaryArn":    g.BoundaryARN,
	}
	if g.ReviewRoleARN != nil {
		outputs["githubReviewRoleArn"] = g.ReviewRoleARN
	}
	return outputs
}

// provider returns the ARN of the identity provider. It has no thumbprint: AWS
// trusts GitHub's certificate by its own list of authorities.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc_verify-thumbprint.html
func (args *GitHubAccessArgs) provider(ctx *pulumi.Context, name string, parent pulumi.ResourceOption) (pulumi.StringOutput, error) {
	if !args.MakeProvider {
		return pulumi.String(gitHubProviderARN(args.Account)).ToStringOutput(), nil
	}
	provider, err := iam.NewOpenIdConnectProvider(ctx, name+"-github", &iam.OpenIdConnectProviderArgs{
		Url:           pulumi.String("https://" + gitHubIssuer),
		ClientIdLists: pulumi.StringArray{pulumi.String(gitHubAudience)},
	}, parent)
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("identity provider of GitHub: %w", err)
	}
	return provider.Arn, nil
}

// boundary returns the ARN of the boundary that is set, or of one that it makes.
func (args *GitHubAccessArgs) boundary(ctx *pulumi.Context, name string, parent pulumi.ResourceOption) (pulumi.StringOutput, error) {
	if args.Config.PermissionsBoundaryARN != "" {
		return pulumi.String(args.Config.PermissionsBoundaryARN).ToStringOutput(), nil
	}
	policy, err := iam.NewPolicy(ctx, name+"-boundary", &iam.PolicyArgs{
		Description: pulumi.String("The most that the roles of " + name + " may do"),
		Policy:      pulumi.JSONMarshal(boundary(args.Config, args.Account)),
	}, parent)
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("permissions boundary: %w", err)
	}
	return policy.Arn, nil
}

// addRoles makes the roles of previews, of deployments and of review stacks.
func (g *GitHubAccess) addRoles(ctx *pulumi.Context, name string, args *GitHubAccessArgs, provider pulumi.StringOutput, parent pulumi.ResourceOption) error {
	branch, trusted := args.Config.GitHubBranch, parseRepository(args.Config.GitHubRepository)
	own := args.scope(ctx.Project(), ctx.Stack(), name)
	preview, err := newGitHubRole(ctx, name+"-github-preview", args, previewPolicies(own),
		provider.ApplyT(func(arn string) policyDocument { return trusted.previewTrust(arn, branch) }), parent)
	if err != nil {
		return err
	}
	deploy, err := newGitHubRole(ctx, name+"-github-deploy", args, deployPolicies(own, g.BoundaryARN),
		provider.ApplyT(func(arn string) policyDocument { return trusted.deployTrust(arn, branch, ctx.Stack()) }), parent)
	if err != nil {
		return err
	}
	g.PreviewRoleARN, g.DeployRoleARN = preview.Arn, deploy.Arn
	if !args.Config.GitHubReviews {
		return nil
	}
	review, err := newGitHubRole(ctx, name+"-github-review", args, deployPolicies(args.reviewScope(ctx.Project()), g.BoundaryARN),
		provider.ApplyT(trusted.reviewTrust), parent)
	if err != nil {
		return err
	}
	g.ReviewRoleARN = review.Arn
	return nil
}
