package toolchain

import (
	"context"
	"path/filepath"

	"fargate-stack/local/fargate"
)

// fargateTool is what runs the tasks that are deployed. The network interface
// runs in a container without anything else in it.
var fargateTool = tool{
	name: "fargate",
	why:  "what runs tasks and carries traffic (a minute the first time)",
	programs: []program{
		{name: "fargate", pkg: "./fargate/server"},
		{name: "eni", pkg: "./fargate/eni/interface", static: true},
	},
}

func buildFargate(ctx context.Context, b *builder) (fargate.Programs, error) {
	folder, err := b.build(ctx, fargateTool)
	if err != nil {
		return fargate.Programs{}, err
	}
	return fargate.Programs{Server: filepath.Join(folder, "fargate"), Interface: filepath.Join(folder, "eni")}, nil
}
