package guardrails

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"fargate-stack/preview/plan"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// A change makes a recorded plan into another one.
type change func(*testing.T, *recording)

// A recording is a plan as the CLI wrote it.
type recording struct {
	Steps []*recordedStep `json:"steps"`
}

type recordedStep struct {
	Op          string         `json:"op"`
	URN         resource.URN   `json:"urn"`
	DiffReasons []string       `json:"diffReasons,omitempty"`
	OldState    *recordedState `json:"oldState,omitempty"`
	NewState    *recordedState `json:"newState,omitempty"`
}

type recordedState struct {
	Custom               bool                      `json:"custom"`
	ID                   string                    `json:"id,omitempty"`
	Inputs               map[string]any            `json:"inputs,omitempty"`
	Protect              bool                      `json:"protect,omitempty"`
	PropertyDependencies map[string][]resource.URN `json:"propertyDependencies,omitempty"`
}

// readPlan reads a recorded plan, with changes.
func readPlan(t *testing.T, file string, changes ...change) *plan.Plan {
	t.Helper()
	text, err := os.ReadFile("testdata/" + file)
	must(t, err)
	r := &recording{}
	must(t, json.Unmarshal(text, r))
	for _, change := range changes {
		change(t, r)
	}
	text, err = json.Marshal(r)
	must(t, err)
	p, err := plan.Read(text)
	must(t, err)
	return p
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// find returns the first step of a resource whose type and name end in some
// text.
func (r *recording) find(t *testing.T, typ, name string) *recordedStep {
	t.Helper()
	for _, step := range r.Steps {
		if strings.HasSuffix(string(step.URN.Type()), typ) && strings.HasSuffix(step.URN.Name(), name) {
			return step
		}
	}
	t.Fatalf("the recorded plan has no %s %s", typ, name)
	return nil
}

// remove deletes a resource.
func remove(typ, name string) change {
	return func(t *testing.T, r *recording) {
		step := r.find(t, typ, name)
		step.Op, step.NewState = "delete", nil
	}
}

// replace makes a resource anew.
func replace(typ, name string) change {
	return func(t *testing.T, r *recording) {
		step := r.find(t, typ, name)
		step.Op, step.NewState.ID = "replace", ""
	}
}

// set changes an input; nil takes it away.
func set(typ, name, path string, value any) change {
	return func(t *testing.T, r *recording) {
		step := r.find(t, typ, name)
		parsed, err := resource.ParsePropertyPath(path)
		must(t, err)
		step.Op, step.DiffReasons = "update", append(step.DiffReasons, parsed[0].(string))
		container := any(step.NewState.Inputs)
		for _, key := range parsed[:len(parsed)-1] {
			if name, ok := key.(string); ok {
				container = container.(map[string]any)[name]
			} else {
				container = container.([]any)[key.(int)]
			}
		}
		last := parsed[len(parsed)-1]
		if index, ok := last.(int); ok {
			container.([]any)[index] = value
		} else if value == nil {
			delete(container.(map[string]any), last.(string))
		} else {
			container.(map[string]any)[last.(string)] = value
		}
	}
}

// edit replaces a part of an input that is text.
func edit(typ, name, property, old, replacement string) change {
	return func(t *testing.T, r *recording) {
		was, _ := r.find(t, typ, name).NewState.Inputs[property].(string)
		if !strings.Contains(was, old) {
			t.Fatalf("%s of %s %s is without %q: %s", property, typ, name, old, was)
		}
		set(typ, name, property, strings.Replace(was, old, replacement, 1))(t, r)
	}
}

// unprotect takes Pulumi's own protection away, which is no update.
func unprotect(typ, name string) change {
	return func(t *testing.T, r *recording) { r.find(t, typ, name).NewState.Protect = false }
}

// was makes something as it is in both states.
func was(changed change) change {
	return func(t *testing.T, r *recording) {
		changed(t, r)
		for _, step := range r.Steps {
			if step.Op == "update" {
				step.Op, step.DiffReasons, step.OldState.Inputs = "same", nil, clone(t, step.NewState.Inputs)
			}
		}
	}
}

func clone(t *testing.T, inputs map[string]any) map[string]any {
	t.Helper()
	text, err := json.Marshal(inputs)
	must(t, err)
	var copied map[string]any
	must(t, json.Unmarshal(text, &copied))
	return copied
}

// add creates a resource.
func add(typ string, inputs map[string]any) change {
	return func(_ *testing.T, r *recording) {
		r.Steps = append(r.Steps, &recordedStep{
			Op: "create", URN: resource.URN("urn:pulumi:prod::fargate-stack::" + typ + "::added"),
			NewState: &recordedState{Custom: true, Inputs: inputs},
		})
	}
}
