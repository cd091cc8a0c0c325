package architecture

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

var (
	// notInKeys matches what keys are made without.
	notInKeys = regexp.MustCompile(`[^a-z0-9]+`)
	// capital matches what a word in the name of a type begins with.
	capital = regexp.MustCompile(`[A-Z]`)
)

// key names a box in the diagram.
func (b *box) key() string {
	if b == nil {
		return "internet"
	}
	if b.parent == nil {
		return b.ownKey()
	}
	return b.parent.key() + "." + b.ownKey()
}

// ownKey names a box among those beside it. The module tells apart types with
// one title, like the services of ECS and those of Cloud Map.
func (b *box) ownKey() string {
	module, _, _ := strings.Cut(b.kind[:strings.LastIndex(b.kind, ":")], "/")
	module = module[strings.LastIndex(module, ":")+1:]
	words := strings.ToLower(module + " " + title(b.kind) + " " + b.name())
	return strings.Trim(notInKeys.ReplaceAllString(words, "-"), "-")
}

// label is what is written on a box.
func (b *box) label() string {
	label := title(b.kind)
	if b.count > 1 {
		label += fmt.Sprintf(" ×%d", b.count)
	}
	for _, more := range []string{b.name(), b.details} {
		if more != "" {
			label += "\n" + more
		}
	}
	return label
}

// title returns what a type is called: its last part, in words.
func title(kind string) string {
	if known := titles[kind]; known != "" {
		return known
	}
	words := strings.Fields(capital.ReplaceAllString(kind[strings.LastIndex(kind, ":")+1:], " $0"))
	for i, word := range words {
		switch {
		case acronyms[word] != "":
			words[i] = acronyms[word]
		case i > 0:
			words[i] = strings.ToLower(word)
		}
	}
	return strings.Join(words, " ")
}

// color returns the color of the service that a resource is of, as D2 has it.
func (b *box) color() string {
	for service, color := range colors {
		if strings.HasPrefix(b.kind, service) {
			return fmt.Sprintf("; style.stroke: %q", color)
		}
	}
	return ""
}

// details returns the properties of a resource that are shown.
func details(r apitype.ResourceV3) string {
	var all []string
	for _, property := range shown[string(r.Type)] {
		if value, ok := r.Inputs[property]; ok {
			all = append(all, fmt.Sprint(value))
		}
	}
	return strings.Join(all, " ")
}
