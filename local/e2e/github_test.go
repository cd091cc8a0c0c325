package e2e

import (
	"maps"
	"path/filepath"
	"testing"

	"fargate-stack/local/stack"
	"fargate-stack/local/workflows"
	"fargate-stack/local/workflows/githubtest"
	"fargate-stack/local/workflows/issues"
)

// A gitHub runs the workflows of a checkout as GitHub does, on an emulated AWS.
type gitHub struct {
	*githubtest.GitHub
	checkout    string
	environment []string
	// expressions are those that have one value in all workflows.
	expressions map[string]string
}

// newGitHub copies the repository into a checkout.
func newGitHub(t *testing.T, cloud *testCloud) *gitHub {
	t.Helper()
	g := &gitHub{GitHub: githubtest.New(t), checkout: t.TempDir()}
	copyFiles(t, g.checkout, ".")
	variables := maps.Clone(cloud.environment)
	maps.Copy(variables, g.Environment)
	variables["SMOKE_CHECK_SECONDS"] = "20"
	g.environment = stack.Environ(variables)
	g.expressions = map[string]string{
		"vars.STACK || 'dev'":              "dev",
		"vars.AWS_REGION || 'us-east-1'":   region,
		"vars.PREVIEW_ROLE_ARN":            "arn:aws:iam::000000000000:role/preview",
		"vars.DEPLOY_ROLE_ARN":             "arn:aws:iam::000000000000:role/deploy",
		"vars.REVIEW_ROLE_ARN":             "arn:aws:iam::000000000000:role/review",
		"vars.PULUMI_BACKEND_URL":          cloud.environment["PULUMI_BACKEND_URL"],
		"secrets.PULUMI_ACCESS_TOKEN":      "",
		"secrets.PULUMI_CONFIG_PASSPHRASE": cloud.environment["PULUMI_CONFIG_PASSPHRASE"],
		"github.token":                     "token",
	}
	return g
}

// try runs a job of a workflow, with expressions that have a value in this run.
func (g *gitHub) try(t *testing.T, file, job string, expressions map[string]string) (*workflows.Result, error) {
	t.Helper()
	workflow, err := workflows.Read(filepath.Join(g.checkout, ".github/workflows", file))
	must(t, err)
	known := maps.Clone(g.expressions)
	maps.Copy(known, expressions)
	machine := &workflows.Machine{Checkout: g.checkout, Temporary: t.TempDir(), Environment: g.environment, Expressions: known}
	result, failure := machine.Run(t.Context(), workflow, workflow.Jobs[job])
	if result == nil {
		t.Fatal(failure) // the workflow is not as it may be
	}
	t.Logf("%s, job %s:\n%s", file, job, result.Said)
	return result, failure
}

// run runs a job, which has to succeed.
func (g *gitHub) run(t *testing.T, file, job string, expressions map[string]string) *workflows.Result {
	t.Helper()
	result, err := g.try(t, file, job, expressions)
	must(t, err)
	return result
}

// comment returns the only comment of workflows on the pull request.
func (g *gitHub) comment(t *testing.T) issues.Comment {
	t.Helper()
	comments := g.Comments(t)
	if len(comments) != 1 {
		t.Fatalf("there are %d comments of workflows, want one", len(comments))
	}
	return *comments[0]
}

// expectRole checks that a job asks AWS for the role of a variable.
func (g *gitHub) expectRole(t *testing.T, result *workflows.Result, variable string) {
	t.Helper()
	for _, action := range result.Actions {
		if action.Name == "aws-actions/configure-aws-credentials" {
			if got := action.With["role-to-assume"]; got != g.expressions[variable] {
				t.Errorf("the job asks for the role %s, want %s", got, g.expressions[variable])
			}
			return
		}
	}
	t.Error("the job asks for no role")
}
