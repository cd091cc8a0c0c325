package architecture

import (
	"cmp"
	"maps"
	"slices"
)

// findRequests finds the way of requests, along dependencies. It begins with
// what no other request comes to.
func (g *graph) findRequests() {
	for a := range g.dependencies {
		for _, s := range steps {
			switch {
			case s.dependent != a.from.kind || s.on != a.to.kind:
			case s.back:
				g.requests[arrow{a.to, a.from}] = true
			default:
				g.requests[a] = true
			}
		}
	}
	way := sorted(g.requests)
	for _, a := range way {
		if !slices.ContainsFunc(way, func(other arrow) bool { return other.to == a.from }) {
			g.requests[arrow{nil, a.from}] = true
		}
	}
}

// reduce leaves out dependencies where others lead the same way, and between
// what is on the way of requests, which says as much.
func (g *graph) reduce() {
	for _, a := range sorted(g.dependencies) {
		delete(g.dependencies, a)
		if !g.leads(a.from, a.to, map[*box]bool{}) {
			g.dependencies[a] = true
		}
	}
	maps.DeleteFunc(g.dependencies, func(a arrow, _ bool) bool {
		return touches(g.requests, a.from) && touches(g.requests, a.to)
	})
}

// touches tells whether arrows lead from or to a box.
func touches(arrows map[arrow]bool, b *box) bool {
	for a := range arrows {
		if a.from == b || a.to == b {
			return true
		}
	}
	return false
}

// leads tells whether there is a way from a box to another one.
func (g *graph) leads(from, to *box, seen map[*box]bool) bool {
	if from == to {
		return true
	}
	seen[from] = true
	for a := range g.dependencies {
		if a.from == from && !seen[a.to] && g.leads(a.to, to, seen) {
			return true
		}
	}
	return false
}

// ranks returns where each box comes when one goes from the internet along
// requests, and from all of that along dependencies, first where they lead on.
// What holds others comes with the first of them, what no way leads to at the end.
func (g *graph) ranks() map[*box]int {
	leading := map[*box]int{}
	for a := range g.dependencies {
		leading[a.from]++
	}
	order := []*box{nil}
	for _, arrows := range []map[arrow]bool{g.requests, g.dependencies} {
		inOrder := sorted(arrows)
		slices.SortStableFunc(inOrder, func(a, b arrow) int { return cmp.Compare(leading[b.to], leading[a.to]) })
		for i := 0; i < len(order); i++ {
			for _, a := range inOrder {
				if a.from == order[i] && !slices.Contains(order, a.to) {
					order = append(order, a.to)
				}
			}
		}
	}
	ranks := map[*box]int{}
	for _, b := range g.boxes {
		ranks[b] = len(order)
	}
	for rank, b := range slices.Backward(order) {
		for ; b != nil; b = b.parent {
			ranks[b] = rank
		}
	}
	return ranks
}
