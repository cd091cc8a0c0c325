package architecture

import (
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// notTelling matches ends of names that are not shown: numbers, as of one in
// each zone, and digests, as of an app, with which they change.
var notTelling = regexp.MustCompile(`-?([0-9]+|[0-9a-f]{16,})$`)

// A state is what the engine knows of a stack's resources.
type state struct {
	byURN map[resource.URN]apitype.ResourceV3
	// prefix is the name that the most names begin with.
	prefix string
}

func newState(resources []apitype.ResourceV3) *state {
	s := &state{byURN: map[resource.URN]apitype.ResourceV3{}}
	most := 0
	for _, r := range resources {
		s.byURN[r.URN] = r
		name, begin := r.URN.Name(), 0
		for _, other := range resources {
			if strings.HasPrefix(other.URN.Name(), name) {
				begin++
			}
		}
		if begin > most || begin == most && name < s.prefix {
			s.prefix, most = name, begin
		}
	}
	return s
}

// owner returns the resource that one is drawn as a part of: itself if it is
// drawn, none if it is left out.
func (s *state) owner(r apitype.ResourceV3) resource.URN {
	// What is to be deleted has been replaced.
	if strings.HasPrefix(string(r.Type), "pulumi:") || r.Delete {
		return ""
	}
	rule, ok := ruleOf(r.Type)
	if !ok {
		return r.URN
	}
	for _, urn := range append([]resource.URN{r.Parent}, slices.Sorted(slices.Values(r.Dependencies))...) {
		if string(s.byURN[urn].Type) == rule.partOf {
			return s.owner(s.byURN[urn])
		}
	}
	return ""
}

// names returns what tells a resource from others of its kind.
func (s *state) names(r apitype.ResourceV3) []string {
	name := strings.TrimPrefix(strings.TrimPrefix(r.URN.Name(), s.prefix), "-")
	if name = notTelling.ReplaceAllString(name, ""); name == "" {
		return nil
	}
	return []string{name}
}

// dependencies returns what a resource depends on. A dependency on a component
// is one on those of the resources in it that are among the arguments: a
// component from a package has no other way to say which of them it means.
func (s *state) dependencies(r apitype.ResourceV3) []resource.URN {
	var all []resource.URN
	for _, on := range r.Dependencies {
		if inherent[string(s.byURN[on].Type)] != "" {
			continue
		}
		meant := []resource.URN{on}
		if !s.byURN[on].Custom {
			meant = s.amongArguments(r, on)
		}
		all = append(all, meant...)
	}
	return all
}

// amongArguments returns what is in a component and has its id in the arguments
// of a resource.
func (s *state) amongArguments(r apitype.ResourceV3, component resource.URN) []resource.URN {
	ids := map[string]bool{}
	collectTexts(r.Inputs, ids)
	var found []resource.URN
	for urn, inner := range s.byURN {
		if ids[inner.ID.String()] && s.isIn(inner, component) && inherent[string(inner.Type)] == "" {
			found = append(found, urn)
		}
	}
	return found
}

// isIn tells whether a resource is in a component, at any depth.
func (s *state) isIn(r apitype.ResourceV3, component resource.URN) bool {
	for r.Parent != "" {
		if r.Parent == component {
			return true
		}
		r = s.byURN[r.Parent]
	}
	return false
}

// collectTexts adds each text in a value to texts.
func collectTexts(value any, texts map[string]bool) {
	switch value := value.(type) {
	case string:
		texts[value] = true
	case []any:
		for _, element := range value {
			collectTexts(element, texts)
		}
	case map[string]any:
		for _, element := range value {
			collectTexts(element, texts)
		}
	}
}
