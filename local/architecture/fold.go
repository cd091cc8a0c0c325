package architecture

import (
	"fmt"
	"slices"
)

// unwrap leaves out components with nothing in them, and draws those with one
// thing in them as that.
func (g *graph) unwrap() {
	for {
		by := map[*box]*box{}
		for _, b := range g.boxes {
			inner := g.in(b)
			switch {
			case b.component && len(inner) == 0:
				by[b] = nil
			case b.component && len(inner) == 1:
				by[b] = inner[0]
			}
		}
		if len(by) == 0 {
			return
		}
		g.replace(by)
	}
}

// foldNamesakes draws resources of one type and name in one box as one: only
// their numbers tell them apart. What is in them is in one box then, and folded too.
func (g *graph) foldNamesakes(parent *box) {
	g.fold(g.in(parent), func(b *box) string { return b.kind + " " + b.name() })
	for _, b := range g.in(parent) {
		g.foldNamesakes(b)
	}
}

// foldAlike draws resources of one type with the same arrows as one. What is on
// the way of requests stays, step by step.
func (g *graph) foldAlike() {
	leaves := slices.DeleteFunc(slices.Clone(g.boxes), func(b *box) bool {
		return len(g.in(b)) > 0 || touches(g.requests, b)
	})
	slices.SortFunc(leaves, compare)
	g.fold(leaves, func(b *box) string {
		key := fmt.Sprint(b.kind, b.parent.path())
		for _, a := range sorted(g.dependencies) {
			if a.from == b {
				key += fmt.Sprint(" to", a.to.path())
			}
			if a.to == b {
				key += fmt.Sprint(" from", a.from.path())
			}
		}
		return key
	})
}

// fold draws boxes with one key as the first of them.
func (g *graph) fold(boxes []*box, key func(*box) string) {
	first, by := map[string]*box{}, map[*box]*box{}
	for _, b := range boxes {
		k := key(b)
		whole, found := first[k]
		if !found {
			first[k] = b
			continue
		}
		whole.count += b.count
		if !slices.Equal(whole.names, b.names) {
			whole.names = append(whole.names, b.names...)
		}
		by[b] = whole
	}
	g.replace(by)
}
