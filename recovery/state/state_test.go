package state

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// exported is a state with more in it than this package knows. Numbers and
// secrets are as they have to stay.
const exported = `{"version":3,"deployment":{
	"manifest":{"time":"2026-01-01T00:00:00Z"},
	"secrets_providers":{"type":"passphrase","state":{"salt":"v1:a"}},
	"resources":[
		{"urn":"urn:pulumi:dev::shop::pulumi:providers:aws::default","type":"pulumi:providers:aws","custom":true,"id":"1"},
		{"urn":"urn:pulumi:dev::shop::shop:index:Web::web","type":"shop:index:Web","custom":false},
		{"urn":"urn:pulumi:dev::shop::aws:ecs/cluster:Cluster::web","type":"aws:ecs/cluster:Cluster","custom":true,"id":"arn:web","outputs":{"name":"web","big":12345678901234567890}},
		{"urn":"urn:pulumi:dev::shop::aws:ecs/taskDefinition:TaskDefinition::web","type":"aws:ecs/taskDefinition:TaskDefinition","custom":true,"id":"web","outputs":{"arn":"arn:web:1"}},
		{"urn":"urn:pulumi:dev::shop::aws:kms/key:Key::web","type":"aws:kms/key:Key","custom":true,"id":"k","outputs":{"arn":{"ciphertext":"v1:b"}}},
		{"urn":"urn:pulumi:dev::shop::aws:iam/rolePolicyAttachment:RolePolicyAttachment::mail","type":"aws:iam/rolePolicyAttachment:RolePolicyAttachment","custom":true,"id":"web-2026","outputs":{"role":"web","policyArn":"arn:policy/mail"}},
		{"urn":"urn:pulumi:dev::shop::aws:iam/role:Role::web","type":"aws:iam/role:Role","custom":true,"id":"web"}],
	"pending_operations":[{"type":"creating","resource":{"urn":"urn:pulumi:dev::shop::aws:ec2/vpc:Vpc::web","type":"aws:ec2/vpc:Vpc","custom":true}}],
	"metadata":{}}}`

func parse(t *testing.T) *State {
	t.Helper()
	s, err := Parse([]byte(exported))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAStateIsWrittenAsItWasReadButForItsOperations(t *testing.T) {
	encoded, err := parse(t).Encode()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := canonical(t, string(encoded)), canonical(t, operations.ReplaceAllString(exported, "")); got != want {
		t.Errorf("it is written as\n%s\nwant\n%s", got, want)
	}
}

var operations = regexp.MustCompile(`(?s)"pending_operations":\[.*?\],`)

// canonical writes JSON with its names in order, and numbers as they are.
func canonical(t *testing.T, text string) string {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var content any
	if err := decoder.Decode(&content); err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

func TestWhatIsOwned(t *testing.T) {
	for name, test := range map[string]struct {
		typ, id string
		want    bool
	}{
		"what has the id":             {"aws:ecs/cluster:Cluster", "arn:web", true},
		"what has the ARN":            {"aws:ecs/taskDefinition:TaskDefinition", "arn:web:1", true},
		"nothing else of the type":    {"aws:ecs/taskDefinition:TaskDefinition", "arn:web:2", false},
		"nothing of another type":     {"aws:ecs/service:Service", "arn:web", false},
		"nothing by an encrypted ARN": {"aws:kms/key:Key", "arn:k", false},
		"what attaches a policy":      {"aws:iam/rolePolicyAttachment:RolePolicyAttachment", "web/arn:policy/mail", true},
		"no other policy of the role": {"aws:iam/rolePolicyAttachment:RolePolicyAttachment", "web/arn:policy/queue", false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := parse(t).Owns(test.typ, test.id); got != test.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestOnlyWhatAProviderManagesCanBeUnread(t *testing.T) {
	var got []string
	for _, r := range parse(t).Unread() {
		got = append(got, r.String())
	}
	if want := []string{"aws:iam/role:Role web"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
