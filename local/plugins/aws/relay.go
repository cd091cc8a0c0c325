package main

import (
	"context"
	"errors"
	"io"
	"path"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

const (
	// sdkVersion is the version of the official plugin that this one stands for.
	sdkVersion = "6.83.0"

	// maxMessageSize is what Pulumi's own programs allow in one message.
	maxMessageSize = 400 << 20
)

// connect makes a connection to one of Pulumi's programs on this machine.
func connect(address string) (*grpc.ClientConn, error) {
	return grpc.NewClient(address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessageSize)))
}

// newServer makes a server that has handle answer every request, whatever the
// service.
func newServer(handle grpc.StreamHandler) *grpc.Server {
	return grpc.NewServer(
		grpc.ForceServerCodecV2(encoded{}),
		grpc.MaxRecvMsgSize(maxMessageSize),
		grpc.UnknownServiceHandler(handle))
}

// relayToBridge answers the engine's requests by the bridge.
func (t *translator) relayToBridge(bridge *grpc.ClientConn) grpc.StreamHandler {
	return func(_ any, engine grpc.ServerStream) error {
		name, request, err := receive(engine)
		if err != nil {
			return err
		}
		method := path.Base(name)
		switch method {
		case "GetPluginInfo":
			return send(engine, &pulumirpc.PluginInfo{Version: sdkVersion})
		case "GetSchema":
			return status.Error(codes.Unimplemented, "this stand-in for pulumi-aws has no schema; it runs programs that use the SDK")
		}
		translated, err := t.request(method, request)
		if err != nil {
			return status.Error(codes.InvalidArgument, err.Error())
		}
		return forward(engine, bridge, name, translated)
	}
}

// relayToEngine answers the bridge's requests by the engine.
func (t *translator) relayToEngine(engine *grpc.ClientConn) grpc.StreamHandler {
	return func(_ any, bridge grpc.ServerStream) error {
		name, request, err := receive(bridge)
		if err != nil {
			return err
		}
		if name == pulumirpc.Engine_Log_FullMethodName {
			if request, err = t.log(request); err != nil {
				return err
			}
		}
		return forward(bridge, engine, name, unchanged(request))
	}
}

func receive(stream grpc.ServerStream) (method string, request []byte, err error) {
	method, _ = grpc.MethodFromServerStream(stream)
	return method, request, stream.RecvMsg(&request)
}

func send(stream grpc.ServerStream, message proto.Message) error {
	response, err := proto.Marshal(message)
	if err != nil {
		return err
	}
	return stream.SendMsg(&response)
}

// forward sends a request on, and all that is answered back. No method of
// the protocols streams requests.
func forward(from grpc.ServerStream, to *grpc.ClientConn, method string, request translation) error {
	ctx, cancel := context.WithCancel(from.Context())
	defer cancel()
	if request.timeout > 0 {
		ctx, cancel = context.WithTimeout(ctx, request.timeout)
		defer cancel()
	}
	if headers, ok := metadata.FromIncomingContext(ctx); ok {
		ctx = metadata.NewOutgoingContext(ctx, headers) // traces go on
	}
	stream, err := to.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, method, grpc.ForceCodecV2(encoded{}))
	if err != nil {
		return err
	}
	// An error of sending is told by receiving.
	if err := stream.SendMsg(&request.request); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	for {
		var response []byte
		if err := stream.RecvMsg(&response); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return request.failed(from.Context(), to, err)
		}
		if response, err = request.answer(response); err != nil {
			return status.Error(codes.Internal, err.Error())
		}
		if err := from.SendMsg(&response); err != nil {
			return err
		}
	}
}

// encoded is a codec that leaves messages as they are on the wire.
type encoded struct{}

func (encoded) Marshal(message any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(*message.(*[]byte))}, nil
}

func (encoded) Unmarshal(data mem.BufferSlice, message any) error {
	*message.(*[]byte) = data.Materialize()
	return nil
}

func (encoded) Name() string { return "proto" }
