package issues

import (
	"strings"
	"testing"
)

func TestWhatWorkflowsDoNotAskForIsRefused(t *testing.T) {
	repository := &Repository{Issues: []*Issue{{Number: 1, State: "open"}}}
	for _, test := range []struct {
		statement, method, path string
		fields                  map[string]string
		want                    string
	}{
		{"another request", "DELETE", "/issues/1", nil, "DELETE /issues/1 is none of the requests"},
		{"another field", "PATCH", "/issues/1", map[string]string{"labels": "drift"}, "the field labels is not known"},
		{"an issue that is not there", "PATCH", "/issues/2", map[string]string{"state": "closed"}, "there is no issue 2"},
		{"a comment that is not there", "PATCH", "/issues/comments/1", map[string]string{"body": "text"}, "there is no comment 1"},
	} {
		t.Run(test.statement, func(t *testing.T) {
			if _, err := repository.Answer(test.method, test.path, test.fields); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}
