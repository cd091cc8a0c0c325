// Package guardrails finds in a plan what people should look at before they let
// it happen: what loses requests or data, weakens a protection, opens a way in,
// gives permissions, or takes capacity away.
//
// The rules are about what this program makes. They look at changes: what was
// so before is not found again, and a new stack of the program breaks none.
// What is not known before the deployment is not looked at; above all, the
// container, where its image has still to be built.
package guardrails

import (
	"fmt"
	"slices"
	"strings"

	"fargate-stack/preview/plan"
)

// A Level is how much a finding matters.
type Level string

const (
	// Danger is for what may take the app down, lose data or let somebody in.
	Danger Level = "danger"
	// Caution is for what leaves the app less safe, or people knowing less.
	Caution Level = "caution"
)

// A Finding is a rule that a plan breaks.
type Finding struct {
	// Level is how much it matters.
	Level Level
	// What would come about, and Advice what to do about it.
	What, Advice string
	// Evidence is what in the plan breaks the rule.
	Evidence []Evidence
}

// Evidence is how one resource breaks a rule.
type Evidence struct {
	// Resource is its type and name.
	Resource string
	// Change is what happens to it.
	Change string
}

// A rule is something that a plan should not do without anybody's noticing.
type rule struct {
	level        Level
	what, advice string
	// broken returns how a step breaks the rule, and nothing if it does not.
	broken func(*plan.Plan, *plan.Step) string
}

// rules are all rules, by their subject.
var rules = slices.Concat(losses, protections, exposures, permissions, capacities, containers)

// Check returns the rules that a plan breaks, the dangerous ones first.
func Check(p *plan.Plan) []Finding {
	var findings []Finding
	for _, level := range []Level{Danger, Caution} {
		for _, r := range rules {
			if r.level != level {
				continue
			}
			if evidence := r.evidence(p); len(evidence) > 0 {
				findings = append(findings, Finding{Level: level, What: r.what, Advice: r.advice, Evidence: evidence})
			}
		}
	}
	return findings
}

func (r rule) evidence(p *plan.Plan) []Evidence {
	var evidence []Evidence
	for _, step := range p.Steps {
		if change := r.broken(p, step); change != "" {
			evidence = append(evidence, Evidence{Resource: step.Short(), Change: change})
		}
	}
	return evidence
}

// A check is a rule's broken that looks at one step only.
type check func(*plan.Step) string

// anyOf returns a rule's broken that is how any of several checks find it.
func anyOf(checks ...check) func(*plan.Plan, *plan.Step) string {
	return func(_ *plan.Plan, s *plan.Step) string {
		var changes []string
		for _, check := range checks {
			if change := check(s); change != "" {
				changes = append(changes, change)
			}
		}
		return strings.Join(changes, "; ")
	}
}

// deleted finds resources of some types that go.
func deleted(types ...string) check {
	return func(s *plan.Step) string {
		if s.Operation == plan.Delete && slices.Contains(types, s.Type) {
			return "is deleted"
		}
		return ""
	}
}

// gone finds resources of some types that go, though others may come in their
// place.
func gone(types ...string) check {
	return func(s *plan.Step) string {
		if s.Operation == plan.Replace && slices.Contains(types, s.Type) {
			return "is replaced"
		}
		return deleted(types...)(s)
	}
}

// turnedOff finds a property of a type that was true.
func turnedOff(typ, path string) check {
	return func(s *plan.Step) string {
		if s.Type == typ && s.New != nil && s.Before(path) == true && s.After(path) != true && !plan.IsUnknown(s.After(path)) {
			return path + " is turned off"
		}
		return ""
	}
}

// lowered finds a number of a type that becomes smaller.
func lowered(typ, path string) check {
	return func(s *plan.Step) string {
		before, after := number(s.Before(path)), number(s.After(path))
		if s.Type == typ && after < before {
			return fmt.Sprintf("%s becomes %g, was %g", path, after, before)
		}
		return ""
	}
}
