package main

import (
	"fmt"
	"slices"
	"strings"

	"fargate-stack/preview/plan"
)

const (
	// shownProperties and shownCreations are how many are shown before the list is
	// folded.
	shownProperties = 4
	shownCreations  = 10

	// mostProperties is how many are told of one resource.
	mostProperties = 40
)

// order is that of the operations in the table: the most dangerous first. What
// stays the same is there for its protection.
var order = []plan.Operation{plan.Delete, plan.Replace, plan.Update, plan.Same, plan.Create}

// verbs are what is said of an operation.
var verbs = map[plan.Operation]string{
	plan.Delete: "delete", plan.Replace: "replace", plan.Update: "update", plan.Same: "update", plan.Create: "create",
}

// byDanger returns steps in the order of their operations.
func byDanger(steps []*plan.Step) []*plan.Step {
	return slices.SortedStableFunc(slices.Values(steps), func(a, b *plan.Step) int {
		return slices.Index(order, a.Operation) - slices.Index(order, b.Operation)
	})
}

// summary says in a sentence what would change.
func summary(steps []*plan.Step) string {
	if len(steps) == 0 {
		return "Nothing changes."
	}
	counts := map[string]int{}
	for _, step := range steps {
		counts[verbs[step.Operation]]++
	}
	var parts []string
	for _, verb := range []string{"create", "update", "replace", "delete"} {
		if counts[verb] > 0 {
			parts = append(parts, fmt.Sprintf("%d to %s", counts[verb], verb))
		}
	}
	return "Resources: " + strings.Join(parts, ", ") + "."
}

// changesTable returns a table of steps, in at most so many bytes. Many
// creations are folded: they take nothing away.
func changesTable(steps []*plan.Step, limit int) string {
	steps = byDanger(steps)
	creations := slices.IndexFunc(steps, func(s *plan.Step) bool { return s.Operation == plan.Create })
	if creations < 0 || len(steps)-creations <= shownCreations {
		return rows(steps, limit)
	}
	var others string
	if creations > 0 {
		others = rows(steps[:creations], limit) + "\n"
	}
	created := steps[creations:]
	const frame = 100 // what the folding itself takes
	return others + fold(fmt.Sprintf("%d to create", len(created)), "\n\n"+rows(created, limit-len(others)-frame)+"\n") + "\n"
}

// rows returns a table with a row for each step, as far as they fit.
func rows(steps []*plan.Step, limit int) string {
	var table strings.Builder
	table.WriteString("| | Resource | What changes |\n|---|---|---|\n")
	for i, step := range steps {
		row := fmt.Sprintf("| %s | %s | %s |\n", verbs[step.Operation], code(step.Short()), properties(step))
		if table.Len()+len(row) > limit {
			fmt.Fprintf(&table, "\n%d more are left out: a comment has no room for them. `pulumi preview --diff` shows all.\n", len(steps)-i)
			break
		}
		table.WriteString(row)
	}
	return table.String()
}

// properties returns what changes in a resource, property by property.
func properties(step *plan.Step) string {
	var lines []string
	if step.ProtectionChanges() {
		lines = append(lines, "protect: "+show(step.Old.Protect)+" → "+show(step.New.Protect))
	}
	for _, d := range step.Differences {
		lines = append(lines, escape(d.Path)+": "+show(d.Old)+" → "+show(d.New))
	}
	count := len(lines)
	if count > mostProperties {
		lines = append(lines[:mostProperties], fmt.Sprintf("and %d more", count-mostProperties))
	}
	all := strings.Join(lines, "<br>")
	if count > shownProperties {
		return fold(fmt.Sprintf("%d properties", count), all)
	}
	return all
}
