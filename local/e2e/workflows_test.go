package e2e

import (
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"fargate-stack/local/stack"
	"fargate-stack/local/workflows/githubtest"
	"fargate-stack/local/workflows/issues"
)

// TestWorkflows runs what GitHub runs for a stack, from the first deployment to
// the end.
func TestWorkflows(t *testing.T) {
	t.Parallel()
	cloud := newCloud(t)
	before := cloud.account.inventory(t)
	github := newGitHub(t, cloud)
	dev := deploymentIn(t, cloud, github.checkout, "dev", quick)
	deploy := map[string]string{"inputs.stack || vars.STACK || 'dev'": "dev"}

	deployed := t.Run("a push deploys the stack, which answers", func(t *testing.T) {
		result := github.run(t, "deploy.yml", "deploy", deploy)
		if got, want := role(t, result), github.expressions["vars.DEPLOY_ROLE_ARN"]; got != want {
			t.Errorf("it has the role %s, want %s", got, want)
		}
		if !strings.Contains(result.Said, " answers, version ") {
			t.Error("the smoke check does not say that the URL answers")
		}
	})
	if !deployed {
		return
	}
	was := cloud.account.describe(t, outputs(t, dev.stack))
	admit := func(t *testing.T, port int32) {
		_, err := cloud.account.ec2.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
			GroupId: was.groups["tasks"].GroupId, IpPermissions: []ec2types.IpPermission{fromRange(port, internet)},
		})
		must(t, err)
	}
	revoke := func(t *testing.T, group string, ports ...int32) {
		for _, port := range ports {
			_, err := cloud.account.ec2.RevokeSecurityGroupIngress(t.Context(), &ec2.RevokeSecurityGroupIngressInput{
				GroupId: was.groups[group].GroupId, IpPermissions: []ec2types.IpPermission{fromRange(port, internet)},
			})
			must(t, err)
		}
	}

	t.Run("without drift there is no issue", func(t *testing.T) { github.expectDrift(t, nil) })
	t.Run("drift opens an issue", func(t *testing.T) {
		admit(t, 2222)
		github.expectDrift(t, &issues.Issue{Number: 2, State: "open"}, "2222")
	})
	t.Run("more drift changes the issue", func(t *testing.T) {
		admit(t, 3333)
		github.expectDrift(t, &issues.Issue{Number: 2, State: "open"}, "2222", "3333")
	})
	t.Run("the issue is closed when the drift is gone", func(t *testing.T) {
		revoke(t, "tasks", 2222, 3333)
		github.expectDrift(t, &issues.Issue{Number: 2, State: "closed"}, "3333")
	})
	t.Run("a pull request has one comment on what it would change", func(t *testing.T) {
		copyFiles(t, filepath.Join(github.checkout, "base"), ".")
		event := map[string]string{
			"github.event.pull_request.number":   "1",
			"github.event.pull_request.base.sha": "0123abc",
		}
		result := github.run(t, "pull-request.yml", "preview", event)
		if got, want := role(t, result), github.expressions["vars.PREVIEW_ROLE_ARN"]; got != want {
			t.Errorf("it has the role %s, want %s", got, want)
		}
		first := github.comment(t)
		dev.set(t, project+":logRetentionDays", "14")
		github.run(t, "pull-request.yml", "preview", event)
		if now := github.comment(t); now.ID != first.ID || now.Body == first.Body || !strings.Contains(now.Body, "14") {
			t.Errorf("the comment is %+v, was %+v", now, first)
		}
		if !strings.HasSuffix(first.Body, result.Summary) {
			t.Errorf("the summary is not the comment: %s", result.Summary)
		}
		dev.set(t, project+":cpu", "300")
		if _, err := github.try(t, "pull-request.yml", "preview", event); err == nil {
			t.Error("the job does not fail with the preview")
		}
		dev.set(t, project+":cpu", "256")
	})
	t.Run("a stack that does not answer fails the deployment, and the doctor says why", func(t *testing.T) {
		revoke(t, "load-balancer", 80)
		result, err := github.try(t, "deploy.yml", "deploy", deploy)
		if err == nil || !strings.Contains(err.Error(), "step Check that it answers") {
			t.Errorf("the job fails with %v", err)
		}
		if !strings.Contains(result.Said, "A security group does not let requests get to the tasks") {
			t.Error("the doctor does not say why")
		}
	})
	t.Run("a name that is not typed twice destroys nothing", func(t *testing.T) {
		if _, err := github.try(t, "destroy.yml", "check", map[string]string{"inputs.stack": "dev", "inputs.again": "prod"}); err == nil {
			t.Error("the check succeeds")
		}
		github.run(t, "destroy.yml", "check", map[string]string{"inputs.stack": "dev", "inputs.again": "dev"})
	})
	t.Run("a stack that is not there can't be destroyed", func(t *testing.T) {
		if _, err := github.try(t, "destroy.yml", "destroy", map[string]string{"inputs.stack": "other"}); err == nil {
			t.Error("the job succeeds")
		}
	})
	t.Run("destroy leaves nothing behind", func(t *testing.T) {
		github.run(t, "destroy.yml", "destroy", map[string]string{"inputs.stack": "dev"})
		cloud.account.expect(t, before)
	})
}

// expectDrift runs the drift check and looks at the issue that it keeps.
func (g *gitHub) expectDrift(t *testing.T, want *issues.Issue, drift ...string) {
	t.Helper()
	result := g.run(t, "drift.yml", "drift", nil)
	if got, want := role(t, result), g.expressions["vars.PREVIEW_ROLE_ARN"]; got != want {
		t.Errorf("it has the role %s, want %s", got, want)
	}
	found := g.Issues(t)
	if want == nil {
		if len(found) > 0 {
			t.Errorf("there is the issue %q:\n%s", found[0].Title, found[0].Body)
		}
		return
	}
	if len(found) != 1 || found[0].Number != want.Number || found[0].State != want.State || found[0].Title != "Drift in stack dev" {
		t.Fatalf("issues are %+v", found)
	}
	for _, part := range drift {
		if !strings.Contains(found[0].Body, part) {
			t.Errorf("the issue does not say %q:\n%s", part, found[0].Body)
		}
	}
	if closed := len(found[0].Comments) == 1; closed != (want.State == "closed") {
		t.Errorf("its comments are %v", found[0].Comments)
	}
}

// TestReviewStacks deploys a pull request and forgets it.
func TestReviewStacks(t *testing.T) {
	t.Parallel()
	cloud := newCloud(t)
	before := cloud.account.inventory(t)
	github := newGitHub(t, cloud)
	settings := filepath.Join(github.checkout, "Pulumi.review.yaml")
	appendTo(t, settings, "  architecture: "+stack.MachineArchitecture()+"\n")
	event := map[string]string{
		"github.event.pull_request.number":       "1",
		"github.event.pull_request.head.sha":     "0123abc",
		"github.event.action":                    "closed",
		"github.event.repository.default_branch": "main",
		"matrix.stack":                           "pr-1",
		"github.server_url":                      "https://github.com",
		"github.repository":                      githubtest.Repository,
		"github.run_id":                          "1",
	}

	var first issues.Comment
	deployed := t.Run("a labelled pull request is deployed, and its URL told", func(t *testing.T) {
		result := github.run(t, "review.yml", "deploy", event)
		if got, want := role(t, result), github.expressions["vars.REVIEW_ROLE_ARN"]; got != want {
			t.Errorf("it has the role %s, want %s", got, want)
		}
		first = github.comment(t)
		_, url, _ := strings.Cut(first.Body, "0123abc is deployed for review: ")
		if got := status(t, strings.TrimSpace(url), answerLimit); got != http.StatusOK {
			t.Errorf("%s answers %d", url, got)
		}
	})
	if !deployed {
		return
	}
	t.Run("the next commit is told in the same comment", func(t *testing.T) {
		next := maps.Clone(event)
		next["github.event.pull_request.head.sha"] = "4567def"
		github.run(t, "review.yml", "deploy", next)
		if now := github.comment(t); now.ID != first.ID || !strings.Contains(now.Body, "4567def is deployed") {
			t.Errorf("the comment is %+v, was %+v", now, first)
		}
	})
	t.Run("a stack that was deployed lately is left alone", func(t *testing.T) {
		if got := github.run(t, "review.yml", "expired", event).Outputs["stacks"]; got != "[]" {
			t.Errorf("expired are %s", got)
		}
		github.run(t, "review.yml", "expire", event)
		github.comment(t)
	})
	t.Run("one that was not is destroyed, and leaves nothing behind", func(t *testing.T) {
		must(t, os.Remove(filepath.Join(github.checkout, "Pulumi.pr-1.yaml"))) // a new checkout has none
		(&deployment{directory: github.checkout}).change(t, ".github/workflows/review.yml", "DAYS: 7", "DAYS: 0")
		if got := github.run(t, "review.yml", "expired", event).Outputs["stacks"]; got != `["pr-1"]` {
			t.Errorf("expired are %s", got)
		}
		github.run(t, "review.yml", "expire", event)
		if now := github.comment(t); now.ID != first.ID || !strings.Contains(now.Body, "`pr-1` was destroyed: it was not deployed for 0 days") {
			t.Errorf("the comment is %+v", now)
		}
		cloud.account.expect(t, before)
	})
	t.Run("a pull request without a stack closes in silence", func(t *testing.T) {
		was := github.comment(t)
		github.run(t, "review.yml", "destroy", event)
		if now := github.comment(t); now != was {
			t.Errorf("the comment is %+v, was %+v", now, was)
		}
	})
}

// appendTo adds text to a file.
func appendTo(t *testing.T, path, text string) {
	t.Helper()
	content, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, append(content, text...), 0o644))
}
