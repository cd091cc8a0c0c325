// Command pulumi-resource-awsx stands in for the Pulumi plugin awsx 2.22.0
// where that cannot be downloaded. It makes awsx:ec2:Vpc, with the children
// that awsx makes for the arguments it knows, and refuses everything else.
package main

import (
	"fmt"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
)

// version is that of the plugin that is stood in for: the engine compares it
// with the one that the program's SDK asks for.
const version = "2.22.0"

func main() {
	if err := provider.MainWithOptions(provider.Options{
		Name:      "awsx",
		Version:   version,
		Construct: construct,
	}); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-awsx:", err)
		os.Exit(1)
	}
}
