package state

import (
	"encoding/json"
	"strings"
)

// A Resource is one in the state, or one that an operation is about.
type Resource struct {
	// URN is its name in the stack, and Type what it is.
	URN, Type string
	// ID is the provider's name for it.
	ID string
	// Provider is the URN of its provider and that one's id, joined by "::".
	Provider string
	// Custom tells what a provider manages from components.
	Custom bool
	// Delete says that another one replaced it, and that the next deployment
	// deletes it.
	Delete bool
	// PendingReplacement says that it was deleted, and that the next
	// deployment makes another one in its place.
	PendingReplacement bool
	// Inputs are what was asked for.
	Inputs json.RawMessage
	// Outputs are what the provider said of it.
	Outputs json.RawMessage

	// alias is what else it is known by.
	alias string
	all   fields
}

// String returns the type, and the name that the program gave the resource.
func (r *Resource) String() string {
	return r.Type + " " + r.URN[strings.LastIndex(r.URN, "::")+len("::"):]
}

// InCloud tells whether there can be something of the resource elsewhere than
// in the state, as there is not of components and providers.
func (r *Resource) InCloud() bool {
	return r.Custom && !strings.HasPrefix(r.Type, "pulumi:")
}

// UnmarshalJSON keeps everything there is, besides what has a field.
func (r *Resource) UnmarshalJSON(encoded []byte) error {
	type plain Resource
	if err := json.Unmarshal(encoded, (*plain)(r)); err != nil {
		return err
	}
	var known struct{ Outputs identity }
	if err := json.Unmarshal(encoded, &known); err != nil {
		return err
	}
	r.alias = known.Outputs.alias()
	return json.Unmarshal(encoded, &r.all)
}

// An identity has the outputs that tell a resource from others, as far as they
// are no secrets.
type identity struct{ ARN, Role, PolicyARN any }

// alias is the ARN. The attachment of a policy to a role has none, and its id is
// the provider's alone: it is known by both.
func (i identity) alias() string {
	role, _ := i.Role.(string)
	if policy, ok := i.PolicyARN.(string); ok {
		return role + "/" + policy
	}
	arn, _ := i.ARN.(string)
	return arn
}

// MarshalJSON writes all fields, those that have no name here too.
func (r *Resource) MarshalJSON() ([]byte, error) { return json.Marshal(r.all) }

// take makes the resource one that exists under an id, and of which nothing
// else is known.
func (r *Resource) take(id string) {
	r.ID, r.Outputs = id, nil
	r.all["id"], _ = json.Marshal(id) // any string can be
	delete(r.all, "outputs")
}

// putDown makes the resource one that the next deployment deletes.
func (r *Resource) putDown() {
	r.Delete = true
	r.all["delete"] = json.RawMessage("true")
}
