package architecture

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// A box is a resource in the diagram, or several that are drawn as one.
type box struct {
	// kind is the type of the resource.
	kind string
	// names tell it from others of its kind, without numbers. There is none if
	// the kind says it all.
	names []string
	// details are properties that say more than its kind.
	details string
	// count is how many resources it stands for.
	count int
	// component is true if it does nothing but hold others.
	component bool
	// parent is the box around it.
	parent *box
}

// inside tells whether a box is in another one, at any depth.
func (b *box) inside(other *box) bool {
	for outer := b.parent; outer != nil; outer = outer.parent {
		if outer == other {
			return true
		}
	}
	return false
}

// compare puts boxes in order, those in a box behind it.
func compare(a, b *box) int {
	return slices.Compare(a.path(), b.path())
}

func (b *box) path() []string {
	if b == nil {
		return nil
	}
	return append(b.parent.path(), b.kind, b.name())
}

func (b *box) name() string { return strings.Join(b.names, ", ") }

// An arrow leads from one box to another.
type arrow struct{ from, to *box }

// A graph is what is drawn.
type graph struct {
	boxes []*box
	// dependencies lead from a box to what it needs.
	dependencies map[arrow]bool
	// requests lead the way that requests take. They come from nil, the internet.
	requests map[arrow]bool
}

// newGraph takes over the resources of a stack as the rules say.
func newGraph(resources []apitype.ResourceV3) *graph {
	g := &graph{dependencies: map[arrow]bool{}, requests: map[arrow]bool{}}
	s := newState(resources)
	drawn := map[resource.URN]*box{}
	for _, r := range resources { // parents are kept before their children
		owner := s.owner(r)
		if owner != r.URN {
			drawn[r.URN] = drawn[owner]
			continue
		}
		b := &box{
			kind: string(r.Type), names: s.names(r), details: details(r), count: 1,
			component: !r.Custom, parent: drawn[r.Parent],
		}
		drawn[r.URN] = b
		g.boxes = append(g.boxes, b)
	}
	for _, r := range resources {
		for _, on := range s.dependencies(r) {
			g.connect(drawn[r.URN], drawn[on])
		}
	}
	return g
}

// connect adds a dependency. There is none on what is not drawn, and between a
// box and what is in it, which shows.
func (g *graph) connect(from, to *box) {
	if from == nil || to == nil || from == to || from.inside(to) || to.inside(from) {
		return
	}
	g.dependencies[arrow{from, to}] = true
}

// replace draws boxes as others, which get what is in them, and their arrows.
// What is replaced by nil is left out.
func (g *graph) replace(by map[*box]*box) {
	final := func(b *box) *box {
		for {
			other, replaced := by[b]
			if !replaced {
				return b
			}
			b = other
		}
	}
	g.boxes = slices.DeleteFunc(g.boxes, func(b *box) bool { return final(b) != b })
	for _, b := range g.boxes {
		for b.parent != nil && final(b.parent) == b { // it takes the place of what was around it
			b.parent = b.parent.parent
		}
		b.parent = final(b.parent)
	}
	before := g.dependencies
	g.dependencies = map[arrow]bool{}
	for a := range before {
		g.connect(final(a.from), final(a.to))
	}
}

// in returns what is in a box, and not in another one in it, in order. What no
// box is around is in nil.
func (g *graph) in(parent *box) []*box {
	found := slices.DeleteFunc(slices.Clone(g.boxes), func(b *box) bool { return b.parent != parent })
	slices.SortFunc(found, compare)
	return found
}

// sorted returns arrows in order, which a map has none of.
func sorted(arrows map[arrow]bool) []arrow {
	return slices.SortedFunc(maps.Keys(arrows), func(a, b arrow) int {
		return cmp.Or(compare(a.from, b.from), compare(a.to, b.to))
	})
}
