package main

import (
	"fmt"
	"strings"

	"fargate-stack/cost/estimate"
	"fargate-stack/preview/guardrails"
	"fargate-stack/preview/plan"
)

const (
	// longestReport leaves room in a comment of GitHub, which has 65,536 characters
	// at most, for what a workflow adds.
	longestReport = 60_000

	// longestErrors is room enough for a message and what the program said.
	longestErrors = 10_000

	// shownEvidence is how many resources a finding names, and longestChange what it
	// says of each.
	shownEvidence = 5
	longestChange = 200
)

// A report is what is said of a preview.
type report struct {
	stack string
	plan  *plan.Plan
	// before and after are what the stack costs. There need be no before, and no
	// after where the reason is in notEstimated.
	before, after *estimate.Estimate
	notEstimated  error
}

// markdown returns the report. The table of changes is as long as the rest of it
// leaves room.
func (r *report) markdown() string {
	changed := r.plan.Changed()
	head := fmt.Sprintf("## Stack %s\n\n%s\n", r.stack, r.sentence(changed))
	foot := r.errors() + r.findings() + r.cost()
	if len(changed) == 0 {
		return head + foot
	}
	const title = "\n### Changes\n\n"
	return head + title + changesTable(changed, longestReport-len(head)-len(title)-len(foot)) + foot
}

func (r *report) sentence(changed []*plan.Step) string {
	if len(r.plan.Errors) > 0 {
		return "**The preview failed.** What is said of changes is as far as it came."
	}
	return summary(changed)
}

// errors returns why the preview failed. They are the end of a report that would
// be too long with them.
func (r *report) errors() string {
	if len(r.plan.Errors) == 0 {
		return ""
	}
	said := strings.Join(r.plan.Errors, "\n\n")
	if len(said) > longestErrors {
		said = strings.ToValidUTF8(said[:longestErrors], "") + "\n… the log has more"
	}
	return "\n### Errors\n\n" + block(said)
}

// findings returns a table of the rules that the plan breaks. Of a plan that
// ends early, that there are none says nothing.
func (r *report) findings() string {
	found := guardrails.Check(r.plan)
	const title = "\n### Guard rails\n\n"
	switch {
	case len(found) == 0 && len(r.plan.Errors) > 0:
		return ""
	case len(found) == 0:
		return title + "No finding.\n"
	}
	var table strings.Builder
	table.WriteString(title + "| Level | What | Where | What to do |\n|---|---|---|---|\n")
	for _, f := range found {
		fmt.Fprintf(&table, "| **%s** | %s | %s | %s |\n", f.Level, f.What, evidence(f.Evidence), f.Advice)
	}
	return table.String()
}

func evidence(all []guardrails.Evidence) string {
	var lines []string
	for i, e := range all {
		if i == shownEvidence {
			lines = append(lines, fmt.Sprintf("and %d more", len(all)-i))
			break
		}
		lines = append(lines, code(e.Resource)+": "+escape(shorten(e.Change, longestChange)))
	}
	return strings.Join(lines, "<br>")
}

// cost returns what the changes add to what the stack costs a month, or what it
// costs. Settings that can't be deployed can't be estimated either, for the same
// reason.
func (r *report) cost() string {
	const title = "\n### Cost\n\n"
	var table strings.Builder
	err := r.notEstimated
	switch {
	case err != nil && len(r.plan.Errors) > 0:
		return ""
	case err != nil:
	case r.before != nil:
		err = estimate.Comparison{Before: r.before, After: r.after}.WriteMarkdown(&table)
	default:
		err = estimate.WriteMarkdown(&table, []*estimate.Estimate{r.after})
	}
	if err != nil {
		return title + "It can't be estimated:\n\n" + block(err.Error())
	}
	return title + table.String()
}
