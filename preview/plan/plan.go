// Package plan is what `pulumi preview --json` says: what the engine would do
// with each resource of a stack, and what it warns of.
package plan

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A Plan is what an update would do.
type Plan struct {
	// Steps are in the order in which the engine came to them. With --show-sames
	// there is one for each resource, changed or not.
	Steps []*Step
	// Errors are why the preview failed; none if it did not.
	Errors []string
}

// Read reads what `pulumi preview --json --show-sames` writes, also where the
// preview failed.
func Read(text []byte) (*Plan, error) {
	var digest struct {
		Steps       []encodedStep
		Diagnostics []struct{ Severity, Message string }
	}
	if err := json.Unmarshal(text, &digest); err != nil {
		return nil, fmt.Errorf("reading what pulumi preview --json says: %w", err)
	}
	p := &Plan{}
	for _, encoded := range digest.Steps {
		step, err := encoded.decode()
		if err != nil {
			return nil, err
		}
		if step != nil {
			p.Steps = append(p.Steps, step)
		}
	}
	for _, diagnostic := range digest.Diagnostics {
		message := strings.TrimSpace(diagnostic.Message)
		if diagnostic.Severity == "error" && !slices.Contains(p.Errors, message) {
			p.Errors = append(p.Errors, message)
		}
	}
	return p, nil
}

// Changed returns the steps that people want to see: custom resources that do
// not stay as they are, and components that get other inputs or lose or get
// their protection. A component that comes or goes does so with what it is made
// of, and that says more.
func (p *Plan) Changed() []*Step {
	var changed []*Step
	for _, step := range p.Steps {
		if step.Custom && step.Operation != Same || step.Operation == Update || step.ProtectionChanges() {
			changed = append(changed, step)
		}
	}
	return changed
}

// Find returns the steps of a type that leave a resource.
func (p *Plan) Find(typ string) []*Step {
	var found []*Step
	for _, step := range p.Steps {
		if step.Type == typ && step.New != nil {
			found = append(found, step)
		}
	}
	return found
}
