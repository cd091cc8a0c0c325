package guardrails

import (
	"math"
	"strconv"
)

// number returns a value as a number, which ECS takes as text in places. What is
// none is no number in comparisons either.
func number(value any) float64 {
	switch value := value.(type) {
	case float64:
		return value
	case string:
		if n, err := strconv.ParseFloat(value, 64); err == nil {
			return n
		}
	}
	return math.NaN()
}

// text returns a value that is a text, and else an empty one.
func text(value any) string {
	t, _ := value.(string)
	return t
}

// list returns the elements of a value that is a list, and else none.
func list(value any) []any {
	l, _ := value.([]any)
	return l
}

// field returns a field of a value that is an object, and else nil.
func field(value any, name string) any {
	object, _ := value.(map[string]any)
	return object[name]
}
