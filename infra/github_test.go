package infra

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// Settings of a test: a repository alone, and one with all that workflows have
// to do with.
var (
	gitHub      = values{"githubRepository": "octocat/shop"}
	allOfGitHub = values{
		"githubRepository": "octocat/shop", "githubReviews": "true",
		"stateBucket": "octocat-state", "stateKeyArn": stateKey,
		"domainName": "app.example.com", "taskPolicyArns": `["` + taskPolicy + `"]`, "secrets": someSecrets["secrets"], "secretKeyArns": `["` + secretKey + `"]`,
		"ecsExec": "true", "natStrategy": "none", "spotPercent": "50", "schedule": aSchedule, "firewall": "true",
		"alarms": "true", "alarmEmail": "ops@example.com", "dashboard": "true", "accessLogDays": "30", "flowLogDays": "14",
	}
)

const (
	stateKey       = "arn:aws:kms:eu-central-1:123456789012:key/99999999-2222-3333-4444-555555555555"
	taskPolicy     = "arn:aws:iam::123456789012:policy/shop-mail"
	companyBound   = "arn:aws:iam::123456789012:policy/company"
	gitHubProvider = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
)

func with(v values, more values) values {
	all := maps.Clone(v)
	maps.Copy(all, more)
	return all
}

func TestRolesForGitHubTrust(t *testing.T) {
	const (
		equals = "assumeRolePolicy|Statement[0].Condition.StringEquals"
		like   = "assumeRolePolicy|Statement[0].Condition.StringLike"
		claim  = `["token.actions.githubusercontent.com:`
	)
	reviews := with(gitHub, values{"githubReviews": "true"})
	withIDs := values{"githubRepository": "octocat@123/shop@456"}
	tests := []struct {
		statement string
		values    values
		role      string
		path      string
		want      any
	}{
		{"preview role is for workflows", gitHub, "-github-preview", "assumeRolePolicy|Statement[0].Principal.Federated", "arn:" + testName + "-github"},
		{"preview role is taken with a token", gitHub, "-github-preview", "assumeRolePolicy|Statement[0].Action", array{"sts:AssumeRoleWithWebIdentity"}},
		{"preview role is for tokens for AWS", gitHub, "-github-preview", equals + claim + `aud"]`, "sts.amazonaws.com"},
		{"preview role is for the repository", gitHub, "-github-preview", equals + claim + `repository"]`, "octocat/shop"},
		{"preview role is for pull requests and the branch", gitHub, "-github-preview", like + claim + `sub"]`, array{
			"repo:octocat/shop:pull_request", "repo:octocat@*/shop@*:pull_request",
			"repo:octocat/shop:ref:refs/heads/main", "repo:octocat@*/shop@*:ref:refs/heads/main",
		}},
		{"preview role is for the branch of the config", with(withIDs, values{"githubBranch": "release"}), "-github-preview", equals + claim + `sub"][1]`,
			"repo:octocat@123/shop@456:ref:refs/heads/release"},
		{"deploy role is for the environment of the stack", gitHub, "-github-deploy", equals + claim + `environment"]`, testStack},
		{"deploy role is for the branch", gitHub, "-github-deploy", equals + claim + `ref"]`, "refs/heads/main"},
		{"deploy role is for the branch of the config", with(gitHub, values{"githubBranch": "release"}), "-github-deploy", equals + claim + `ref"]`, "refs/heads/release"},
		{"deploy role is for the repository", gitHub, "-github-deploy", equals + claim + `repository"]`, "octocat/shop"},
		{"deploy role is for no other subject", gitHub, "-github-deploy", like + claim + `sub"]`, array{
			"repo:octocat/shop:environment:dev", "repo:octocat@*/shop@*:environment:dev"}},
		{"review role is for the environment of reviews", reviews, "-github-review", equals + claim + `environment"]`, "review"},
		{"review role is for no other subject", reviews, "-github-review", like + claim + `sub"]`, array{
			"repo:octocat/shop:environment:review", "repo:octocat@*/shop@*:environment:review"}},
		{"with ids, a repository of the same name is not trusted", withIDs, "-github-deploy", equals + claim + `sub"]`, array{
			"repo:octocat@123/shop@456:environment:dev"}},
		{"with ids, the name is the repository's still", withIDs, "-github-deploy", equals + claim + `repository"]`, "octocat/shop"},
		{"with ids, there are no patterns", withIDs, "-github-preview", like, nil},
	}
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			if got := deploy(t, test.values).one(t, roleType, test.role).at(t, test.path); !reflect.DeepEqual(got, test.want) {
				t.Errorf("%s is %#v, want %#v", test.path, got, test.want)
			}
		})
	}
}

func TestGitHubProvider(t *testing.T) {
	tests := []struct {
		statement string
		tags      map[string]string
		made      int
		trusted   string
	}{
		{"is made where there is none", nil, 1, "arn:" + testName + "-github"},
		{"is the stack's still where it has made it", map[string]string{"Project": testProject, "Stack": testStack}, 1, "arn:" + testName + "-github"},
		{"is another stack's where that has made it", map[string]string{"Project": testProject, "Stack": "prod"}, 0, gitHubProvider},
		{"is another project's where that has made it", map[string]string{"Project": "other", "Stack": testStack}, 0, gitHubProvider},
		{"is the account's where it was made by hand", map[string]string{}, 0, gitHubProvider},
	}
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			e := &engine{gitHubProvider: test.tags}
			must(t, e.deploy(t, testProject, testStack, gitHub))
			made := e.stack.all(identityProviderType, "")
			if len(made) != test.made {
				t.Errorf("%d providers are made, want %d", len(made), test.made)
			}
			if got := e.stack.one(t, roleType, "-github-deploy").at(t, "assumeRolePolicy|Statement[0].Principal.Federated"); got != test.trusted {
				t.Errorf("trusted is %v, want %s", got, test.trusted)
			}
		})
	}
	t.Run("is for AWS", func(t *testing.T) {
		provider := deploy(t, gitHub).one(t, identityProviderType, "")
		if url, audiences := provider.at(t, "url"), provider.at(t, "clientIdLists"); url != "https://token.actions.githubusercontent.com" || !reflect.DeepEqual(audiences, array{"sts.amazonaws.com"}) {
			t.Errorf("it is at %v, for %v", url, audiences)
		}
	})
	t.Run("that can't be asked for stops before the first resource", func(t *testing.T) {
		e := &engine{gitHubProviderFails: errors.New("access denied")}
		if err := e.deploy(t, testProject, testStack, gitHub); err == nil || !strings.Contains(err.Error(), "access denied") {
			t.Errorf("the error is %v", err)
		}
		e.expectNothing(t)
	})
	t.Run("is not asked for without a repository", func(t *testing.T) {
		e := &engine{gitHubProviderFails: errors.New("access denied")}
		must(t, e.deploy(t, testProject, testStack, nil))
	})
}

func TestBoundary(t *testing.T) {
	const made = "arn:" + testName + "-boundary"
	tests := []struct {
		statement string
		values    values
		roles     []string
		want      any
	}{
		{"is not there by default", values{"flowLogDays": "14"}, []string{"-execution", "-task", "-flow-logs"}, nil},
		{"is around the roles that workflows make", with(gitHub, values{"flowLogDays": "14"}), []string{"-execution", "-task", "-flow-logs"}, made},
		{"is not around the roles of workflows", gitHub, []string{"-github-preview", "-github-deploy"}, nil},
		{"of the config is around all roles", with(gitHub, values{"flowLogDays": "14", "permissionsBoundaryArn": companyBound}),
			[]string{"-execution", "-task", "-flow-logs", "-github-preview", "-github-deploy"}, companyBound},
		{"of the config needs no repository", values{"permissionsBoundaryArn": companyBound}, []string{"-execution", "-task"}, companyBound},
	}
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			deployed := deploy(t, test.values)
			for _, role := range test.roles {
				if got := deployed.one(t, roleType, role).at(t, "permissionsBoundary"); got != test.want {
					t.Errorf("boundary of %s is %v, want %v", role, got, test.want)
				}
			}
		})
	}
	t.Run("is not made beside the one of the config", func(t *testing.T) {
		if made := deploy(t, with(gitHub, values{"permissionsBoundaryArn": companyBound})).all(policyType, "-boundary"); len(made) > 0 {
			t.Errorf("made is %s", made[0].name)
		}
	})
}

func TestOutputsForGitHub(t *testing.T) {
	roles := map[string]string{
		"githubPreviewRoleArn": "arn:" + testName + "-github-preview",
		"githubDeployRoleArn":  "arn:" + testName + "-github-deploy",
		"githubBoundaryArn":    "arn:" + testName + "-boundary",
	}
	withReviews := maps.Clone(roles)
	withReviews["githubReviewRoleArn"] = "arn:" + testName + "-github-review"
	tests := []struct {
		statement string
		values    values
		want      map[string]string
	}{
		{"there are none by default", nil, map[string]string{}},
		{"there are two roles and the boundary", gitHub, roles},
		{"there is a third role with reviews", with(gitHub, values{"githubReviews": "true"}), withReviews},
	}
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			got := map[string]string{}
			for name, value := range deploy(t, test.values).outputs {
				if strings.HasPrefix(name, "github") {
					got[name] = value.(string)
				}
			}
			if !maps.Equal(got, test.want) {
				t.Errorf("outputs are %v, want %v", got, test.want)
			}
		})
	}
}

// What workflows may not change is left out of what they destroy, by the type
// of its component.
func TestAllForGitHubIsInItsComponent(t *testing.T) {
	deployed := deploy(t, allOfGitHub)
	want := "fargate-stack:infra:GitHubAccess::" + testName
	for _, r := range slices.Concat(deployed.all(identityProviderType, ""), deployed.all(policyType, "")) {
		if !strings.HasSuffix(r.rpc.GetParent(), want) {
			t.Errorf("%s has parent %s", r.name, r.rpc.GetParent())
		}
	}
	for _, r := range deployed.all(roleType, "") {
		if isGitHubs := strings.Contains(r.name, "-github-"); strings.HasSuffix(r.rpc.GetParent(), want) != isGitHubs {
			t.Errorf("role %s has parent %s", r.name, r.rpc.GetParent())
		}
	}
}

func TestEachPolicyForGitHubIsAttached(t *testing.T) {
	deployed := deploy(t, allOfGitHub)
	for _, policy := range deployed.all(policyType, "") {
		if strings.HasSuffix(policy.name, "-boundary") {
			continue
		}
		role := strings.Join(strings.Split(policy.name, "-")[:5], "-") // fargate-stack-dev-github-<role>
		attached := deployed.one(t, attachmentType, strings.TrimPrefix(policy.name, testName))
		if got := []any{attached.at(t, "role"), attached.at(t, "policyArn")}; !reflect.DeepEqual(got, array{role + "-1a2b3c4", "arn:" + policy.name}) {
			t.Errorf("%s is attached as %v", policy.name, got)
		}
	}
}
