package plan

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// step returns a plan with one step in it, of a load balancer.
func step(operation, more string) string {
	return fmt.Sprintf(`{"steps": [{"op": %q, "urn": "urn:pulumi:dev::p::p:infra:LoadBalancer$aws:lb/loadBalancer:LoadBalancer::app"%s}]}`, operation, more)
}

func readOne(t *testing.T, text string) *Step {
	t.Helper()
	p, err := Read([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Steps) != 1 {
		t.Fatalf("steps are %v", p.Steps)
	}
	return p.Steps[0]
}

func TestDifferences(t *testing.T) {
	const unknown = `"04da6b54-80e4-46f7-96ec-b56ff0331ba9"`
	for _, test := range []struct {
		statement  string
		asked, new string
		// made is what the provider made of what was asked for.
		made string
		diff string
		want []Difference
	}{
		{
			"a property has its old and its new value",
			`{"idleTimeout": 60}`, `{"idleTimeout": 90}`, `{}`, `"detailedDiff": {"idleTimeout": {"kind": "update"}}`,
			[]Difference{{"idleTimeout", 60., 90.}},
		},
		{
			"without details, the parts of a property are compared",
			`{"check": {"path": "/a", "port": 1}, "tags": {}}`, `{"check": {"path": "/b", "port": 1}, "tags": {"Stack": "dev"}}`, `{}`, `"diffReasons": ["check", "tags"]`,
			[]Difference{{"check.path", "/a", "/b"}, {"tags.Stack", nil, "dev"}},
		},
		{
			"what the provider filled in is no change",
			`{"rule": [{"port": 80}]}`, `{"rule": [{"port": 81}]}`, `{"rule": [{"port": 80, "self": false}]}`, `"diffReasons": ["rule"]`,
			[]Difference{{"rule[0].port", 80., 81.}},
		},
		{
			"what was asked for again is compared with what there is",
			`{"size": 2}`, `{"size": 2}`, `{"size": 3}`, `"detailedDiff": {"size": {"kind": "update"}}`,
			[]Difference{{"size", 3., 2.}},
		},
		{
			"what only the provider sets follows from the rest",
			`{"tags": {"a": "1"}}`, `{"tags": {"a": "2"}}`, `{"tagsAll": {"a": "1"}}`, `"detailedDiff": {"tags.a": {"kind": "update"}, "tagsAll.a": {"kind": "update"}}`,
			[]Difference{{"tags.a", "1", "2"}},
		},
		{
			"what the provider sets is told where it is all there is",
			`{}`, `{}`, `{"revision": 1}`, `"detailedDiff": {"revision": {"kind": "update"}}`,
			[]Difference{{"revision", 1., nil}},
		},
		{
			"elements of lists come and go",
			`{"zones": ["a", "b"]}`, `{"zones": ["a"]}`, `{}`, `"replaceReasons": ["zones"]`,
			[]Difference{{"zones[1]", "b", nil}},
		},
		{
			"JSON in text is looked into",
			`{"policy": "{\"Action\":[\"s3:Get\"],\"Version\":\"1\"}"}`, `{"policy": "{\"Version\":\"1\",\"Action\":[\"s3:*\"]}"}`, `{}`, `"diffReasons": ["policy"]`,
			[]Difference{{"policy.Action[0]", "s3:Get", "s3:*"}},
		},
		{
			"text that begins like JSON is text",
			`{"command": "[ -f a ]"}`, `{"command": "[ -f b ]"}`, `{}`, `"diffReasons": ["command"]`,
			[]Difference{{"command", "[ -f a ]", "[ -f b ]"}},
		},
		{
			"a secret takes the place of another, unseen",
			`{"password": "[secret]"}`, `{"password": "[secret]"}`, `{"password": "[secret]"}`, `"diffReasons": ["password"]`,
			[]Difference{{"password", "[secret]", "[secret]"}},
		},
		{
			"what is not known yet is not looked into",
			`{"subnets": ["a"]}`, `{"subnets": ` + unknown + `}`, `{}`, `"diffReasons": ["subnets"]`,
			[]Difference{{"subnets", []any{"a"}, strings.Trim(unknown, `"`)}},
		},
	} {
		t.Run(test.statement, func(t *testing.T) {
			for _, operation := range []string{"update", "replace"} {
				s := readOne(t, step(operation, fmt.Sprintf(`, "oldState": {"inputs": %s, "outputs": %s}, "newState": {"inputs": %s}, %s`, test.asked, test.made, test.new, test.diff)))
				if !reflect.DeepEqual(s.Differences, test.want) {
					t.Errorf("%s: differences are %v, want %v", operation, s.Differences, test.want)
				}
			}
		})
	}
}

func TestOnlyChangesAreShown(t *testing.T) {
	const old, custom, component, protected = `, "oldState": {"custom": true}`, `, "newState": {"custom": true}`, `, "newState": {}`, `, "newState": {"protect": true}`
	for _, test := range []struct {
		statement, operation, states string
		want                         bool
	}{
		{"a resource that comes", "create", custom, true},
		{"a resource that is taken over", "import", custom, true},
		{"a resource that stays as it is", "same", old + custom, false},
		{"a resource that goes", "delete", old, true},
		{"a component that comes", "create", component, false},
		{"a component that gets other inputs", "update", `, "oldState": {}` + component, true},
		{"a component that gets protected", "same", `, "oldState": {}` + protected, true},
	} {
		t.Run(test.statement, func(t *testing.T) {
			p := &Plan{Steps: []*Step{readOne(t, step(test.operation, test.states))}}
			if got := len(p.Changed()) == 1; got != test.want {
				t.Errorf("it is shown: %t", got)
			}
		})
	}
}

func TestStepsThatDoNotMatterAreLeftOut(t *testing.T) {
	for _, operation := range []string{"read", "create-replacement", "delete-replaced"} {
		p, err := Read([]byte(step(operation, "")))
		if err != nil || len(p.Steps) > 0 {
			t.Errorf("%s: steps are %v, the error %v", operation, p.Steps, err)
		}
	}
}

func TestShortIsTheTypeAsInGo(t *testing.T) {
	for typ, want := range map[string]string{
		"aws:lb/loadBalancer:LoadBalancer":       "lb.LoadBalancer app",
		"awsx:ec2:Vpc":                           "ec2.Vpc app",
		"docker:index/image:Image":               "docker.Image app",
		"fargate-stack:infra:DeletionProtection": "infra.DeletionProtection app",
	} {
		if got := (&Step{Type: typ, Name: "app"}).Short(); got != want {
			t.Errorf("%s is %q, want %q", typ, got, want)
		}
	}
}

func TestAnUpdatedResourceKeepsItsID(t *testing.T) {
	const states = `, "oldState": {"id": "arn:1"}, "newState": {"inputs": {}}`
	if got := readOne(t, step("update", states)).New.ID; got != "arn:1" {
		t.Errorf("its id is %q", got)
	}
	if got := readOne(t, step("replace", states)).New.ID; got != "" {
		t.Errorf("one that is made anew has the id %q", got)
	}
}

func TestErrorsAreToldOnce(t *testing.T) {
	p, err := Read([]byte(`{"diagnostics": [
		{"severity": "warning", "message": "old CLI"},
		{"severity": "error", "message": "error: no zone\n\n"},
		{"severity": "error", "message": "error: no zone\n"}]}`))
	if err != nil || !reflect.DeepEqual(p.Errors, []string{"error: no zone"}) {
		t.Errorf("errors are %q, and %v", p.Errors, err)
	}
}

func TestWhatIsNoPlanIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"Previewing update":                           "reading what pulumi preview --json says: ",
		`{"steps": [{"op": "create", "urn": "app"}]}`: `says create of a resource without a name: "app"`,
		step("update", `, "newState": {}`):            "says update of urn:pulumi:dev::p::p:infra:LoadBalancer$aws:lb/loadBalancer:LoadBalancer::app without its states",
	} {
		if _, err := Read([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error of %s is %v, want %q", text, err, want)
		}
	}
}
