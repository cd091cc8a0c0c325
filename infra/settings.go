package infra

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// settings reads the settings of a stack one by one and collects what is
// wrong with them, so that all of it can be said at once.
type settings struct {
	source   Source
	problems []Problem
}

// value returns a setting as it was written. A missing one is a problem: the
// engine passes the defaults of Pulumi.yaml, so it can only be missing there.
func (s *settings) value(key string) (string, bool) {
	v, ok := s.source.GetConfig(s.name(key))
	if !ok {
		s.problem(key, "", "a value; Pulumi.yaml declares a default that was removed")
	}
	return v, ok
}

// name returns the full name of a setting, with the project's namespace.
func (s *settings) name(key string) string {
	return s.source.Project() + ":" + key
}

func (s *settings) isSecret(key string) bool {
	return s.source.IsConfigSecret(s.name(key))
}

func (s *settings) text(key string) string {
	v, _ := s.value(key)
	return v
}

func (s *settings) oneOf(key string, allowed ...string) string {
	v, ok := s.value(key)
	if ok && !slices.Contains(allowed, v) {
		s.problem(key, v, "one of "+strings.Join(allowed, ", "))
	}
	return v
}

func (s *settings) boolean(key string) bool {
	raw, ok := s.value(key)
	if !ok {
		return false
	}
	v, err := strconv.ParseBool(raw)
	if err != nil {
		s.problem(key, raw, "true or false")
	}
	return v
}

// anyInteger returns an integer whose range is checked together with others.
func (s *settings) anyInteger(key string) int {
	raw, ok := s.value(key)
	if !ok {
		return 0
	}
	v, err := strconv.Atoi(raw)
	if err != nil {
		s.problem(key, raw, "an integer")
	}
	return v
}

func (s *settings) integer(key string, low, high int) int {
	raw, ok := s.value(key)
	if !ok {
		return 0
	}
	v, err := strconv.Atoi(raw)
	if err != nil || v < low || v > high {
		s.problem(key, raw, fmt.Sprintf("an integer from %d to %d", low, high))
	}
	return v
}

// schedule reads the parts of a schedule, which are checked together.
func (s *settings) schedule(key string) Schedule {
	parts := s.object(key)
	schedule := Schedule{Stop: parts["stop"], Start: parts["start"], TimeZone: parts["timeZone"]}
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		if !slices.Contains([]string{"stop", "start", "timeZone"}, name) {
			s.problem(key, name, "an object of stop, start and timeZone")
		}
	}
	return schedule
}

func (s *settings) list(key string) []string {
	raw, ok := s.value(key)
	if !ok {
		return nil
	}
	var v []string
	if err := json.Unmarshal([]byte(raw), &v); err != nil {
		s.problem(key, raw, "a list of strings")
	}
	return v
}

func (s *settings) object(key string) map[string]string {
	raw, ok := s.value(key)
	if !ok {
		return nil
	}
	var v map[string]string
	if err := json.Unmarshal([]byte(raw), &v); err != nil {
		s.problem(key, raw, "names with one string each")
	}
	return v
}

// problem records what is wrong with a setting. Values of secret settings
// are not repeated.
func (s *settings) problem(key, value, allowed string) {
	if s.isSecret(key) {
		value = "[secret]"
	}
	s.problems = append(s.problems, Problem{
		Key:     s.name(key),
		Value:   value,
		Allowed: allowed,
		Mend:    fmt.Sprintf("set it with: pulumi config set %s <value>", s.name(key)),
	})
}

// err returns the problems, or nil if there are none.
func (s *settings) err() error {
	if len(s.problems) == 0 {
		return nil
	}
	return &ConfigError{Stack: s.source.Stack(), Problems: s.problems}
}

// partProblem records what is wrong with a part of a setting that is an object.
func (s *settings) partProblem(key, part, value, allowed string) {
	s.problem(key, value, allowed)
	p := &s.problems[len(s.problems)-1]
	p.Key += "." + part
	p.Mend = fmt.Sprintf("set it with: pulumi config set --path '%s' '<value>'", p.Key)
}

// sound tells whether none of the settings has a problem so far: a rule over
// several of them has nothing to say about values that are wrong themselves.
func (s *settings) sound(keys ...string) bool {
	return !slices.ContainsFunc(s.problems, func(p Problem) bool {
		return slices.ContainsFunc(keys, func(key string) bool { return p.Key == s.name(key) })
	})
}

// A Problem is one setting that can't be deployed.
type Problem struct {
	// Key is the setting's full name.
	Key string
	// Value is what it is set to, empty where it isn't to be shown.
	Value string
	// Allowed says which values it takes.
	Allowed string
	// Mend says how to change it.
	Mend string
}

// String says what is wrong and how to mend it, in one line.
func (p Problem) String() string {
	is := ""
	if p.Value != "" {
		is = fmt.Sprintf(" is %q,", p.Value)
	}
	return fmt.Sprintf("%s%s must be %s; %s", p.Key, is, p.Allowed, p.Mend)
}

// A ConfigError lists everything that is wrong with the settings of a stack.
type ConfigError struct {
	Stack    string
	Problems []Problem
}

// Error has one line for each problem.
func (e *ConfigError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "the configuration of stack %s can't be deployed; nothing was changed:", e.Stack)
	for _, p := range e.Problems {
		fmt.Fprintf(&b, "\n  - %s", p)
	}
	return b.String()
}
