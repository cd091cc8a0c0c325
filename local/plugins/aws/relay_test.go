package main

import (
	"context"
	"fmt"
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
)

// A fakeBridge answers requests as it is told and keeps the last one.
type fakeBridge struct {
	pulumirpc.UnimplementedResourceProviderServer
	asked   proto.Message
	answer  proto.Message
	failure error
	hangs   bool

	read        *pulumirpc.ReadRequest
	found       *pulumirpc.ReadResponse
	readFailure error
}

func (b *fakeBridge) Read(_ context.Context, request *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	b.read = request
	return b.found, b.readFailure
}

func (b *fakeBridge) Check(_ context.Context, request *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	b.asked = request
	if b.answer == nil {
		return &pulumirpc.CheckResponse{Inputs: request.News}, b.failure
	}
	return b.answer.(*pulumirpc.CheckResponse), b.failure
}

func (b *fakeBridge) Diff(_ context.Context, request *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	b.asked = request
	return b.answer.(*pulumirpc.DiffResponse), b.failure
}

func (b *fakeBridge) Create(ctx context.Context, request *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	b.asked = request
	if b.hangs {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return &pulumirpc.CreateResponse{Id: "id", Properties: request.Properties}, b.failure
}

func (b *fakeBridge) Invoke(_ context.Context, request *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	b.asked = request
	return b.answer.(*pulumirpc.InvokeResponse), b.failure
}

func (b *fakeBridge) Configure(_ context.Context, request *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	b.asked = request
	return &pulumirpc.ConfigureResponse{AcceptSecrets: true, AcceptResources: true, SupportsPreview: true}, b.failure
}

// A fakeEngine keeps what it is told to log.
type fakeEngine struct {
	pulumirpc.UnimplementedEngineServer
	logged *pulumirpc.LogRequest
}

func (e *fakeEngine) Log(_ context.Context, request *pulumirpc.LogRequest) (*emptypb.Empty, error) {
	e.logged = request
	return &emptypb.Empty{}, nil
}

// start serves on a free port until the test ends, and returns a connection.
func startServer(t *testing.T, server *grpc.Server) *grpc.ClientConn {
	t.Helper()
	port, err := serve(server)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	connection, err := connect(fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	return connection
}

// startRelay puts a relay between the returned client, which speaks for the
// engine, and a bridge.
func startRelay(t *testing.T, translator *translator, bridge *fakeBridge) pulumirpc.ResourceProviderClient {
	t.Helper()
	behind := grpc.NewServer()
	pulumirpc.RegisterResourceProviderServer(behind, bridge)
	relay := newServer(translator.relayToBridge(startServer(t, behind)))
	return pulumirpc.NewResourceProviderClient(startServer(t, relay))
}

const (
	groupURN       = "urn:pulumi:dev::shop::net:index:Network$aws:ec2/securityGroup:SecurityGroup::tasks"
	groupBridgeURN = "urn:pulumi:dev::shop::net:index:Network$aws:index/securityGroup:SecurityGroup::tasks"
)

func TestACheckIsTranslatedBothWays(t *testing.T) {
	bridge := &fakeBridge{}
	engine := startRelay(t, &translator{}, bridge)
	news := object(t, `{"ingress": [{"fromPort": 80}], "vpcId": `+unknownText+`}`)
	response, err := engine.Check(t.Context(), &pulumirpc.CheckRequest{
		Urn: groupURN, Type: "aws:ec2/securityGroup:SecurityGroup", Name: "tasks", News: news, RandomSeed: []byte{1},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := &pulumirpc.CheckRequest{
		Urn: groupBridgeURN, Type: "aws:index/securityGroup:SecurityGroup", Name: "tasks", RandomSeed: []byte{1},
		News: object(t, `{"ingresses": [{"fromPort": 80}], "vpcId": `+unknownText+`}`),
	}
	if !proto.Equal(bridge.asked, want) {
		t.Errorf("the bridge was asked %v, want %v", bridge.asked, want)
	}
	if !proto.Equal(response.Inputs, news) {
		t.Errorf("the engine was answered %v, want %v", response.Inputs, news)
	}
}

func TestATypeWithAnotherNameInTerraform(t *testing.T) {
	bridge := &fakeBridge{}
	engine := startRelay(t, &translator{}, bridge)
	properties := object(t, `{"name": "web", "port": 80, "password": `+secretStart+`"p"}}`)
	response, err := engine.Create(t.Context(), &pulumirpc.CreateRequest{
		Urn: "urn:pulumi:dev::shop::aws:lb/targetGroup:TargetGroup::web", Type: "aws:lb/targetGroup:TargetGroup", Properties: properties,
	})
	if err != nil {
		t.Fatal(err)
	}
	asked := bridge.asked.(*pulumirpc.CreateRequest)
	if asked.Type != "aws:index/lbTargetGroup:LbTargetGroup" || asked.Urn != "urn:pulumi:dev::shop::aws:index/lbTargetGroup:LbTargetGroup::web" {
		t.Errorf("the bridge was asked for type %s, URN %s", asked.Type, asked.Urn)
	}
	if !proto.Equal(asked.Properties, properties) || !proto.Equal(response.Properties, properties) {
		t.Errorf("properties went as %v and came back as %v, want %v", asked.Properties, response.Properties, properties)
	}
}

func TestADiffNamesPropertiesAsTheSDKDoes(t *testing.T) {
	bridge := &fakeBridge{answer: &pulumirpc.DiffResponse{
		Changes: pulumirpc.DiffResponse_DIFF_SOME, Replaces: []string{"vpcId"}, Diffs: []string{"ingresses", "vpcId"},
		DetailedDiff: map[string]*pulumirpc.PropertyDiff{"ingresses[0].fromPort": {Kind: pulumirpc.PropertyDiff_UPDATE}},
	}}
	engine := startRelay(t, &translator{}, bridge)
	got, err := engine.Diff(t.Context(), &pulumirpc.DiffRequest{
		Urn: groupURN, Olds: object(t, `{"egress": []}`), OldInputs: object(t, `{"egress": []}`), News: object(t, `{"egress": []}`),
		IgnoreChanges: []string{"egress"},
	})
	if err != nil {
		t.Fatal(err)
	}
	asked := bridge.asked.(*pulumirpc.DiffRequest)
	for name, object := range map[string]string{"olds": text(asked.Olds), "old inputs": text(asked.OldInputs), "news": text(asked.News)} {
		if object != `{"egresses":[]}` {
			t.Errorf("the bridge was asked with %s %s", name, object)
		}
	}
	if strings.Join(asked.IgnoreChanges, " ") != "egresses" {
		t.Errorf("the bridge was told to ignore %v", asked.IgnoreChanges)
	}
	want := &pulumirpc.DiffResponse{
		Changes: pulumirpc.DiffResponse_DIFF_SOME, Replaces: []string{"vpcId"}, Diffs: []string{"ingress", "vpcId"},
		DetailedDiff: map[string]*pulumirpc.PropertyDiff{"ingress[0].fromPort": {Kind: pulumirpc.PropertyDiff_UPDATE}},
	}
	if !proto.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestWhatCannotExistTwiceIsDeletedFirst(t *testing.T) {
	for urn, want := range map[string]bool{
		"urn:pulumi:dev::shop::aws:iam/rolePolicyAttachment:RolePolicyAttachment::a": true,
		"urn:pulumi:dev::shop::aws:iam/role:Role::a":                                 false,
	} {
		bridge := &fakeBridge{answer: &pulumirpc.DiffResponse{Replaces: []string{"role"}}}
		got, err := startRelay(t, &translator{}, bridge).Diff(t.Context(), &pulumirpc.DiffRequest{Urn: urn})
		if err != nil {
			t.Fatal(err)
		}
		if got.DeleteBeforeReplace != want {
			t.Errorf("%s: delete before replace is %v, want %v", urn, got.DeleteBeforeReplace, want)
		}
	}
}

func TestAFunctionIsTranslated(t *testing.T) {
	bridge := &fakeBridge{answer: &pulumirpc.InvokeResponse{Return: object(t, `{"healthChecks": [{"path": "/health"}]}`)}}
	engine := startRelay(t, &translator{}, bridge)
	response, err := engine.Invoke(t.Context(), &pulumirpc.InvokeRequest{Tok: "aws:lb/getTargetGroup:getTargetGroup", Args: object(t, `{"name": "web"}`)})
	if err != nil {
		t.Fatal(err)
	}
	if asked := bridge.asked.(*pulumirpc.InvokeRequest); asked.Tok != "aws:index/getLbTargetGroup:getLbTargetGroup" || text(asked.Args) != `{"name":"web"}` {
		t.Errorf("the bridge was asked %v", asked)
	}
	if got := text(response.Return); got != `{"healthCheck":{"path":"/health"}}` {
		t.Errorf("got %s", got)
	}
}

func TestAProvidersConfigurationIsTranslated(t *testing.T) {
	bridge := &fakeBridge{}
	engine := startRelay(t, &translator{}, bridge)
	urn, typ := "urn:pulumi:dev::shop::pulumi:providers:aws::explicit", "pulumi:providers:aws"
	response, err := engine.Configure(t.Context(), &pulumirpc.ConfigureRequest{
		Urn: &urn, Type: &typ, AcceptSecrets: true, SendsOldInputs: true,
		Args: object(t, `{"region": "eu-west-1", "defaultTags": "{\"tags\": {\"Project\": \"shop\"}}"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	asked := bridge.asked.(*pulumirpc.ConfigureRequest)
	if asked.GetUrn() != urn || asked.GetType() != typ || !asked.AcceptSecrets || !asked.SendsOldInputs {
		t.Errorf("the bridge was asked %v", asked)
	}
	if got := text(asked.Args); got != `{"defaultTags":[{"tags":{"Project":"shop"}}],"region":"eu-west-1"}` {
		t.Errorf("the bridge was configured with %s", got)
	}
	if !response.AcceptSecrets || !response.AcceptResources || !response.SupportsPreview {
		t.Errorf("got %v", response)
	}
}

func TestWhatIsNotInATableIsRefused(t *testing.T) {
	engine := startRelay(t, &translator{}, &fakeBridge{})
	for name, test := range map[string]struct {
		ask  func() error
		want []string
	}{
		"a resource type": {func() error {
			_, err := engine.Check(t.Context(), &pulumirpc.CheckRequest{Urn: "urn:pulumi:dev::shop::aws:rds/instance:Instance::db"})
			return err
		}, []string{"resource type aws:rds/instance:Instance", "local/plugins/aws/types.go"}},
		"a function": {func() error {
			_, err := engine.Invoke(t.Context(), &pulumirpc.InvokeRequest{Tok: "aws:rds/getInstance:getInstance"})
			return err
		}, []string{"function aws:rds/getInstance:getInstance", "local/plugins/aws/types.go"}},
		"a property": {func() error {
			_, err := engine.Check(t.Context(), &pulumirpc.CheckRequest{
				Urn: "urn:pulumi:dev::shop::aws:s3/bucketV2:BucketV2::logs", News: object(t, `{"websites": [{}]}`),
			})
			return err
		}, []string{"aws_s3_bucket: websites is not relayed", "local/plugins/aws/properties.go"}},
		"the schema": {func() error {
			_, err := engine.GetSchema(t.Context(), &pulumirpc.GetSchemaRequest{})
			return err
		}, []string{"no schema"}},
	} {
		t.Run(name, func(t *testing.T) {
			err := test.ask()
			for _, want := range test.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got error %v, want one with %q", err, want)
				}
			}
		})
	}
}

func TestAnErrorOfTheBridgeReachesTheEngine(t *testing.T) {
	bridge := &fakeBridge{failure: status.Error(codes.Unknown, "no such VPC")}
	_, err := startRelay(t, &translator{}, bridge).Create(t.Context(), &pulumirpc.CreateRequest{Urn: groupURN})
	if status.Code(err) != codes.Unknown || status.Convert(err).Message() != "no such VPC" {
		t.Errorf("got %v", err)
	}
}

func TestACustomTimeoutEndsARequest(t *testing.T) {
	engine := startRelay(t, &translator{}, &fakeBridge{hangs: true})
	_, err := engine.Create(t.Context(), &pulumirpc.CreateRequest{Urn: groupURN, Timeout: 0.05})
	if err == nil || !strings.Contains(err.Error(), "not done after the custom timeout of 50ms") {
		t.Errorf("got %v", err)
	}
}

func TestTheVersionIsTheOneOfTheSDK(t *testing.T) {
	info, err := startRelay(t, &translator{}, &fakeBridge{}).GetPluginInfo(t.Context(), &emptypb.Empty{})
	if err != nil {
		t.Fatal(err)
	}
	if info.Version != sdkVersion {
		t.Errorf("got %s, want %s", info.Version, sdkVersion)
	}
}

func TestLogsAreOfTheEnginesResourceAndNoErrorTwice(t *testing.T) {
	for name, test := range map[string]struct {
		bridge, want pulumirpc.LogSeverity
		urn, wantURN string
	}{
		"an error is returned as well":        {pulumirpc.LogSeverity_ERROR, pulumirpc.LogSeverity_DEBUG, groupBridgeURN, groupURN},
		"a warning is not":                    {pulumirpc.LogSeverity_WARNING, pulumirpc.LogSeverity_WARNING, groupBridgeURN, groupURN},
		"a resource that was not asked about": {pulumirpc.LogSeverity_INFO, pulumirpc.LogSeverity_INFO, "urn:pulumi:dev::shop::a:b:C::d", "urn:pulumi:dev::shop::a:b:C::d"},
		"no resource":                         {pulumirpc.LogSeverity_INFO, pulumirpc.LogSeverity_INFO, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			translator := &translator{}
			if _, err := startRelay(t, translator, &fakeBridge{}).Check(t.Context(), &pulumirpc.CheckRequest{Urn: groupURN}); err != nil {
				t.Fatal(err)
			}
			engine := &fakeEngine{}
			behind := grpc.NewServer()
			pulumirpc.RegisterEngineServer(behind, engine)
			relay := startServer(t, newServer(translator.relayToEngine(startServer(t, behind))))
			request := &pulumirpc.LogRequest{Severity: test.bridge, Message: "said", Urn: test.urn}
			if _, err := pulumirpc.NewEngineClient(relay).Log(t.Context(), request); err != nil {
				t.Fatal(err)
			}
			want := &pulumirpc.LogRequest{Severity: test.want, Message: "said", Urn: test.wantURN}
			if !proto.Equal(engine.logged, want) {
				t.Errorf("the engine was told %v, want %v", engine.logged, want)
			}
		})
	}
}
