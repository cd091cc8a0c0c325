package loadbalancer

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// A rule says what happens to requests that meet all of its conditions: they
// are forwarded to one of the target groups, or answered.
type rule struct {
	conditions []condition
	groups     []types.TargetGroupTuple
	answer     fixedAnswer // nil if the rule forwards
}

// newRule makes a rule of what Elastic Load Balancing says of one. The last
// action of a rule is the one that answers; those before it authenticate, on
// HTTPS listeners only.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-listeners.html#rule-action-types
func newRule(described types.Rule) (rule, error) {
	if len(described.Actions) == 0 {
		return rule{}, errors.New("it has no action")
	}
	var made rule
	if err := made.setAction(slices.MaxFunc(described.Actions, func(a, b types.Action) int {
		return cmp.Compare(aws.ToInt32(a.Order), aws.ToInt32(b.Order))
	})); err != nil {
		return rule{}, err
	}
	for _, c := range described.Conditions {
		condition, err := newCondition(c)
		if err != nil {
			return rule{}, err
		}
		made.conditions = append(made.conditions, condition)
	}
	return made, nil
}

func (r *rule) setAction(action types.Action) (err error) {
	switch {
	case action.Type == types.ActionTypeEnumForward:
		r.groups = forwardedTo(action)
	case action.Type == types.ActionTypeEnumRedirect && action.RedirectConfig != nil:
		r.answer = redirect(*action.RedirectConfig)
	case action.Type == types.ActionTypeEnumFixedResponse && action.FixedResponseConfig != nil:
		r.answer, err = fixedResponse(*action.FixedResponseConfig)
	default:
		err = fmt.Errorf("its action %s is not covered here", action.Type)
	}
	return err
}

func (r rule) matches(request *http.Request) bool {
	for _, met := range r.conditions {
		if !met(request) {
			return false
		}
	}
	return true
}

// sortRules puts rules in the order in which they are tried: by ascending
// priority, the default rule last.
func sortRules(rules []types.Rule) {
	slices.SortStableFunc(rules, func(a, b types.Rule) int {
		return cmp.Compare(priority(a), priority(b))
	})
}

// priority returns the number of a rule. The default rule has the word
// "default" in its place.
func priority(r types.Rule) int {
	number, err := strconv.Atoi(aws.ToString(r.Priority))
	if err != nil {
		return math.MaxInt
	}
	return number
}

// forwardedTo returns the target groups that a forward action names. A single
// one may be named without a weight.
func forwardedTo(action types.Action) []types.TargetGroupTuple {
	if action.ForwardConfig != nil && len(action.ForwardConfig.TargetGroups) > 0 {
		return action.ForwardConfig.TargetGroups
	}
	return []types.TargetGroupTuple{{TargetGroupArn: action.TargetGroupArn}}
}
