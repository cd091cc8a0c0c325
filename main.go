// Command fargate-stack is a Pulumi program: it is run by the Pulumi engine
// (pulumi up, preview, destroy), never by hand. What it deploys is in infra.
package main

import (
	"fargate-stack/infra"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(infra.Deploy)
}
