// Package issues keeps the issues of a repository in a file, and answers
// requests about them as the REST API of GitHub does: those that the workflows
// make, and no others.
package issues

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
)

// Workflows is who writes in the name of workflows.
const Workflows = "github-actions[bot]"

// A Repository has issues, pull requests among them.
type Repository struct {
	// Name is like owner/name.
	Name   string
	Issues []*Issue
}

// An Issue is an issue or a pull request.
type Issue struct {
	Number int    `json:"number"`
	Title  string `json:"title"`
	Body   string `json:"body"`
	State  string `json:"state"`
	User   User   `json:"user"`
	// Comments is a number in the API, that nobody asks for.
	Comments []*Comment `json:"comments"`
}

// A Comment is one on an issue.
type Comment struct {
	ID   int    `json:"id"`
	Body string `json:"body"`
	User User   `json:"user"`
}

// A User is who wrote something.
type User struct {
	Login string `json:"login"`
}

// Read reads a repository from a file.
func Read(path string) (*Repository, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := &Repository{}
	if err := json.Unmarshal(content, r); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// Write writes a repository into a file.
func (r *Repository) Write(path string) error {
	content, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o600)
}

// requests are the methods and paths that are answered. What is in brackets is
// the number of an issue, or the id of a comment.
var requests = []struct {
	form   *regexp.Regexp
	fields []string
	answer func(r *Repository, number int, fields map[string]string) (any, error)
}{
	{regexp.MustCompile(`^GET /issues\?state=open&per_page=100$`), nil, (*Repository).open},
	{regexp.MustCompile(`^POST /issues$`), []string{"body", "title"}, (*Repository).create},
	{regexp.MustCompile(`^PATCH /issues/(\d+)$`), []string{"body", "state"}, (*Repository).change},
	{regexp.MustCompile(`^GET /issues/(\d+)/comments$`), nil, (*Repository).comments},
	{regexp.MustCompile(`^POST /issues/(\d+)/comments$`), []string{"body"}, (*Repository).comment},
	{regexp.MustCompile(`^PATCH /issues/comments/(\d+)$`), []string{"body"}, (*Repository).changeComment},
}

// Answer answers a request by a workflow. The path is that under the repository.
func (r *Repository) Answer(method, path string, fields map[string]string) (any, error) {
	for _, request := range requests {
		parts := request.form.FindStringSubmatch(method + " " + path)
		if parts == nil {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			if !slices.Contains(request.fields, name) {
				return nil, fmt.Errorf("%s %s: the field %s is not known", method, path, name)
			}
		}
		number := 0
		if len(parts) > 1 {
			number, _ = strconv.Atoi(parts[1]) // digits, as the form says
		}
		return request.answer(r, number, fields)
	}
	return nil, fmt.Errorf("%s %s is none of the requests that are known", method, path)
}

func (r *Repository) open(_ int, _ map[string]string) (any, error) {
	open := []*Issue{}
	for _, issue := range r.Issues {
		if issue.State == "open" {
			open = append(open, issue)
		}
	}
	return open, nil
}

func (r *Repository) create(_ int, fields map[string]string) (any, error) {
	issue := &Issue{
		Number: len(r.Issues) + 1, Title: fields["title"], Body: fields["body"], State: "open", User: User{Workflows},
		Comments: []*Comment{},
	}
	r.Issues = append(r.Issues, issue)
	return issue, nil
}

func (r *Repository) change(number int, fields map[string]string) (any, error) {
	issue, err := r.Issue(number)
	if err != nil {
		return nil, err
	}
	if body, ok := fields["body"]; ok {
		issue.Body = body
	}
	if state, ok := fields["state"]; ok {
		issue.State = state
	}
	return issue, nil
}

func (r *Repository) comments(number int, _ map[string]string) (any, error) {
	issue, err := r.Issue(number)
	if err != nil {
		return nil, err
	}
	return issue.Comments, nil
}

func (r *Repository) comment(number int, fields map[string]string) (any, error) {
	issue, err := r.Issue(number)
	if err != nil {
		return nil, err
	}
	return issue.Comment(Workflows, fields["body"]), nil
}

func (r *Repository) changeComment(id int, fields map[string]string) (any, error) {
	for _, issue := range r.Issues {
		for _, comment := range issue.Comments {
			if comment.ID == id {
				comment.Body = fields["body"]
				return comment, nil
			}
		}
	}
	return nil, fmt.Errorf("there is no comment %d", id)
}

// Issue returns an issue.
func (r *Repository) Issue(number int) (*Issue, error) {
	for _, issue := range r.Issues {
		if issue.Number == number {
			return issue, nil
		}
	}
	return nil, fmt.Errorf("there is no issue %d", number)
}

// Comment adds a comment to an issue.
func (i *Issue) Comment(user, body string) *Comment {
	comment := &Comment{ID: i.Number*1000 + len(i.Comments), Body: body, User: User{user}}
	i.Comments = append(i.Comments, comment)
	return comment
}
