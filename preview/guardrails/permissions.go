package guardrails

import (
	"encoding/json"
	"path"
	"slices"
	"strings"

	"fargate-stack/preview/plan"
)

// permissions are about who may do what on AWS.
var permissions = []rule{
	{
		Danger, "A role may do everything, or everything of a service.",
		"Name the actions that are needed.",
		anyOf(anyAction),
	},
	{
		Danger, "A role gets one of AWS's policies for administrators.",
		"Write a policy with the actions that are needed.",
		anyOf(administrator),
	},
	{
		Danger, "Other people or services may take a role.",
		"Make sure that they are those who should, and under conditions that only they meet.",
		anyOf(otherTrust),
	},
	{
		Caution, "A role may do something to all resources.",
		"Name the resources by their ARNs.",
		anyOf(anyResource),
	},
}

// policyTypes are the resources that have a policy, in the input policy.
var policyTypes = []string{"aws:iam/rolePolicy:RolePolicy", "aws:iam/policy:Policy"}

// A policy is what matters of one in IAM, where a list of one element may be
// that element alone.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
type policy struct{ Statement oneOrMore[statement] }

type statement struct {
	Effect                      string
	Action, NotAction, Resource oneOrMore[string]
}

type oneOrMore[T any] []T

func (l *oneOrMore[T]) UnmarshalJSON(text []byte) error {
	if strings.HasPrefix(string(text), "[") {
		return json.Unmarshal(text, (*[]T)(l))
	}
	var one T
	err := json.Unmarshal(text, &one)
	*l = oneOrMore[T]{one}
	return err
}

// allowed returns the statements of a policy that allow something. A policy that
// is not known yet has none.
func allowed(document any) []statement {
	var p policy
	if err := json.Unmarshal([]byte(text(document)), &p); err != nil {
		return nil
	}
	return slices.DeleteFunc(p.Statement, func(s statement) bool { return s.Effect != "Allow" })
}

// newlyAllowed returns the actions for which a statement is something, if no
// statement of the policy before was so for them.
func newlyAllowed(s *plan.Step, actionsFor func(statement) []string) string {
	if !slices.Contains(policyTypes, s.Type) {
		return ""
	}
	var before, after []string
	for _, statement := range allowed(s.Before("policy")) {
		before = append(before, actionsFor(statement)...)
	}
	for _, statement := range allowed(s.After("policy")) {
		for _, action := range actionsFor(statement) {
			if !slices.Contains(before, action) {
				after = append(after, action)
			}
		}
	}
	if len(after) == 0 {
		return ""
	}
	return "allows " + strings.Join(after, ", ")
}

func anyAction(s *plan.Step) string {
	return newlyAllowed(s, func(statement statement) []string {
		var actions []string
		for _, action := range statement.Action {
			if action == "*" || strings.HasSuffix(action, ":*") {
				actions = append(actions, action)
			}
		}
		if len(statement.NotAction) > 0 {
			actions = append(actions, "all but "+strings.Join(statement.NotAction, ", "))
		}
		return actions
	})
}

func anyResource(s *plan.Step) string {
	return newlyAllowed(s, func(statement statement) []string {
		if !slices.Contains(statement.Resource, "*") {
			return nil
		}
		return slices.DeleteFunc(slices.Clone(statement.Action), withoutResource)
	})
}

// withoutResource tells whether AWS knows no resource for an action but all of
// them. These are what the program allows.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonmessagegatewayservice.html
func withoutResource(action string) bool {
	return action == "ecr:GetAuthorizationToken" || strings.HasPrefix(action, "ssmmessages:")
}

// administrator finds policies of AWS with which a role can get any permission.
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
func administrator(s *plan.Step) string {
	const property = "policyArn"
	arn := text(s.After(property))
	if s.Type != "aws:iam/rolePolicyAttachment:RolePolicyAttachment" || arn == s.Before(property) {
		return ""
	}
	if !strings.Contains(arn, ":iam::aws:policy/") {
		return ""
	}
	if slices.Contains([]string{"AdministratorAccess", "PowerUserAccess", "IAMFullAccess"}, path.Base(arn)) {
		return "attaches " + arn
	}
	return ""
}

func otherTrust(s *plan.Step) string {
	const property = "assumeRolePolicy"
	if s.Type != "aws:iam/role:Role" || s.Old == nil || s.New == nil {
		return ""
	}
	changes := slices.ContainsFunc(s.Differences, func(d plan.Difference) bool { return strings.HasPrefix(d.Path, property) })
	if !changes {
		return ""
	}
	return property + " changes"
}
