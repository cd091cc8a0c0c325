package loadbalancer

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

func pathIs(values ...string) types.RuleCondition {
	return types.RuleCondition{Field: aws.String("path-pattern"), PathPatternConfig: &types.PathPatternConditionConfig{Values: values}}
}

func hostIs(values ...string) types.RuleCondition {
	return types.RuleCondition{Field: aws.String("host-header"), HostHeaderConfig: &types.HostHeaderConditionConfig{Values: values}}
}

func headerIs(name string, values ...string) types.RuleCondition {
	return types.RuleCondition{Field: aws.String("http-header"), HttpHeaderConfig: &types.HttpHeaderConditionConfig{HttpHeaderName: &name, Values: values}}
}

func methodIs(values ...string) types.RuleCondition {
	return types.RuleCondition{Field: aws.String("http-request-method"), HttpRequestMethodConfig: &types.HttpRequestMethodConditionConfig{Values: values}}
}

func queryHas(key *string, value string) types.RuleCondition {
	return types.RuleCondition{Field: aws.String("query-string"), QueryStringConfig: &types.QueryStringConditionConfig{
		Values: []types.QueryStringKeyValuePair{{Key: key, Value: &value}},
	}}
}

func sourceIs(values ...string) types.RuleCondition {
	return types.RuleCondition{Field: aws.String("source-ip"), SourceIpConfig: &types.SourceIpConditionConfig{Values: values}}
}

func TestRuleMatches(t *testing.T) {
	request := httptest.NewRequest(http.MethodGet, "http://Shop.example.com:8080/img/a%20b.png?Color=Dark+Blue&size=1", nil)
	request.Header = http.Header{"X-Version": {"1.0", "Beta-2"}, "X-Forwarded-For": {"203.0.113.9"}}
	request.RemoteAddr = "192.0.2.7:40000"

	tests := []struct {
		name       string
		conditions []types.RuleCondition
		want       bool
	}{
		{"a rule without conditions matches", nil, true},
		{"a path is matched", []types.RuleCondition{pathIs("/img/a%20b.png")}, true},
		{"a path is matched in the older form", []types.RuleCondition{{Field: aws.String("path-pattern"), Values: []string{"/img/*"}}}, true},
		{"a path heeds case", []types.RuleCondition{pathIs("/IMG/*")}, false},
		{"a path is matched whole", []types.RuleCondition{pathIs("/img")}, false},
		{"a path has no query", []types.RuleCondition{pathIs("*size*")}, false},
		{"a star stands for slashes too", []types.RuleCondition{pathIs("/*.png")}, true},
		{"a question mark stands for one character", []types.RuleCondition{pathIs("/???/a*")}, true},
		{"a question mark does not stand for two", []types.RuleCondition{pathIs("/??/a*")}, false},
		{"a backslash takes the meaning from a star", []types.RuleCondition{pathIs(`/img/\*`)}, false},
		{"a dot is a dot", []types.RuleCondition{pathIs("/img/a%20b?pn.")}, false},
		{"one value is enough", []types.RuleCondition{pathIs("/api/*", "/img/*")}, true},
		{"a host ignores case and port", []types.RuleCondition{hostIs("SHOP.example.com")}, true},
		{"a host takes wildcards", []types.RuleCondition{hostIs("*.example.com")}, true},
		{"another host does not match", []types.RuleCondition{hostIs("example.com")}, false},
		{"a header's second value matches", []types.RuleCondition{headerIs("x-version", "beta-*")}, true},
		{"a header that is not there does not match", []types.RuleCondition{headerIs("X-Other", "*")}, false},
		{"a method matches", []types.RuleCondition{methodIs("POST", "GET")}, true},
		{"a method heeds case", []types.RuleCondition{methodIs("get")}, false},
		{"a query's pair matches", []types.RuleCondition{queryHas(aws.String("color"), "dark blue")}, true},
		{"a query's value matches under any key", []types.RuleCondition{queryHas(nil, "dark*")}, true},
		{"a query's value under another key does not match", []types.RuleCondition{queryHas(aws.String("size"), "dark*")}, false},
		{"a source is the connection's", []types.RuleCondition{sourceIs("192.0.2.0/24")}, true},
		{"a source is not what a header says", []types.RuleCondition{sourceIs("203.0.113.0/24")}, false},
		{"all conditions have to be met", []types.RuleCondition{pathIs("/img/*"), methodIs("POST")}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			made, err := newRule(types.Rule{Conditions: test.conditions, Actions: []types.Action{forwardTo(testGroup)}})
			if err != nil {
				t.Fatal(err)
			}
			if got := made.matches(request); got != test.want {
				t.Errorf("matches: %v, want %v", got, test.want)
			}
		})
	}
}

func TestRuleThatIsNotUnderstoodIsAnError(t *testing.T) {
	forward := []types.Action{forwardTo(testGroup)}
	tests := []struct {
		name    string
		rule    types.Rule
		problem string
	}{
		{"no action", types.Rule{}, "no action"},
		{"an action of HTTPS listeners", types.Rule{Actions: []types.Action{{Type: types.ActionTypeEnumAuthenticateOidc}}}, "authenticate-oidc"},
		{"a redirect to nowhere", types.Rule{Actions: []types.Action{{Type: types.ActionTypeEnumRedirect}}}, "redirect"},
		{"a fixed response without a code", types.Rule{Actions: []types.Action{{
			Type: types.ActionTypeEnumFixedResponse, FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: aws.String("9")},
		}}}, `"9"`},
		{"a condition without values", types.Rule{Actions: forward, Conditions: []types.RuleCondition{pathIs()}}, "path-pattern"},
		{"a condition of another kind", types.Rule{Actions: forward, Conditions: []types.RuleCondition{
			{Field: aws.String("moon-phase"), Values: []string{"full"}},
		}}, "moon-phase"},
		{"a source that is no range", types.Rule{Actions: forward, Conditions: []types.RuleCondition{sourceIs("home")}}, "home"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := newRule(test.rule)
			if err == nil || !strings.Contains(err.Error(), test.problem) {
				t.Errorf("error %v, want one with %s", err, test.problem)
			}
		})
	}
}

func TestRulesAreTriedByPriority(t *testing.T) {
	rules := []types.Rule{{Priority: aws.String("default")}, {Priority: aws.String("10")}, {Priority: aws.String("9")}}
	sortRules(rules)
	var order []string
	for _, r := range rules {
		order = append(order, *r.Priority)
	}
	if got := strings.Join(order, " "); got != "9 10 default" {
		t.Errorf("tried in the order %s", got)
	}
}

func TestLastActionAnswers(t *testing.T) {
	last := fixedText("last")
	last.Order = aws.Int32(2)
	first := types.Action{Type: types.ActionTypeEnumAuthenticateOidc, Order: aws.Int32(1)}
	made, err := newRule(types.Rule{Actions: []types.Action{last, first}})
	if err != nil {
		t.Fatal(err)
	}
	recorder := httptest.NewRecorder()
	made.answer(recorder, httptest.NewRequest(http.MethodGet, "/", nil), 80)
	if got := recorder.Body.String(); got != "last" {
		t.Errorf("answered %q", got)
	}
}

func TestWeightsDecideBetweenTargetGroups(t *testing.T) {
	group := func(arn string, weight int32) types.TargetGroupTuple {
		return types.TargetGroupTuple{TargetGroupArn: &arn, Weight: &weight}
	}
	counts := map[string]int{}
	for range 4000 {
		counts[choose([]types.TargetGroupTuple{group("none", 0), group("few", 1), group("many", 3)})]++
	}
	if counts["none"] > 0 || counts["few"] < 800 || counts["few"] > 1200 || counts["few"]+counts["many"] != 4000 {
		t.Errorf("chosen by the weights 0, 1 and 3: %v", counts)
	}
	if got := choose([]types.TargetGroupTuple{group("none", 0)}); got != "" {
		t.Errorf("chosen without any weight: %s", got)
	}
}
