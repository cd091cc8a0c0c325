package plan

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// An Operation is what the engine would do with a resource.
type Operation string

// The operations of an update, the most dangerous first. An import is a
// [Create]: it comes to the stack.
const (
	Delete  Operation = "delete"
	Replace Operation = "replace"
	Update  Operation = "update"
	Create  Operation = "create"
	Same    Operation = "same"
)

// A Step is what the engine would do with one resource.
type Step struct {
	Operation Operation
	// URN names the resource in its stack.
	URN resource.URN
	// Type is the resource's type, like aws:lb/loadBalancer:LoadBalancer, and Name
	// its name in the program.
	Type, Name string
	// Custom is false for a component, which is nothing but what it is made of.
	Custom bool
	// Old is the resource as it is, and New as it would be; nil if there is none.
	Old, New *Resource
	// Differences are what changes in a resource that is updated or replaced.
	Differences []Difference
}

// A Resource is one state of a resource.
type Resource struct {
	// ID is what AWS calls it, empty if it is not known yet.
	ID string
	// Inputs are what the program asks for, Outputs what the provider made of it.
	// Secrets and what is not known yet have values that stand for them: see
	// [IsSecret] and [IsUnknown].
	Inputs, Outputs map[string]any
	// Protect is whether the engine refuses to delete it.
	Protect bool
	// PropertyDependencies are the resources that an input follows from.
	PropertyDependencies map[string][]resource.URN
}

// Short is the type and the name for people, like "lb.LoadBalancer app". The
// type is what it is called in Go.
func (s *Step) Short() string {
	pkg, rest, _ := strings.Cut(s.Type, ":")
	module, name, _ := strings.Cut(rest, ":")
	module, _, _ = strings.Cut(module, "/")
	if module == "index" {
		module = pkg
	}
	return module + "." + name + " " + s.Name
}

// ProtectionChanges tells whether the engine would protect the resource and did
// not, or the other way round. That alone is no update.
func (s *Step) ProtectionChanges() bool {
	return s.Old != nil && s.New != nil && s.Old.Protect != s.New.Protect
}

// Before returns an input as it is, by its path (healthCheck.path), and nil if
// there is none.
func (s *Step) Before(path string) any { return s.Old.input(path) }

// After returns an input as it would be, and nil if there is none.
func (s *Step) After(path string) any { return s.New.input(path) }

func (r *Resource) input(path string) any {
	if r == nil {
		return nil
	}
	value, _ := lookUp(r.Inputs, path)
	return value
}

// encodedStep is a step as the CLI writes it.
type encodedStep struct {
	Op                          string
	URN                         resource.URN
	OldState, NewState          *encodedResource
	DiffReasons, ReplaceReasons []string
	DetailedDiff                map[string]struct{}
}

type encodedResource struct {
	Custom bool
	Resource
}

// operations are those of the CLI that matter. Steps of which a replacement
// consists are told as one; what is read, or no longer read, is not changed.
var operations = map[string]Operation{
	"delete": Delete, "replace": Replace, "update": Update, "create": Create, "import": Create, "same": Same,
}

// decode returns nil for a step that does not matter.
func (e *encodedStep) decode() (*Step, error) {
	operation, matters := operations[e.Op]
	if !matters {
		return nil, nil
	}
	if !e.URN.IsValid() {
		return nil, fmt.Errorf("pulumi preview --json says %s of a resource without a name: %q", e.Op, e.URN)
	}
	s := &Step{Operation: operation, URN: e.URN, Type: string(e.URN.Type()), Name: e.URN.Name()}
	for _, state := range []struct {
		encoded *encodedResource
		into    **Resource
	}{{e.OldState, &s.Old}, {e.NewState, &s.New}} {
		if state.encoded != nil {
			s.Custom, *state.into = state.encoded.Custom, &state.encoded.Resource
		}
	}
	if operation != Create && s.Old == nil || operation != Delete && s.New == nil {
		return nil, fmt.Errorf("pulumi preview --json says %s of %s without its states", e.Op, e.URN)
	}
	if operation == Delete {
		s.New = nil
	}
	if operation == Update || operation == Replace {
		s.Differences = e.differences()
	}
	if operation == Update || operation == Same { // it keeps its id, which the CLI need not say again
		s.New.ID = s.Old.ID
	}
	return s, nil
}
