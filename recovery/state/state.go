// Package state reads and edits the state of a stack, as `pulumi stack export`
// writes it and `pulumi stack import` takes it. What it has no use for it
// leaves as it is, so the CLI may know more of a state than this package does.
package state

import (
	"encoding/json"
	"fmt"
	"slices"
)

// The operations that leave something unknown in the cloud when they are cut off.
const (
	Creating = "creating"
	Updating = "updating"
	Deleting = "deleting"
)

// An Operation was cut off: what it did is not in the state.
type Operation struct {
	// Type is [Creating], [Updating], [Deleting], or another that changes
	// nothing in the cloud.
	Type string
	// Resource is what it was about.
	Resource *Resource
}

// A State is the state of a stack.
type State struct {
	// Operations are those that were cut off.
	Operations []Operation

	resources            []*Resource
	exported, deployment fields
}

// fields are those of a JSON object, as they are.
type fields map[string]json.RawMessage

// Parse reads a state.
func Parse(exported []byte) (*State, error) {
	var named struct {
		Deployment struct {
			Resources  []*Resource
			Operations []Operation `json:"pending_operations"`
		}
	}
	var all struct{ Deployment fields }
	s := &State{}
	for _, into := range []any{&named, &all, &s.exported} {
		if err := json.Unmarshal(exported, into); err != nil {
			return nil, fmt.Errorf("reading the exported stack: %w", err)
		}
	}
	s.Operations, s.resources = named.Deployment.Operations, named.Deployment.Resources
	s.deployment = all.Deployment
	return s, nil
}

// Encode writes the state, without the operations that were cut off.
func (s *State) Encode() ([]byte, error) {
	resources, err := json.Marshal(s.resources)
	if err != nil {
		return nil, err
	}
	delete(s.deployment, "pending_operations")
	s.deployment["resources"] = resources
	if s.exported["deployment"], err = json.Marshal(s.deployment); err != nil {
		return nil, err
	}
	return json.Marshal(s.exported)
}

// Has tells whether a resource is in the state.
func (s *State) Has(urn string) bool {
	return slices.ContainsFunc(s.resources, func(r *Resource) bool { return r.URN == urn })
}

// Owns tells whether a resource of a type is in the state that has an id or an
// ARN, or that attaches a policy to a role, which are joined by a slash then.
func (s *State) Owns(typ, id string) bool {
	return slices.ContainsFunc(s.resources, func(r *Resource) bool {
		return r.Type == typ && (r.ID == id || r.alias == id)
	})
}

// Provider returns the provider of a resource.
func (s *State) Provider(of *Resource) (*Resource, error) {
	for _, r := range s.resources {
		if r.URN+"::"+r.ID == of.Provider {
			return r, nil
		}
	}
	return nil, fmt.Errorf("%s was being created by a provider that the stack has no longer; look for it in AWS and delete it if it exists, then run: pulumi refresh --clear-pending-creates", of)
}

// Unread are the resources that were adopted, but that the provider was not
// asked about yet.
func (s *State) Unread() []*Resource {
	var unread []*Resource
	for _, r := range s.resources {
		if r.InCloud() && len(r.Outputs) == 0 {
			unread = append(unread, r)
		}
	}
	return unread
}

// Adopt takes a resource into the state whose creation was cut off. It is the
// last one: nothing can depend on it yet.
//
// If the stack has another one under the same name, this one was to replace
// it, or a later deployment made that one. In either case it is put down as
// one to be deleted by the next deployment, and Adopt returns true.
func (s *State) Adopt(r *Resource, importID string) (superfluous bool) {
	r.take(importID)
	i := slices.IndexFunc(s.resources, func(other *Resource) bool { return other.URN == r.URN && !other.Delete })
	switch {
	case i < 0:
		s.resources = append(s.resources, r)
	case s.resources[i].PendingReplacement: // gone, and the others know its name
		s.resources[i] = r
	default:
		r.putDown()
		s.resources = append(s.resources, r)
		return true
	}
	return false
}
