package permissions

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A policy is a trust policy. What a statement may have beyond this is refused:
// to pass over it would change what the policy says.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
type policy struct {
	Version, ID string
	Statement   oneOrMore[statement]
}

type statement struct {
	Sid, Effect string
	Principal   principal
	Action      oneOrMore[string]
	// Condition has the values that are wanted, by operator and by key.
	Condition map[string]map[string]oneOrMore[string]
}

// A principal is who a statement is about: names, by their kind.
type principal map[string]oneOrMore[string]

// UnmarshalJSON reads "*" as {"AWS": "*"}, which means the same.
func (p *principal) UnmarshalJSON(text []byte) error {
	if string(text) == `"*"` {
		*p = principal{"AWS": {"*"}}
		return nil
	}
	return decode(text, (*map[string]oneOrMore[string])(p))
}

// A oneOrMore is written without brackets in a policy if it is only one.
type oneOrMore[T any] []T

// UnmarshalJSON reads both.
func (l *oneOrMore[T]) UnmarshalJSON(text []byte) error {
	if bytes.HasPrefix(text, []byte("[")) {
		return decode(text, (*[]T)(l))
	}
	*l = make([]T, 1)
	return decode(text, &(*l)[0])
}

// decode reads JSON and refuses names that are not known.
func decode(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

func parsePolicy(text string) (*policy, error) {
	var p policy
	return &p, decode([]byte(text), &p)
}

// keys are the condition keys of a request, their names in lower case.
type keys map[string]string

// trusts tells whether a service may assume the role: a statement allows it,
// and none denies it.
func (p *policy) trusts(service string, request keys) (bool, error) {
	allowed := false
	for _, s := range p.Statement {
		applies, err := s.appliesTo(service, request)
		if err != nil {
			return false, err
		}
		if applies && s.Effect == "Deny" {
			return false, nil
		}
		allowed = allowed || applies
	}
	return allowed, nil
}

func (s statement) appliesTo(service string, request keys) (bool, error) {
	named := slices.Contains(s.Principal["Service"], service) || slices.Contains(s.Principal["AWS"], "*")
	action := slices.ContainsFunc(s.Action, func(pattern string) bool {
		return like(strings.ToLower(assumeRole), strings.ToLower(pattern))
	})
	if !named || !action {
		return false, nil
	}
	applies := true
	for operator, wanted := range s.Condition {
		for key, values := range wanted {
			holds, err := request.hold(operator, key, values)
			if err != nil {
				return false, err
			}
			applies = applies && holds
		}
	}
	return applies, nil
}

// operators compare the value of a key with one that a condition names.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
var operators = map[string]func(value, pattern string) bool{
	"StringEquals": func(value, pattern string) bool { return value == pattern },
	"StringLike":   like,
	"ArnEquals":    likeARN, // does the same as ArnLike
	"ArnLike":      likeARN,
}

// hold tells whether a condition holds: one of the values matches, or none if
// the operator is negated. A key that the request does not have fails it,
// unless the operator is negated or ends in IfExists.
func (k keys) hold(operator, key string, values []string) (bool, error) {
	name, optional := strings.CutSuffix(operator, "IfExists")
	negated := strings.Contains(name, "Not")
	matches, known := operators[strings.Replace(name, "Not", "", 1)]
	if !known {
		return false, fmt.Errorf("the condition operator %s is not supported here", operator)
	}
	value, present := k[strings.ToLower(key)]
	if !present {
		return negated || optional, nil
	}
	return slices.ContainsFunc(values, func(pattern string) bool { return matches(value, pattern) }) != negated, nil
}

// like tells whether a value matches a pattern, in which * stands for any
// characters and ? for one.
func like(value, pattern string) bool {
	expression := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
	return regexp.MustCompile("^(?s:" + expression + ")$").MatchString(value)
}

// likeARN compares each of the six parts of an ARN by itself.
func likeARN(value, pattern string) bool {
	values, patterns := strings.SplitN(value, ":", 6), strings.SplitN(pattern, ":", 6)
	return slices.EqualFunc(values, patterns, like)
}
