package main

import (
	"errors"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

func TestAServiceThatDoesNotBecomeReadyIsKept(t *testing.T) {
	const (
		serviceURN = "urn:pulumi:dev::shop::aws:ecs/service:Service::app"
		message    = "waiting for the service to be steady: timeout"
	)
	made := object(t, `{"name": "app-1", "cluster": "arn:aws:ecs:eu-west-1:1:cluster/shop"}`)
	for name, test := range map[string]struct {
		urn     string
		preview bool
		found   *pulumirpc.ReadResponse
		failure error // of the reading
		want    *pulumirpc.ErrorResourceInitFailed
	}{
		"made": {serviceURN, false, &pulumirpc.ReadResponse{Id: "arn:app-1", Properties: made}, nil,
			&pulumirpc.ErrorResourceInitFailed{Id: "arn:app-1", Properties: made, Reasons: []string{message}}},
		"not made":         {serviceURN, false, &pulumirpc.ReadResponse{}, nil, nil},
		"can't be read":    {serviceURN, false, nil, errors.New("no such service"), nil},
		"only a preview":   {serviceURN, true, &pulumirpc.ReadResponse{Id: "arn:app-1", Properties: made}, nil, nil},
		"another resource": {groupURN, false, &pulumirpc.ReadResponse{Id: "sg-1", Properties: made}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			bridge := &fakeBridge{failure: status.Error(codes.Unknown, message), found: test.found, readFailure: test.failure}
			_, err := startRelay(t, &translator{}, bridge).Create(t.Context(), &pulumirpc.CreateRequest{
				Urn: test.urn, Preview: test.preview, Properties: made,
			})
			if status.Convert(err).Message() != message {
				t.Errorf("got the error %v", err)
			}
			details := status.Convert(err).Details()
			if test.want == nil {
				if len(details) != 0 {
					t.Errorf("got %v", details)
				}
				return
			}
			if len(details) != 1 || !proto.Equal(details[0].(proto.Message), test.want) {
				t.Errorf("got %v, want %v", details, test.want)
			}
			if bridge.read.Id != "shop/app-1" {
				t.Errorf("looked for %s", bridge.read.Id)
			}
		})
	}
}
