package diagnosis

import (
	"slices"
	"strings"
)

// A Finding is one reason why an app does not answer.
type Finding struct {
	// Kind is what is wrong, for programs.
	Kind Kind
	// Title is what is wrong, for people.
	Title string
	// Evidence is what AWS or Pulumi's state says that shows it, line by line.
	Evidence []string
	// Mend says how to put it right.
	Mend string
}

// String returns the finding as lines for a terminal: what is wrong, the
// evidence, the mend.
func (f Finding) String() string {
	var b strings.Builder
	b.WriteString(f.Title)
	for _, line := range f.Evidence {
		b.WriteString("\n  - " + line)
	}
	b.WriteString("\n  To mend it: " + f.Mend)
	return b.String()
}

// findings are collected in the order of the examination, which is from causes
// to consequences. There is one of each kind: what shows it again is further
// evidence of it.
type findings []Finding

// add records that something is wrong. What was said before is not repeated.
func (f *findings) add(kind Kind, evidence ...string) {
	i := f.index(kind)
	if i < 0 {
		i = len(*f)
		*f = append(*f, Finding{Kind: kind, Title: texts[kind].title, Mend: texts[kind].mend})
	}
	for _, line := range evidence {
		if !slices.Contains((*f)[i].Evidence, line) {
			(*f)[i].Evidence = append((*f)[i].Evidence, line)
		}
	}
}

// either returns the first of several causes that was found, and what would
// else be wrong if none was.
func (f findings) either(causes []Kind, otherwise Kind) Kind {
	for _, cause := range causes {
		if f.index(cause) >= 0 {
			return cause
		}
	}
	return otherwise
}

// addConsequence records what does not come about by itself: it is evidence of
// the most probable cause, and a finding only where there is none.
func (f *findings) addConsequence(kind Kind, evidence ...string) {
	if len(*f) > 0 {
		kind = (*f)[0].Kind
	}
	f.add(kind, evidence...)
}

func (f findings) index(kind Kind) int {
	return slices.IndexFunc(f, func(finding Finding) bool { return finding.Kind == kind })
}
