package infra

// A policyDocument is an IAM policy.
type policyDocument struct {
	Version   string
	Statement []statement
}

type statement struct {
	Sid       string `json:",omitempty"`
	Effect    string
	Principal map[string]string `json:",omitempty"`
	Action    []string          `json:",omitempty"`
	NotAction []string          `json:",omitempty"`
	Resource  []string          `json:",omitempty"`
	Condition conditions        `json:",omitempty"`
}

// conditions are values, or lists of them, by operator and key.
type conditions map[string]map[string]any

const policyVersion = "2012-10-17"

// allow returns a statement that allows actions on resources.
func allow(sid string, actions, resources []string, condition conditions) statement {
	return statement{Sid: sid, Effect: "Allow", Action: actions, Resource: resources, Condition: condition}
}

// everything is the resource of actions that know no other one.
var everything = []string{"*"}
