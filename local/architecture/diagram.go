// Package architecture draws what is deployed: it turns the resource graph that
// the engine has of a stack into a diagram in the language [D2].
//
// What is in the diagram comes from the graph: boxes lie in each other as
// resources do in their parents, arrows are dependencies. What is simplified
// follows from the rules in rules.go, which know types of resources but not this
// stack, so that a new resource appears by itself. Nothing in the diagram tells
// of the machine, the account, the region or the name of the stack.
//
// [D2]: https://d2lang.com
package architecture

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// Diagram returns the diagram of a deployment as D2 text.
func Diagram(deployment *apitype.DeploymentV3) string {
	g := newGraph(deployment.Resources)
	g.unwrap()
	g.foldNamesakes(nil)
	g.findRequests()
	g.reduce()
	g.foldAlike()
	return g.text()
}
