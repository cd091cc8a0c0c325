package workflows

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"fargate-stack/local/workflows/githubtest"
)

func TestThereIsOneCommentOnATopic(t *testing.T) {
	github := githubtest.New(t)
	comment := func(topic, body string) {
		t.Helper()
		script := exec.CommandContext(t.Context(), "../../.github/scripts/comment.sh", "1", topic)
		script.Env = append(os.Environ(), "GH_TOKEN=token")
		for name, value := range github.Environment {
			script.Env = append(script.Env, name+"="+value)
		}
		script.Stdin = strings.NewReader(body)
		if said, err := script.CombinedOutput(); err != nil {
			t.Fatalf("comment.sh: %v: %s", err, said)
		}
	}
	comment("preview of dev", "first")
	comment("review stack", "another topic")
	comment("preview of dev", "@second \"quoted\"\n")

	want := []string{"<!-- preview of dev -->\n@second \"quoted\"\n", "<!-- review stack -->\nanother topic"}
	comments := github.Comments(t)
	if len(comments) != len(want) {
		t.Fatalf("there are %d comments, want %d", len(comments), len(want))
	}
	for i, comment := range comments {
		if comment.Body != want[i] {
			t.Errorf("comment is %q, want %q", comment.Body, want[i])
		}
	}
}
