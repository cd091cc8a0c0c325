// Package githubtest stands in for GitHub where workflows and their scripts are
// tested.
package githubtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"fargate-stack/local/workflows/issues"
)

// Repository is the name of the repository that there is.
const Repository = "owner/app"

// PullRequest is the number of its only pull request.
const PullRequest = 1

// A GitHub has the issues of a repository.
type GitHub struct {
	// file is where the issues are.
	file string
	// Environment are variables for steps and scripts. They find a command gh that
	// reads and changes the issues, by way of PATH.
	Environment map[string]string
}

// New makes a repository with a pull request, on which somebody has commented
// with the marks of comments of workflows.
func New(t *testing.T) *GitHub {
	t.Helper()
	if _, err := exec.LookPath("jq"); err != nil {
		t.Fatalf("%v; GitHub's machines have it, install it here too", err)
	}
	directory := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", directory, "fargate-stack/local/workflows/gh")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building gh: %v: %s", err, said)
	}
	g := &GitHub{file: filepath.Join(directory, "issues.json")}
	g.Environment = map[string]string{
		"PATH":              directory + string(os.PathListSeparator) + os.Getenv("PATH"),
		"GH_ISSUES":         g.file,
		"GITHUB_REPOSITORY": Repository,
		"GITHUB_SERVER_URL": "https://github.com",
		"GITHUB_RUN_ID":     "1",
	}
	repository := &issues.Repository{Name: Repository, Issues: []*issues.Issue{{Number: PullRequest, State: "open"}}}
	repository.Issues[0].Comment("stranger", "<!-- preview of dev -->")
	repository.Issues[0].Comment("stranger", "<!-- review stack -->")
	if err := repository.Write(g.file); err != nil {
		t.Fatal(err)
	}
	return g
}

// Issues returns the issues, without the pull request.
func (g *GitHub) Issues(t *testing.T) []*issues.Issue {
	t.Helper()
	return g.read(t)[1:]
}

// Comments returns the comments of workflows on the pull request. It is an error
// if those of others are not as they were.
func (g *GitHub) Comments(t *testing.T) []*issues.Comment {
	t.Helper()
	comments := g.read(t)[0].Comments
	if comments[0].Body != "<!-- preview of dev -->" || comments[1].Body != "<!-- review stack -->" {
		t.Errorf("somebody else's comment was changed: %+v, %+v", comments[0], comments[1])
	}
	return comments[2:]
}

func (g *GitHub) read(t *testing.T) []*issues.Issue {
	t.Helper()
	repository, err := issues.Read(g.file)
	if err != nil {
		t.Fatal(err)
	}
	return repository.Issues
}
