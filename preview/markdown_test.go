package main

import (
	"strings"
	"testing"

	"fargate-stack/preview/plan"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

func TestValuesAreShown(t *testing.T) {
	for _, test := range []struct {
		statement string
		value     any
		want      string
	}{
		{"text in a code span", "app", "`app`"},
		{"a number as it is", 5000., "`5000`"},
		{"a list in JSON", []any{"a", 1.}, "`[\"a\",1]`"},
		{"nothing as a dash", nil, "–"},
		{"an empty text as such", "", "*empty*"},
		{"a secret as such", "[secret]", "*secret*"},
		{"what is not known as such", plugin.UnknownStringValue, "*known later*"},
		{"a bar that does not end the cell", "a|b", "`a\\|b`"},
		{"lines as one", "a\n  b", "`a b`"},
		{"a backtick that does not end the span", "a`b", "`` a`b ``"},
		{"the ends of a long text", strings.Repeat("a", 60) + strings.Repeat("ö", 60), "`" + strings.Repeat("a", 40) + " … " + strings.Repeat("ö", 40) + "`"},
	} {
		t.Run(test.statement, func(t *testing.T) {
			if got := show(test.value); got != test.want {
				t.Errorf("it is %s, want %s", got, test.want)
			}
		})
	}
}

func TestTextIsNoMarkdown(t *testing.T) {
	if got, want := escape("s3:* <b> [a](b) a_b|c"), `s3:\* &lt;b> \[a](b) a\_b\|c`; got != want {
		t.Errorf("it is %s, want %s", got, want)
	}
}

func TestABlockIsNotEndedByWhatIsInIt(t *testing.T) {
	if got, want := block("```\n# title"), "````text\n```\n# title\n````\n"; got != want {
		t.Errorf("it is %q, want %q", got, want)
	}
}

func TestAProtectionThatChangesIsShown(t *testing.T) {
	step := &plan.Step{Operation: plan.Same, Old: &plan.Resource{Protect: true}, New: &plan.Resource{}}
	if got := properties(step); got != "protect: `true` → `false`" {
		t.Errorf("it is %s", got)
	}
}
