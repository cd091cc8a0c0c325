package e2e

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"

	"fargate-stack/local/workflows/issues"
)

// TestWorkflows runs what GitHub runs for a stack, from the first deployment to
// the end.
func TestWorkflows(t *testing.T) {
	t.Parallel()
	cloud := newCloud(t)
	before := cloud.account.inventory(t)
	github := newGitHub(t, cloud)
	s := &gitHubStack{github, deploymentIn(t, cloud, github.checkout, "dev", quick), cloud}
	for _, step := range []struct {
		statement string
		run       func(*gitHubStack, *testing.T)
	}{
		{"a push deploys the stack, which answers", (*gitHubStack).checkDeployment},
		{"drift has one issue while there is any", (*gitHubStack).checkDrift},
		{"a pull request has one comment on what it would change", (*gitHubStack).checkPreview},
		{"a stack that does not answer fails the deployment, and the doctor says why", (*gitHubStack).checkSmokeCheck},
		{"a name that is not typed twice destroys nothing", (*gitHubStack).checkTypedNames},
		{"a stack that is not there can't be destroyed", (*gitHubStack).checkOtherStack},
	} {
		if !t.Run(step.statement, func(t *testing.T) { step.run(s, t) }) {
			return // the next ones go on from what it leaves
		}
	}
	t.Run("destroy leaves nothing behind", func(t *testing.T) {
		s.run(t, "destroy.yml", "destroy", map[string]string{"inputs.stack": "dev"})
		cloud.account.expect(t, before)
	})
}

// A gitHubStack is a stack that workflows work on.
type gitHubStack struct {
	*gitHub
	*deployment
	cloud *testCloud
}

// pushed is what is known in a run for a commit on the main branch.
var pushed = map[string]string{"inputs.stack || vars.STACK || 'dev'": "dev"}

func (s *gitHubStack) checkDeployment(t *testing.T) {
	result := s.run(t, "deploy.yml", "deploy", pushed)
	s.expectRole(t, result, "vars.DEPLOY_ROLE_ARN")
	if !strings.Contains(result.Said, " answers, version ") {
		t.Error("the smoke check does not say that the URL answers")
	}
}

func (s *gitHubStack) checkDrift(t *testing.T) {
	if found := s.drift(t); len(found) > 0 {
		t.Fatalf("without drift there is the issue %q:\n%s", found[0].Title, found[0].Body)
	}
	tasks := s.group(t, "tasks")
	admit := func(port int32) {
		_, err := s.cloud.account.ec2.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
			GroupId: tasks, IpPermissions: anybody(port),
		})
		must(t, err)
	}
	admit(2222)
	expectIssue(t, s.drift(t), "open", "\n# urn:pulumi:dev::", "::"+project+"-dev-tasks\n! ", "5000 => 2222")
	admit(3333)
	expectIssue(t, s.drift(t), "open", "2222", "3333")
	s.revoke(t, tasks, 2222)
	s.revoke(t, tasks, 3333)
	expectIssue(t, s.drift(t), "closed", "3333")
}

// drift runs the check for drift and returns the issues that there are then.
func (s *gitHubStack) drift(t *testing.T) []*issues.Issue {
	t.Helper()
	s.expectRole(t, s.run(t, "drift.yml", "drift", nil), "vars.PREVIEW_ROLE_ARN")
	return s.Issues(t)
}

// expectIssue checks that there is one issue, which says some things, and not
// what has not changed.
func expectIssue(t *testing.T, found []*issues.Issue, state string, wants ...string) {
	t.Helper()
	if len(found) != 1 {
		t.Fatalf("there are %d issues, want one", len(found))
	}
	issue := found[0]
	if issue.Title != "Drift in stack dev" || issue.State != state || len(issue.Comments) == 1 != (state == "closed") {
		t.Errorf("the issue %q is %s with the comments %v, want %s", issue.Title, issue.State, issue.Comments, state)
	}
	for _, want := range wants {
		if !strings.Contains(issue.Body, want) {
			t.Errorf("the issue does not say %q:\n%s", want, issue.Body)
		}
	}
	if strings.Contains(issue.Body, "vpcId") {
		t.Errorf("the issue has what has not changed:\n%s", issue.Body)
	}
}

func (s *gitHubStack) checkPreview(t *testing.T) {
	copyFiles(t, filepath.Join(s.checkout, "base"), ".")
	event := map[string]string{"github.event.pull_request.number": "1", "github.event.pull_request.base.sha": "0123abc"}
	result := s.run(t, "pull-request.yml", "preview", event)
	s.expectRole(t, result, "vars.PREVIEW_ROLE_ARN")
	first := s.comment(t)
	if !strings.HasSuffix(first.Body, result.Summary) {
		t.Errorf("the comment is\n%s\nand the summary\n%s", first.Body, result.Summary)
	}
	s.set(t, project+":logRetentionDays", "14")
	s.run(t, "pull-request.yml", "preview", event)
	if now := s.comment(t); now.ID != first.ID || !strings.Contains(now.Body, "14") {
		t.Errorf("the comment is %+v, was %+v", now, first)
	}
	s.set(t, project+":cpu", "300")
	defer s.set(t, project+":cpu", "256")
	if _, err := s.try(t, "pull-request.yml", "preview", event); err == nil {
		t.Error("the job does not fail with the preview")
	}
	if now := s.comment(t); now.ID != first.ID || !strings.Contains(now.Body, `cpu is "300"`) {
		t.Errorf("the comment is %+v, was %+v", now, first)
	}
}

func (s *gitHubStack) checkSmokeCheck(t *testing.T) {
	s.revoke(t, s.group(t, "load-balancer"), 80)
	result, err := s.try(t, "deploy.yml", "deploy", pushed)
	if err == nil || !strings.Contains(err.Error(), "step Check that it answers") {
		t.Errorf("the job fails with %v", err)
	}
	if !strings.Contains(result.Said, "A security group does not let requests get to the tasks") {
		t.Error("the doctor does not say why")
	}
}

func (s *gitHubStack) checkTypedNames(t *testing.T) {
	if _, err := s.try(t, "destroy.yml", "check", map[string]string{"inputs.stack": "dev", "inputs.again": "prod"}); err == nil {
		t.Error("the check succeeds with two names")
	}
	s.run(t, "destroy.yml", "check", map[string]string{"inputs.stack": "dev", "inputs.again": "dev"})
}

func (s *gitHubStack) checkOtherStack(t *testing.T) {
	if _, err := s.try(t, "destroy.yml", "destroy", map[string]string{"inputs.stack": "other"}); err == nil {
		t.Error("the job succeeds")
	}
}

// group returns the id of a security group of the stack.
func (s *gitHubStack) group(t *testing.T, name string) *string {
	t.Helper()
	all, err := s.stack.Outputs(t.Context())
	must(t, err)
	return s.cloud.account.describe(t, auto.UpResult{Outputs: all}).groups[name].GroupId
}

// revoke takes a rule for anybody away from a security group.
func (s *gitHubStack) revoke(t *testing.T, group *string, port int32) {
	t.Helper()
	_, err := s.cloud.account.ec2.RevokeSecurityGroupIngress(t.Context(), &ec2.RevokeSecurityGroupIngressInput{
		GroupId: group, IpPermissions: anybody(port),
	})
	must(t, err)
}

func anybody(port int32) []ec2types.IpPermission {
	return []ec2types.IpPermission{fromRange(port, internet)}
}
