package workflows

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestRepository checks what actionlint and zizmor don't know: what the jobs of
// this repository have to have in common.
func TestRepository(t *testing.T) {
	files, err := filepath.Glob("../../.github/workflows/*.yml")
	must(t, err)
	if len(files) == 0 {
		t.Fatal("there is no workflow")
	}
	for _, file := range files {
		workflow, err := Read(file)
		must(t, err)
		for name, job := range workflow.Jobs {
			t.Run(filepath.Base(file)+" "+name, func(t *testing.T) { check(t, workflow, job) })
		}
	}
}

func check(t *testing.T, workflow *Workflow, job *Job) {
	if job.TimeoutMinutes == 0 {
		t.Error("it may run for six hours")
	}
	role := role(job)
	if role == "" {
		if job.Permissions["id-token"] != "" || strings.Contains(text(job.Env), "secrets.") {
			t.Error("it has what leads to credentials, and no role")
		}
		return
	}
	if _, ok := workflow.On["pull_request"]; ok && !guarded(workflow, job) {
		t.Errorf("pull requests from forks get the role: %q", job.If)
	}
	if want := environment(role, job); job.Environment != want {
		t.Errorf("it has the environment %q, and the role trusts %q", job.Environment, want)
	}
	stack, changes := job.Env["STACK"]
	changes = changes && role != previewRole
	if c := job.Concurrency; changes && (c.Group != "stack-"+stack || c.CancelInProgress) {
		t.Errorf("others work on stack %s at the same time, or cut it off: %+v", stack, c)
	}
}

// previewRole may change nothing.
const previewRole = "${{ vars.PREVIEW_ROLE_ARN }}"

// role returns the variable with the role of a job, if it has one.
func role(job *Job) string {
	for _, step := range job.Steps {
		if role, ok := step.With["role"]; ok {
			return role
		}
	}
	return ""
}

// environment is the one that infra/ has a role trust.
func environment(role string, job *Job) string {
	switch role {
	case previewRole:
		return ""
	case "${{ vars.DEPLOY_ROLE_ARN }}":
		return job.Env["STACK"]
	case "${{ vars.REVIEW_ROLE_ARN }}":
		return "review"
	}
	return "none: " + role + " is not known"
}

// guarded tells whether a job never runs for forks, nor for Dependabot.
func guarded(workflow *Workflow, job *Job) bool {
	if needed, ok := workflow.Jobs[job.Needs]; ok {
		return guarded(workflow, needed)
	}
	clauses := conjunction(job.If)
	return slices.Contains(clauses, "github.event_name != 'pull_request'") ||
		slices.Contains(clauses, "github.event.pull_request.head.repo.full_name == github.repository") &&
			slices.Contains(clauses, "github.event.pull_request.user.login != 'dependabot[bot]'")
}

var parentheses = regexp.MustCompile(`\([^()]*\)`)

// conjunction returns what has to hold for a condition to hold, as far as it is
// not in parentheses.
func conjunction(condition string) []string {
	for parentheses.MatchString(condition) {
		condition = parentheses.ReplaceAllString(condition, "")
	}
	if strings.Contains(condition, "||") {
		return nil
	}
	clauses := strings.Split(condition, "&&")
	for i := range clauses {
		clauses[i] = strings.TrimSpace(clauses[i])
	}
	return clauses
}

func TestConditionsInParenthesesAreNotCertain(t *testing.T) {
	for condition, want := range map[string][]string{
		"a && b":                    {"a", "b"},
		"a && (b || c && (d || e))": {"a", ""},
		"a || b":                    nil,
		"a && contains(b, c) && d":  {"a", "contains", "d"},
		"(a || b) && c == 'd'":      {"", "c == 'd'"},
	} {
		if got := conjunction(condition); !slices.Equal(got, want) {
			t.Errorf("%q: certain are %q, want %q", condition, got, want)
		}
	}
}

func text(variables map[string]string) string {
	return strings.Join(slices.Collect(maps.Values(variables)), "\n")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
