package e2e

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// A question is what AWS asks of IAM when something is called.
type question struct {
	action, resource string
	// keys are the condition keys of the call.
	keys map[string]string
}

// A permission is a statement of a policy, as the program writes them.
type permission struct {
	Sid, Effect      string
	Action, Resource []string
	Condition        map[string]map[string]any
}

// permissions returns what a role may do by its policies.
func (a *account) permissions(t *testing.T, roleARN string) []permission {
	t.Helper()
	name := roleARN[strings.LastIndex(roleARN, "/")+1:]
	attached, err := a.iam.ListAttachedRolePolicies(t.Context(), &iam.ListAttachedRolePoliciesInput{RoleName: &name})
	must(t, err)
	var all []permission
	for _, policy := range attached.AttachedPolicies {
		described, err := a.iam.GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: policy.PolicyArn})
		must(t, err)
		version, err := a.iam.GetPolicyVersion(t.Context(), &iam.GetPolicyVersionInput{PolicyArn: policy.PolicyArn, VersionId: described.Policy.DefaultVersionId})
		must(t, err)
		text, err := url.PathUnescape(aws.ToString(version.PolicyVersion.Document))
		must(t, err)
		var document struct{ Statement []permission }
		must(t, json.Unmarshal([]byte(text), &document))
		all = append(all, document.Statement...)
	}
	if len(all) == 0 {
		t.Fatalf("role %s has no policies", name)
	}
	return all
}

// denied returns the questions that IAM would answer with no, each once.
func denied(permissions []permission, questions []question) []string {
	var refused []string
	for _, q := range questions {
		if !slices.ContainsFunc(permissions, func(p permission) bool { return p.allows(q) }) {
			refused = append(refused, fmt.Sprintf("%s on %s with %v", q.action, q.resource, q.keys))
		}
	}
	slices.Sort(refused)
	return slices.Compact(refused)
}

func (p permission) allows(q question) bool {
	if p.Effect != "Allow" || !likeAny(p.Action, q.action) || !likeAny(p.Resource, q.resource) {
		return false
	}
	for operator, wanted := range p.Condition {
		for key, values := range wanted {
			if !holds(operator, listOf(values), q.keys, key) {
				return false
			}
		}
	}
	return true
}

// holds tells whether a condition holds, by the operators that the program has.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
func holds(operator string, wanted []string, keys map[string]string, key string) bool {
	value, present := keys[key]
	switch operator {
	case "Null":
		return present == slices.Contains(wanted, "false")
	case "ForAllValues:StringLike":
		return !present || likeAny(wanted, value)
	case "StringEquals", "ArnEquals":
		return present && slices.Contains(wanted, value)
	case "StringLike":
		return present && likeAny(wanted, value)
	}
	panic("a condition with " + operator + " can't be judged here")
}

// listOf returns the values of a condition, which may be one.
func listOf(values any) []string {
	list, several := values.([]any)
	if !several {
		return []string{fmt.Sprint(values)}
	}
	texts := make([]string, len(list))
	for i, value := range list {
		texts[i] = fmt.Sprint(value)
	}
	return texts
}

// likeAny tells whether a value is like a pattern, with * and ? in it.
func likeAny(patterns []string, value string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		expression := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
		return regexp.MustCompile("^" + expression + "$").MatchString(value)
	})
}
