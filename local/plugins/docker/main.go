// Command pulumi-resource-docker stands in for the Pulumi plugin docker 4.11.2
// where that cannot be downloaded. It serves docker:index/image:Image: it
// builds with the BuildKit of the Docker engine, and pushes with the engine to
// the registry that the image's name says. Everything else is refused.
package main

import (
	"fmt"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// version is that of the plugin that is stood in for: the engine compares it
// with the one that the program's SDK asks for.
const version = "4.11.2"

func main() {
	if err := provider.Main("docker", func(host *provider.HostClient) (pulumirpc.ResourceProviderServer, error) {
		return newImageProvider(host), nil
	}); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-docker:", err)
		os.Exit(1)
	}
}
