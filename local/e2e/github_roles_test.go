package e2e

import (
	"bytes"
	"context"
	"maps"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
)

// gitHubAccess are the URNs of what workflows may not change.
const gitHubAccess = "**fargate-stack:infra:GitHubAccess**"

// TestGitHub writes down what the engine calls, for a stack with almost all that
// there is, and holds it against the policies of the roles for GitHub. The
// emulator itself lets everybody do everything.
func TestGitHub(t *testing.T) {
	t.Parallel()
	const name = "e2e-all"
	cloud := startCloud(t, region, filepath.Join(t.TempDir(), "calls"))
	cloud.environment["AWS_ACCESS_KEY_ID"] = engineKey
	a := cloud.account
	a.createZone(t)
	settings := a.everything(t)
	before := a.inventory(t)
	stack := newDeployment(t, cloud, name, settings)
	judge := &judge{cloud: cloud, history: history{
		stackTags:  map[string]string{"Project": project, "Stack": name},
		tags:       map[string]map[string]string{},
		boundaries: map[string]string{},
	}}

	result := stack.up(t)
	preview := a.permissions(t, output(t, result, "githubPreviewRoleArn"))
	deploy := a.permissions(t, output(t, result, "githubDeployRoleArn"))
	t.Run("the deploy role may deploy all but what it is itself", func(t *testing.T) {
		others, own := judge.since(t)
		expectAllowed(t, deploy, others)
		for _, q := range own {
			if len(denied(deploy, []question{q})) == 0 && !isRead(q.action) {
				t.Errorf("it may %s on %s", q.action, q.resource)
			}
		}
	})
	t.Run("the preview role may preview, and look for drift", func(t *testing.T) {
		said, err := stack.preview(t, optpreview.Refresh())
		if err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
		others, own := judge.since(t)
		expectAllowed(t, preview, append(others, own...))
	})
	t.Run("the deploy role may change the stack", func(t *testing.T) {
		stack.set(t, project+":natStrategy", "none")
		stack.change(t, "service/home.go", `"fargate-stack"`, `"changed-app"`)
		stack.up(t)
		others, own := judge.since(t)
		expectAllowed(t, deploy, append(others, own...))
	})
	t.Run("another stack has the same identity provider", func(t *testing.T) {
		other := newDeployment(t, cloud, "e2e-other", map[string]string{project + ":githubRepository": "octocat/shop"})
		said, err := other.preview(t)
		if err != nil || !strings.Contains(said, "e2e-other-github-deploy") || strings.Contains(said, "OpenIdConnectProvider") {
			t.Errorf("preview says, with error %v:\n%s", err, said)
		}
		judge.since(t)
	})
	t.Run("the deploy role may destroy all but what it is itself", func(t *testing.T) {
		stack.destroyExcept(t, gitHubAccess)
		others, own := judge.since(t)
		expectAllowed(t, deploy, append(others, own...))
		if roles := a.roles(t); len(roles) != 3 || len(a.permissions(t, output(t, result, "githubDeployRoleArn"))) != len(deploy) {
			t.Errorf("there are the roles %v", roles)
		}
	})
	t.Run("destroyed by hand, nothing is left", func(t *testing.T) {
		stack.destroy(t)
		a.expect(t, before)
		if left := a.identities(t); len(left) > 0 {
			t.Errorf("there is %v", left)
		}
	})
}

// everything are settings of almost all that a stack can have.
func (a *account) everything(t *testing.T) map[string]string {
	t.Helper()
	settings := maps.Clone(quick)
	maps.Copy(settings, observed)
	maps.Copy(settings, map[string]string{
		project + ":githubRepository":  "octocat/shop",
		project + ":githubReviews":     "true",
		project + ":domainName":        domainName,
		project + ":ecsExec":           "true",
		project + ":firewall":          "true",
		project + ":minimumTaskCount":  "1",
		project + ":maximumTaskCount":  "4",
		project + ":schedule.start":    "cron(0 7 ? * MON-FRI *)",
		project + ":schedule.stop":     "cron(0 19 ? * MON-FRI *)",
		project + ":secrets.LEVEL":     a.newParameter(t, "/shop/level", "debug"),
		project + ":spotPercent":       "50",
		project + ":taskPolicyArns[0]": a.newPolicy(t, "shop-mail"),
	})
	return settings
}

// A judge holds the engine's calls against policies.
type judge struct {
	cloud *testCloud
	history
	judged int
}

// gitHubs is what the roles for GitHub are made of.
var gitHubs = regexp.MustCompile(`:(role|policy)/[a-z0-9-]+-(github-[a-z-]+|boundary)-[0-9a-f]{7}$|:oidc-provider/`)

// since returns what IAM would have been asked since last time: of what the
// roles for GitHub are made of, and of all others.
func (j *judge) since(t *testing.T) (others, own []question) {
	t.Helper()
	made, count := j.cloud.calls(t, j.judged)
	if j.judged = count; len(made) == 0 {
		t.Fatal("the engine has called nothing")
	}
	j.remember(t)
	for _, q := range j.questions(made) {
		if gitHubs.MatchString(q.resource) {
			own = append(own, q)
		} else {
			others = append(others, q)
		}
	}
	return others, own
}

// remember keeps the tags of what EC2 has, for when it is gone.
func (j *judge) remember(t *testing.T) {
	t.Helper()
	described, err := j.cloud.account.ec2.DescribeTags(t.Context(), &ec2.DescribeTagsInput{})
	must(t, err)
	for _, tag := range described.Tags {
		id := aws.ToString(tag.ResourceId)
		if j.tags[id] == nil {
			j.tags[id] = map[string]string{}
		}
		j.tags[id][aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
}

func expectAllowed(t *testing.T, permissions []permission, questions []question) {
	t.Helper()
	t.Logf("IAM is asked %d questions", len(questions))
	for _, refused := range denied(permissions, questions) {
		t.Errorf("it may not %s", refused)
	}
}

func isRead(action string) bool {
	_, call, _ := strings.Cut(action, ":")
	return strings.HasPrefix(call, "Get") || strings.HasPrefix(call, "List")
}

// destroyExcept destroys all but what has URNs like a pattern.
func (d *deployment) destroyExcept(t *testing.T, pattern string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), operationLimit)
	defer cancel()
	var output bytes.Buffer
	if _, err := d.stack.Destroy(ctx, optdestroy.Exclude([]string{pattern}), optdestroy.ProgressStreams(&output), optdestroy.ErrorProgressStreams(&output)); err != nil {
		t.Fatalf("pulumi destroy: %v\n%s", err, output.String())
	}
}

// roles returns the names of all roles.
func (a *account) roles(t *testing.T) []string {
	t.Helper()
	listed, err := a.iam.ListRoles(t.Context(), &iam.ListRolesInput{})
	must(t, err)
	var names []string
	for _, role := range listed.Roles {
		names = append(names, aws.ToString(role.RoleName))
	}
	return names
}

// identities returns the identity providers and, but for the app's, the policies
// of the account.
func (a *account) identities(t *testing.T) inventory {
	t.Helper()
	var found inventory
	providers, err := a.iam.ListOpenIDConnectProviders(t.Context(), &iam.ListOpenIDConnectProvidersInput{})
	must(t, err)
	for _, provider := range providers.OpenIDConnectProviderList {
		found.add("identity provider", provider.Arn)
	}
	policies, err := a.iam.ListPolicies(t.Context(), &iam.ListPoliciesInput{Scope: iamtypes.PolicyScopeTypeLocal})
	must(t, err)
	for _, policy := range policies.Policies {
		if *policy.PolicyName != "shop-mail" {
			found.add("policy", policy.Arn)
		}
	}
	return found
}
