package workflows

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

var expression = regexp.MustCompile(`\$\{\{\s*(.*?)\s*\}\}`)

// expand replaces the expressions in a text by their values.
func (r *run) expand(text string) (string, error) {
	var failure error
	expanded := expression.ReplaceAllStringFunc(text, func(match string) string {
		value, err := r.value(expression.FindStringSubmatch(match)[1])
		if err != nil {
			failure = err
		}
		return value
	})
	return expanded, failure
}

func (r *run) expandAll(texts map[string]string) (map[string]string, error) {
	expanded := map[string]string{}
	for name, text := range texts {
		value, err := r.expand(text)
		if err != nil {
			return nil, err
		}
		expanded[name] = value
	}
	return expanded, nil
}

// value returns that of an expression. An output that a step has not written is
// empty, as with GitHub; any other expression has to be known.
func (r *run) value(text string) (string, error) {
	value, known := r.values[text]
	if !known && !strings.HasPrefix(text, "steps.") {
		return "", fmt.Errorf("no value is known for the expression %q", text)
	}
	return value, nil
}

// variables returns variables as a process takes them, the last of one name
// being the one that holds.
func (r *run) variables(levels ...map[string]string) ([]string, error) {
	var variables []string
	for _, level := range levels {
		expanded, err := r.expandAll(level)
		if err != nil {
			return nil, err
		}
		for _, name := range slices.Sorted(maps.Keys(expanded)) {
			variables = append(variables, name+"="+expanded[name])
		}
	}
	return variables, nil
}
