package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fargate-stack/local/stack"
	"fargate-stack/local/workflows/githubtest"
)

// TestReviewStacks deploys a pull request and forgets it, and then one that
// can't be deployed and is closed.
func TestReviewStacks(t *testing.T) {
	t.Parallel()
	cloud := newCloud(t)
	before := cloud.account.inventory(t)
	r := &review{newGitHub(t, cloud)}
	r.addSetting(t, "architecture: "+stack.MachineArchitecture())

	if !t.Run("a labelled pull request is deployed, and its URL told", r.checkDeployment) {
		return
	}
	t.Run("the next commit is told in the same comment", func(t *testing.T) {
		r.run(t, "review.yml", "deploy", r.event("4567def"))
		r.expectComment(t, "4567def is deployed for review: http")
	})
	t.Run("a stack that was deployed lately is left alone", func(t *testing.T) {
		r.expectExpired(t, "[]")
		r.run(t, "review.yml", "expire", r.event(""))
		r.expectComment(t, "4567def is deployed")
	})
	t.Run("one that was not is destroyed, and leaves nothing behind", func(t *testing.T) {
		replaceIn(t, filepath.Join(r.checkout, ".github/workflows/review.yml"), "DAYS: 7", "DAYS: 0")
		must(t, os.Remove(filepath.Join(r.checkout, "Pulumi.pr-1.yaml"))) // a new checkout has none
		r.expectExpired(t, `["pr-1"]`)
		r.run(t, "review.yml", "expire", r.event(""))
		r.expectComment(t, "`pr-1` was destroyed: it was not deployed for 0 days")
		cloud.account.expect(t, before)
	})
	t.Run("a commit that can't be deployed is told", func(t *testing.T) {
		r.addSetting(t, "cpu: 300")
		if _, err := r.try(t, "review.yml", "deploy", r.event("89abc01")); err == nil {
			t.Error("the job succeeds")
		}
		r.expectComment(t, "89abc01 could not be deployed")
	})
	t.Run("the stack of a closed pull request is destroyed", func(t *testing.T) {
		r.run(t, "review.yml", "destroy", r.event(""))
		r.expectComment(t, "`pr-1` was destroyed: the pull request was closed")
	})
	t.Run("without a stack, nothing is said", func(t *testing.T) {
		said := r.run(t, "review.yml", "destroy", r.event("")).Said
		if !strings.Contains(said, "there is no stack pr-1") {
			t.Errorf("the job says %q", said)
		}
	})
}

// A review runs the workflow for review stacks.
type review struct {
	*gitHub
}

// event is what is known in a run for a commit of the pull request, of its end,
// or at night.
func (r *review) event(commit string) map[string]string {
	return map[string]string{
		"github.event.pull_request.number":       "1",
		"github.event.pull_request.head.sha":     commit,
		"github.event.action":                    "closed",
		"github.event.repository.default_branch": "main",
		"matrix.stack":                           "pr-1",
		"github.server_url":                      "https://github.com",
		"github.repository":                      githubtest.Repository,
		"github.run_id":                          "1",
	}
}

// addSetting adds one to those of review stacks.
func (r *review) addSetting(t *testing.T, setting string) {
	t.Helper()
	path := filepath.Join(r.checkout, "Pulumi.review.yaml")
	content, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, append(content, "  "+setting+"\n"...), 0o644))
}

func (r *review) checkDeployment(t *testing.T) {
	r.expectRole(t, r.run(t, "review.yml", "deploy", r.event("0123abc")), "vars.REVIEW_ROLE_ARN")
	_, url, _ := strings.Cut(r.comment(t).Body, "0123abc is deployed for review: ")
	if got := status(t, strings.TrimSpace(url), answerLimit); got != http.StatusOK {
		t.Errorf("%s answers %d", url, got)
	}
}

// expectComment checks that the one comment says something.
func (r *review) expectComment(t *testing.T, want string) {
	t.Helper()
	if now := r.comment(t); !strings.Contains(now.Body, want) {
		t.Errorf("the comment is %q, want %q", now.Body, want)
	}
}

// expectExpired checks which stacks are to be destroyed.
func (r *review) expectExpired(t *testing.T, want string) {
	t.Helper()
	if got := r.run(t, "review.yml", "expired", r.event("")).Outputs["stacks"]; got != want {
		t.Errorf("expired are %s, want %s", got, want)
	}
}
