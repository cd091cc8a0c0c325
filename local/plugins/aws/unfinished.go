package main

import (
	"context"
	"path"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"
)

// importIDs tell what a resource is found by, by Terraform resource. The
// bridge forgets a resource that was made but didn't become ready, where
// pulumi-aws keeps it; here are those for which that is no rare case.
var importIDs = map[string]func(inputs *structpb.Struct) string{
	// A service whose tasks don't start: it never reaches its steady state.
	"aws_ecs_service": func(inputs *structpb.Struct) string {
		cluster := path.Base(inputs.Fields["cluster"].GetStringValue()) // a name or an ARN
		return cluster + "/" + inputs.Fields["name"].GetStringValue()
	},
}

// A creation is a request to create a resource, as the bridge gets it.
type creation struct {
	*pulumirpc.CreateRequest
	importID   func(inputs *structpb.Struct) string
	properties []property
}

// newCreation returns the creation that a request is, if it is one of a
// resource that could be forgotten.
func newCreation(request any, typ string, properties []property) *creation {
	create, ok := request.(*pulumirpc.CreateRequest)
	if !ok || create.Preview || importIDs[typ] == nil {
		return nil
	}
	return &creation{create, importIDs[typ], properties}
}

// keep adds to the failure of a creation what was made all the same, so that
// the engine has it in the stack's state and can mend or delete it. What can't
// be read was not made.
func (c *creation) keep(ctx context.Context, bridge *grpc.ClientConn, failure error) error {
	made, err := pulumirpc.NewResourceProviderClient(bridge).Read(ctx, &pulumirpc.ReadRequest{
		Id: c.importID(c.Properties), Urn: c.Urn, Type: c.Type, Name: c.Name,
	})
	if err != nil || made.Id == "" {
		return failure
	}
	if err := convertObject(made.Properties, c.properties, toSDK); err != nil {
		return failure
	}
	known := status.Convert(failure)
	detailed, err := known.WithDetails(&pulumirpc.ErrorResourceInitFailed{
		Id: made.Id, Properties: made.Properties, Reasons: []string{known.Message()},
	})
	if err != nil {
		return failure
	}
	return detailed.Err()
}
