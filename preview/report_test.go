package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"fargate-stack/cost/estimate"
	"fargate-stack/preview/plan"
)

// largePlan is of resources that are updated in so many properties each, and
// break a rule.
func largePlan(t *testing.T, resources, properties int) *plan.Plan {
	t.Helper()
	old, changed, reasons := map[string]any{"retentionInDays": 90}, map[string]any{"retentionInDays": 7}, []string{"retentionInDays"}
	for i := range properties {
		name := fmt.Sprintf("property%d", i)
		old[name], changed[name], reasons = "old", "new", append(reasons, name)
	}
	var steps []any
	for i := range resources {
		steps = append(steps, map[string]any{
			"op": "update", "urn": fmt.Sprintf("urn:pulumi:prod::p::aws:cloudwatch/logGroup:LogGroup::group-%d", i), "diffReasons": reasons,
			"oldState": map[string]any{"custom": true, "inputs": old}, "newState": map[string]any{"custom": true, "inputs": changed},
		})
	}
	text, err := json.Marshal(map[string]any{"steps": steps})
	must(t, err)
	p, err := plan.Read(text)
	must(t, err)
	return p
}

func TestAReportFitsInAComment(t *testing.T) {
	const longestComment = 65_536
	r := &report{stack: "prod", plan: largePlan(t, 1000, 10), after: &estimate.Estimate{Stack: "prod", Region: "us-east-1"}}
	r.plan.Errors = []string{strings.Repeat("é", 20_000)}
	text := r.markdown()
	if len(text) > longestComment || len(text) < longestReport-1000 {
		t.Errorf("the report has %d bytes", len(text))
	}
	for _, want := range []string{
		" more are left out: a comment has no room for them.", "the log has more",
		"<br>and 995 more | Export to another bucket", "### Cost",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the report does not say %q", want)
		}
	}
}

func TestManyPropertiesAreFolded(t *testing.T) {
	few, many := properties(largePlan(t, 1, 3).Steps[0]), properties(largePlan(t, 1, 4).Steps[0])
	if strings.Contains(few, "<details>") {
		t.Errorf("four are folded: %s", few)
	}
	if !strings.HasPrefix(many, "<details><summary>5 properties</summary>property0: `old` → `new`<br>") {
		t.Errorf("five are shown as %s", many)
	}
	if most := properties(largePlan(t, 1, 99).Steps[0]); !strings.HasSuffix(most, "<br>and 60 more</details>") {
		t.Errorf("a hundred end with %s", most[len(most)-100:])
	}
}
