package plan

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// secret is what the CLI writes in the place of a secret.
const secret = "[secret]"

// IsSecret tells whether a value stands for a secret.
func IsSecret(value any) bool { return value == secret }

// IsUnknown tells whether a value stands for one that is known only when what it
// follows from is deployed.
func IsUnknown(value any) bool { return value == plugin.UnknownStringValue }

// A Difference is a property that changes.
type Difference struct {
	// Path is where it is, like healthCheck.path.
	Path string
	// Old and New are the values, nil for none.
	Old, New any
}

// differences returns what changes, as finely as it can be told, by path. What
// only the provider sets is left out, unless nothing else changes: it follows from
// the rest.
func (e *encodedStep) differences() []Difference {
	ours, others := map[string]Difference{}, map[string]Difference{}
	for _, path := range e.changedPaths() {
		asked, before := lookUp(e.OldState.Inputs, path)
		wanted, after := lookUp(e.NewState.Inputs, path)
		into := ours
		if !before && !after {
			into = others
		}
		for _, difference := range e.differencesAt(path, asked, wanted) {
			into[difference.Path] = difference
		}
	}
	if len(ours) == 0 {
		ours = others
	}
	return slices.SortedFunc(maps.Values(ours), func(a, b Difference) int { return strings.Compare(a.Path, b.Path) })
}

// differencesAt compares what the program asks for with what it asked for last
// time. Where that is the same, the provider compared with what it had made of
// it; and where that is the same too, one secret takes the place of another.
func (e *encodedStep) differencesAt(path string, asked, wanted any) []Difference {
	made, _ := lookUp(e.OldState.Outputs, path)
	for _, before := range []any{asked, made} {
		if differences := compare(path, before, wanted); len(differences) > 0 {
			return differences
		}
	}
	return []Difference{{path, asked, wanted}}
}

// changedPaths returns where the provider sees changes, or only in which
// properties, where it does not say more.
func (e *encodedStep) changedPaths() []string {
	if len(e.DetailedDiff) > 0 {
		return slices.Collect(maps.Keys(e.DetailedDiff))
	}
	return slices.Concat(e.DiffReasons, e.ReplaceReasons)
}

// lookUp returns a value in properties by its path.
func lookUp(properties map[string]any, path string) (any, bool) {
	parsed, err := resource.ParsePropertyPath(path)
	if err != nil {
		return nil, false
	}
	value := any(properties)
	for _, key := range parsed {
		var ok bool
		switch container := value.(type) {
		case map[string]any:
			name, _ := key.(string)
			value, ok = container[name]
		case []any:
			index, isIndex := key.(int)
			if ok = isIndex && index >= 0 && index < len(container); ok {
				value = container[index]
			}
		}
		if !ok {
			return nil, false
		}
	}
	return value, true
}

// compare returns the parts in which two values differ. Policies and containers
// are text with JSON in it: what differs is looked for in there.
func compare(path string, before, after any) []Difference {
	if reflect.DeepEqual(before, after) {
		return nil
	}
	oldValue, newValue := inText(before), inText(after)
	var differences []Difference
	switch oldValue := oldValue.(type) {
	case map[string]any:
		newValue, ok := newValue.(map[string]any)
		if !ok {
			break
		}
		for _, key := range slices.Sorted(maps.Keys(union(oldValue, newValue))) {
			differences = append(differences, compare(path+"."+key, oldValue[key], newValue[key])...)
		}
		return differences
	case []any:
		newValue, ok := newValue.([]any)
		if !ok {
			break
		}
		for i := range max(len(oldValue), len(newValue)) {
			differences = append(differences, compare(path+"["+strconv.Itoa(i)+"]", element(oldValue, i), element(newValue, i))...)
		}
		return differences
	}
	return []Difference{{path, before, after}}
}

func union(a, b map[string]any) map[string]any {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

func element(list []any, i int) any {
	if i < len(list) {
		return list[i]
	}
	return nil
}

// inText returns the object or list that a text has in JSON, and any other value
// as it is.
func inText(value any) any {
	text, ok := value.(string)
	if !ok || !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[") {
		return value
	}
	var decoded any
	if err := json.Unmarshal([]byte(text), &decoded); err != nil {
		return value // text that only begins like JSON
	}
	return decoded
}
