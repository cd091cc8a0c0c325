package architecture

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// look is how the diagram is drawn. What it has no colors for has those of the
// theme, light or dark.
const look = `direction: down
classes: {
  component: {
    label.near: top-left
    style: {border-radius: 8; stroke-dash: 4; font-size: 18; bold: true}
  }
  holder: {
    label.near: top-left
    style: {border-radius: 6; stroke-width: 1; font-size: 15}
  }
  resource: {
    style: {border-radius: 6; stroke-width: 2; bold: false}
  }
  internet: {
    shape: oval
    height: 44
    style: {stroke: "#2f81f7"; stroke-width: 3}
  }
  request: {
    style: {stroke: "#2f81f7"; stroke-width: 3}
  }
}
`

// lineHeight and margin are what the height of a box is made of. D2 by itself
// leaves more room than there is in the column of a README.
const (
	lineHeight = 20
	margin     = 20
)

var (
	// notInKeys matches what keys are made without.
	notInKeys = regexp.MustCompile(`[^a-z0-9]+`)
	// capital matches what a word in the name of a type begins with.
	capital = regexp.MustCompile(`[A-Z]`)
)

// text returns the graph in the language D2.
func (g *graph) text() string {
	var text strings.Builder
	text.WriteString(look)
	if len(g.requests) > 0 {
		text.WriteString("internet: Internet {class: internet}\n")
	}
	ranks := g.ranks()
	g.writeBoxes(&text, ranks, nil, "")
	writeArrows(&text, ranks, g.requests, " {class: request}")
	writeArrows(&text, ranks, g.dependencies, "")
	return text.String()
}

// writeArrows writes arrows by the ranks of their ends.
func writeArrows(text *strings.Builder, ranks map[*box]int, arrows map[arrow]bool, class string) {
	inOrder := sorted(arrows)
	slices.SortStableFunc(inOrder, func(a, b arrow) int {
		return cmp.Or(cmp.Compare(ranks[a.from], ranks[b.from]), cmp.Compare(ranks[a.to], ranks[b.to]))
	})
	for _, a := range inOrder {
		fmt.Fprintf(text, "%s -> %s%s\n", a.from.key(), a.to.key(), class)
	}
}

// writeBoxes writes what is in a box, or in none, by rank: the layout keeps
// to the order where it can.
func (g *graph) writeBoxes(text *strings.Builder, ranks map[*box]int, parent *box, indent string) {
	boxes := g.in(parent)
	slices.SortStableFunc(boxes, func(a, b *box) int { return cmp.Compare(ranks[a], ranks[b]) })
	for _, b := range boxes {
		inner, label := len(g.in(b)), b.label()
		switch {
		case inner == 0:
			height := margin + lineHeight*(1+strings.Count(label, "\n"))
			fmt.Fprintf(text, "%s%s: %q {class: resource; height: %d%s}\n", indent, b.ownKey(), label, height, b.color())
			continue
		case b.component:
			fmt.Fprintf(text, "%s%s: %q {\n%s  class: component\n", indent, b.ownKey(), label, indent)
		default:
			fmt.Fprintf(text, "%s%s: %q {\n%s  class: holder%s\n", indent, b.ownKey(), strings.ReplaceAll(label, "\n", " "), indent, b.color())
		}
		g.writeBoxes(text, ranks, b, indent+"  ")
		fmt.Fprintf(text, "%s}\n", indent)
	}
}

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

func (b *box) ownKey() string {
	name := strings.ToLower(title(b.kind) + " " + b.name())
	return strings.Trim(notInKeys.ReplaceAllString(name, "-"), "-")
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
