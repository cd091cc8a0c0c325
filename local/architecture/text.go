package architecture

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
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
		label := b.label()
		if len(g.in(b)) == 0 {
			height := margin + lineHeight*(1+strings.Count(label, "\n"))
			fmt.Fprintf(text, "%s%s: %q {class: resource; height: %d%s}\n", indent, b.ownKey(), label, height, b.color())
			continue
		}
		class := "holder"
		if b.component {
			class = "component"
		}
		fmt.Fprintf(text, "%s%s: %q {\n%s  class: %s%s\n", indent, b.ownKey(), strings.ReplaceAll(label, "\n", " "), indent, class, b.color())
		g.writeBoxes(text, ranks, b, indent+"  ")
		fmt.Fprintf(text, "%s}\n", indent)
	}
}
