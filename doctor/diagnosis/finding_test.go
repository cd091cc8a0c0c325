package diagnosis

import (
	"testing"
)

func TestFindingIsWrittenLineByLine(t *testing.T) {
	finding := Finding{Title: "The image is gone", Evidence: []string{"ECR: not found", "task 1 stopped"}, Mend: "push it"}
	const want = "The image is gone\n  - ECR: not found\n  - task 1 stopped\n  To mend it: push it"
	if got := finding.String(); got != want {
		t.Errorf("got %s", got)
	}
}
