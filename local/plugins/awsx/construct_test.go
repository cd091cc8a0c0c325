package main

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// keepAll keeps everything that properties can have over the protocol.
var keepAll = plugin.MarshalOptions{KeepSecrets: true, KeepUnknowns: true, KeepResources: true, KeepOutputValues: true}

// A resourceMonitor is the engine's side of a component's construction: it
// takes the resources that are registered, and makes up their outputs.
type resourceMonitor struct {
	pulumirpc.UnimplementedResourceMonitorServer

	zones []string

	mutex      sync.Mutex
	registered map[string]*pulumirpc.RegisterResourceRequest // by URN
	outputs    map[string]*structpb.Struct                   // of components, by URN
}

func (m *resourceMonitor) GetDeploymentInfo(context.Context, *emptypb.Empty) (*pulumirpc.DeploymentInfo, error) {
	return &pulumirpc.DeploymentInfo{SupportedFeatures: []pulumirpc.ResourceMonitorFeature{
		pulumirpc.ResourceMonitorFeature_RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
		pulumirpc.ResourceMonitorFeature_RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
	}}, nil
}

func (m *resourceMonitor) RegisterResource(_ context.Context, request *pulumirpc.RegisterResourceRequest) (*pulumirpc.RegisterResourceResponse, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	urn := "urn:pulumi:test::app::" + request.GetType() + "::" + request.GetName()
	if m.registered[urn] != nil {
		return nil, fmt.Errorf("%s is registered twice", urn)
	}
	m.registered[urn] = request
	object := &structpb.Struct{Fields: maps.Clone(request.GetObject().GetFields())}
	if request.GetType() == "aws:ec2/eip:Eip" {
		object.Fields["allocationId"] = structpb.NewStringValue("allocation of " + request.GetName())
	}
	response := &pulumirpc.RegisterResourceResponse{Urn: urn, Object: object}
	if request.GetCustom() {
		response.Id = shortType(request.GetType()) + " " + request.GetName()
	}
	return response, nil
}

func (m *resourceMonitor) RegisterResourceOutputs(_ context.Context, request *pulumirpc.RegisterResourceOutputsRequest) (*emptypb.Empty, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.outputs[request.GetUrn()] = request.GetOutputs()
	return &emptypb.Empty{}, nil
}

func (m *resourceMonitor) Invoke(_ context.Context, request *pulumirpc.ResourceInvokeRequest) (*pulumirpc.ResourceInvokeResponse, error) {
	if request.GetTok() != "aws:index/getAvailabilityZones:getAvailabilityZones" {
		return nil, fmt.Errorf("unexpected function %s", request.GetTok())
	}
	names := make([]any, len(m.zones))
	for i, zone := range m.zones {
		names[i] = zone
	}
	result, err := structpb.NewStruct(map[string]any{"id": "us-east-1", "names": names})
	return &pulumirpc.ResourceInvokeResponse{Return: result}, err
}

// shortType returns the last part of a type: Vpc of aws:ec2/vpc:Vpc.
func shortType(typ string) string {
	return typ[strings.LastIndex(typ, ":")+1:]
}

// A construction is what came of constructing a component.
type construction struct {
	monitor *resourceMonitor
	outputs resource.PropertyMap
	err     error
}

// constructVPC constructs a VPC named net over the protocol, in a region with
// three zones.
func constructVPC(t *testing.T, inputs resource.PropertyMap) construction {
	t.Helper()
	return constructAs(t, vpcType, inputs, false)
}

func constructAs(t *testing.T, typ string, inputs resource.PropertyMap, preview bool) construction {
	t.Helper()
	monitor := &resourceMonitor{
		zones:      threeZones,
		registered: map[string]*pulumirpc.RegisterResourceRequest{},
		outputs:    map[string]*structpb.Struct{},
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	pulumirpc.RegisterResourceMonitorServer(server, monitor)
	go server.Serve(listener)
	t.Cleanup(server.Stop)

	wire, err := plugin.MarshalProperties(inputs, keepAll)
	if err != nil {
		t.Fatal(err)
	}
	response, err := provider.Construct(t.Context(), &pulumirpc.ConstructRequest{
		Project: "app", Stack: "test", Type: typ, Name: "net", Inputs: wire,
		MonitorEndpoint: listener.Addr().String(), DryRun: preview,
	}, nil, construct)
	// What a component registers goes on beside the answer that it is refused.
	server.GracefulStop()
	if err != nil {
		return construction{monitor: monitor, err: err}
	}
	outputs, err := plugin.UnmarshalProperties(response.GetState(), keepAll)
	if err != nil {
		t.Fatal(err)
	}
	return construction{monitor: monitor, outputs: outputs}
}

// arguments returns the arguments that the stack uses, changed.
func arguments(changes map[string]any) resource.PropertyMap {
	fields := map[string]any{
		"cidrBlock": "10.0.0.0/16", "numberOfAvailabilityZones": 2.0, "subnetStrategy": "Auto",
		"natGateways": map[string]any{"strategy": "Single"}, "enableDnsHostnames": true, "enableDnsSupport": true,
	}
	for name, value := range changes {
		if value == nil {
			delete(fields, name)
		} else {
			fields[name] = value
		}
	}
	return resource.NewPropertyMapFromMap(fields)
}

// input returns an argument of a child as text.
func (c construction) input(t *testing.T, typ, name, argument string) string {
	t.Helper()
	value, ok := c.inputs(t, typ, name)[resource.PropertyKey(argument)]
	if !ok {
		return ""
	}
	for value.IsOutput() {
		value = value.OutputValue().Element
	}
	return fmt.Sprint(value.V)
}

// inputs returns the arguments of a child.
func (c construction) inputs(t *testing.T, typ, name string) resource.PropertyMap {
	t.Helper()
	for _, request := range c.monitor.registered {
		if request.GetCustom() && shortType(request.GetType()) == typ && request.GetName() == name {
			inputs, err := plugin.UnmarshalProperties(request.GetObject(), keepAll)
			if err != nil {
				t.Fatal(err)
			}
			return inputs
		}
	}
	t.Fatalf("there is no %s %s", typ, name)
	return nil
}

// children returns every resource as "type name < parent's type parent's name".
func (c construction) children() []string {
	var children []string
	for _, request := range c.monitor.registered {
		if request.GetType() != vpcType {
			parent := c.monitor.registered[request.GetParent()]
			children = append(children, fmt.Sprintf("%s %s < %s %s",
				shortType(request.GetType()), request.GetName(), shortType(parent.GetType()), parent.GetName()))
		}
	}
	slices.Sort(children)
	return children
}

// zoneChildren returns what a zone has, whatever the NAT strategy.
func zoneChildren(zone int) []string {
	return strings.Split(strings.ReplaceAll(`Subnet net-public-# < Vpc net
Subnet net-private-# < Vpc net
RouteTable net-public-# < Subnet net-public-#
RouteTable net-private-# < Subnet net-private-#
RouteTableAssociation net-public-# < RouteTable net-public-#
RouteTableAssociation net-private-# < RouteTable net-private-#
Route net-public-# < RouteTable net-public-#`, "#", fmt.Sprint(zone)), "\n")
}

func TestChildren(t *testing.T) {
	for _, zones := range []int{2, 3} {
		for _, strategy := range []string{"None", "Single", "OnePerAz"} {
			t.Run(fmt.Sprintf("%s in %d zones", strategy, zones), func(t *testing.T) {
				c := constructVPC(t, arguments(map[string]any{
					"numberOfAvailabilityZones": float64(zones), "natGateways": map[string]any{"strategy": strategy},
				}))
				if c.err != nil {
					t.Fatal(c.err)
				}
				want := []string{"Vpc net < Vpc net", "InternetGateway net < Vpc net"}
				for zone := 1; zone <= zones; zone++ {
					want = append(want, zoneChildren(zone)...)
					if strategy != "None" {
						want = append(want, fmt.Sprintf("Route net-private-%d < RouteTable net-private-%d", zone, zone))
					}
					if strategy == "OnePerAz" || strategy == "Single" && zone == 1 {
						want = append(want, fmt.Sprintf("Eip net-%d < Subnet net-public-%d", zone, zone),
							fmt.Sprintf("NatGateway net-%d < Subnet net-public-%d", zone, zone))
					}
				}
				slices.Sort(want)
				if got := c.children(); !slices.Equal(got, want) {
					t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
				}
				checkRoutes(t, c, zones, strategy)
				checkOutputs(t, c, zones, strategy)
			})
		}
	}
}

// checkRoutes checks where the default routes lead.
func checkRoutes(t *testing.T, c construction, zones int, strategy string) {
	t.Helper()
	for zone := 1; zone <= zones; zone++ {
		public, private := fmt.Sprintf("net-public-%d", zone), fmt.Sprintf("net-private-%d", zone)
		if got := c.input(t, "Route", public, "gatewayId"); got != "InternetGateway net" {
			t.Errorf("%s leads to %q", public, got)
		}
		if got := c.input(t, "RouteTableAssociation", private, "subnetId") + ", " + c.input(t, "RouteTableAssociation", private, "routeTableId"); got != "Subnet "+private+", RouteTable "+private {
			t.Errorf("%s is associated with %q", private, got)
		}
		if strategy == "None" {
			continue
		}
		gateway := 1
		if strategy == "OnePerAz" {
			gateway = zone
		}
		if got, want := c.input(t, "Route", private, "natGatewayId"), fmt.Sprintf("NatGateway net-%d", gateway); got != want {
			t.Errorf("%s leads to %q, want %q", private, got, want)
		}
		if got := c.input(t, "Route", private, "destinationCidrBlock"); got != "0.0.0.0/0" {
			t.Errorf("%s is for %q", private, got)
		}
		name := fmt.Sprintf("net-%d", gateway)
		if got := c.input(t, "NatGateway", name, "allocationId"); got != "allocation of "+name {
			t.Errorf("the NAT gateway %s has %q", name, got)
		}
	}
}

// checkOutputs checks what a program gets.
func checkOutputs(t *testing.T, c construction, zones int, strategy string) {
	t.Helper()
	gateways := map[string]int{"None": 0, "Single": 1, "OnePerAz": zones}[strategy]
	privateRoutes := zones
	if strategy == "None" {
		privateRoutes = 0
	}
	want := map[resource.PropertyKey]int{
		"subnets": 2 * zones, "publicSubnetIds": zones, "privateSubnetIds": zones, "isolatedSubnetIds": 0,
		"natGateways": gateways, "eips": gateways, "routeTables": 2 * zones, "routeTableAssociations": 2 * zones,
		"routes": zones + privateRoutes, "vpcEndpoints": 0, "subnetLayout": 2,
	}
	for name, count := range want {
		if !c.outputs[name].IsArray() || len(c.outputs[name].ArrayValue()) != count {
			t.Errorf("%s is %v, want %d of them", name, c.outputs[name], count)
		}
	}
	for _, name := range []resource.PropertyKey{"vpc", "internetGateway"} {
		if !c.outputs[name].IsResourceReference() {
			t.Errorf("%s is %v, want a resource", name, c.outputs[name])
		}
	}
	if c.outputs["vpcId"].V != "Vpc net" {
		t.Errorf("vpcId is %v", c.outputs["vpcId"])
	}
	if len(c.outputs) != len(want)+3 {
		t.Errorf("the outputs are %v", slices.Collect(maps.Keys(c.outputs)))
	}
	if got := c.outputs["privateSubnetIds"].ArrayValue()[1].V; got != "Subnet net-private-2" {
		t.Errorf("the second private subnet is %v", got)
	}
	if c.monitor.outputs["urn:pulumi:test::app::"+vpcType+"::net"] == nil {
		t.Error("the component's outputs are not registered")
	}
}

func TestSubnetsInTheirZones(t *testing.T) {
	c := constructVPC(t, arguments(map[string]any{
		"numberOfAvailabilityZones": nil, "availabilityZoneNames": []any{"eu-west-1b", "eu-west-1c"},
		"subnetSpecs": []any{
			map[string]any{"type": "Isolated", "name": "data", "cidrMask": 24.0},
			map[string]any{"type": "Private", "cidrMask": 18.0},
			map[string]any{"type": "Public", "cidrMask": 24.0, "name": nil},
		},
	}))
	if c.err == nil {
		t.Fatal("subnets that overlap were taken")
	}
	c = constructVPC(t, arguments(map[string]any{
		"numberOfAvailabilityZones": nil, "availabilityZoneNames": []any{"eu-west-1b", "eu-west-1c"},
		"subnetSpecs": []any{
			map[string]any{"type": "Private", "cidrMask": 18.0},
			map[string]any{"type": "Public", "cidrMask": 24.0},
			map[string]any{"type": "Isolated", "name": "data", "cidrMask": 24.0},
		},
	}))
	if c.err != nil {
		t.Fatal(c.err)
	}
	for name, want := range map[string]string{
		"net-private-1": "10.0.0.0/18 eu-west-1b false", "net-public-1": "10.0.64.0/24 eu-west-1b true", "net-data-1": "10.0.65.0/24 eu-west-1b false",
		"net-private-2": "10.0.128.0/18 eu-west-1c false", "net-public-2": "10.0.192.0/24 eu-west-1c true", "net-data-2": "10.0.193.0/24 eu-west-1c false",
	} {
		got := c.input(t, "Subnet", name, "cidrBlock") + " " + c.input(t, "Subnet", name, "availabilityZone") + " " + c.input(t, "Subnet", name, "mapPublicIpOnLaunch")
		if got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	if slices.Contains(c.children(), "Route net-data-1 < RouteTable net-data-1") {
		t.Error("the isolated subnet has a route")
	}
	if got := len(c.outputs["isolatedSubnetIds"].ArrayValue()); got != 2 {
		t.Errorf("%d isolated subnets", got)
	}
	layout := c.outputs["subnetLayout"].Mappable()
	if want := "[map[cidrMask:18 size:16384 type:Private] map[cidrMask:24 size:256 type:Public] map[cidrMask:24 name:data size:256 type:Isolated]]"; fmt.Sprint(layout) != want {
		t.Errorf("subnetLayout is %v, want %s", layout, want)
	}
}

func TestDefaults(t *testing.T) {
	c := constructVPC(t, resource.NewPropertyMapFromMap(map[string]any{"subnetStrategy": "Auto"}))
	if c.err != nil {
		t.Fatal(c.err)
	}
	if got := c.input(t, "Vpc", "net", "cidrBlock"); got != "10.0.0.0/16" {
		t.Errorf("cidrBlock is %s", got)
	}
	if got := len(c.outputs["natGateways"].ArrayValue()); got != 3 {
		t.Errorf("%d NAT gateways, want one in each of 3 zones", got)
	}
	if got := c.inputs(t, "Vpc", "net"); got.HasValue("enableDnsHostnames") || got.HasValue("enableDnsSupport") {
		t.Errorf("what was left out was set: %v", got)
	}
	layout := c.outputs["subnetLayout"].Mappable()
	if want := "[map[cidrMask:19 type:Private] map[cidrMask:20 type:Public]]"; fmt.Sprint(layout) != want {
		t.Errorf("subnetLayout is %v, want %s", layout, want)
	}
}

func TestTagsAndSettings(t *testing.T) {
	inputs := arguments(map[string]any{"enableDnsHostnames": true, "enableDnsSupport": false})
	inputs["tags"] = resource.NewProperty(resource.PropertyMap{
		"Name": resource.NewProperty("mine"), "team": resource.MakeSecret(resource.NewProperty("a")),
	})
	c := constructVPC(t, inputs)
	if c.err != nil {
		t.Fatal(c.err)
	}
	if got := c.input(t, "Vpc", "net", "enableDnsHostnames") + c.input(t, "Vpc", "net", "enableDnsSupport"); got != "truefalse" {
		t.Errorf("DNS settings are %s", got)
	}
	for _, test := range []struct{ typ, name, want string }{
		{"Vpc", "net", "map[Name:mine team:a]"},
		{"InternetGateway", "net", "map[Name:mine team:a]"},
		{"Subnet", "net-public-1", "map[Name:net-public-1 SubnetType:Public team:a]"},
		{"RouteTable", "net-private-2", "map[Name:net-private-2 SubnetType:Private team:a]"},
		{"Eip", "net-1", "map[Name:net-1 team:a]"},
		{"NatGateway", "net-1", "map[Name:net-1 team:a]"},
	} {
		if got := tags(t, c, test.typ, test.name); got != test.want {
			t.Errorf("%s %s: got %s, want %s", test.typ, test.name, got, test.want)
		}
	}
}

// tags returns a child's tags without secret markers.
func tags(t *testing.T, c construction, typ, name string) string {
	t.Helper()
	bare := map[string]any{}
	for key, value := range c.inputs(t, typ, name)["tags"].ObjectValue() {
		for value.IsSecret() || value.IsOutput() {
			if value.IsSecret() {
				value = value.SecretValue().Element
			} else {
				value = value.OutputValue().Element
			}
		}
		bare[string(key)] = value.V
	}
	return fmt.Sprint(bare)
}

func TestTagsThatAreUnknownInAPreview(t *testing.T) {
	// The engine sends a program's unknown values as outputs without a value.
	unknown := resource.NewProperty(resource.Output{})
	t.Run("one of them", func(t *testing.T) {
		inputs := arguments(nil)
		inputs["tags"] = resource.NewProperty(resource.PropertyMap{"vpc": unknown})
		c := constructAs(t, vpcType, inputs, true)
		if c.err != nil {
			t.Fatal(c.err)
		}
		given := c.inputs(t, "Subnet", "net-public-1")["tags"]
		if !given.IsObject() || given.ObjectValue()["Name"].V != "net-public-1" || !given.ContainsUnknowns() {
			t.Errorf("tags are %v", given)
		}
	})
	t.Run("all of them", func(t *testing.T) {
		inputs := arguments(nil)
		inputs["tags"] = unknown
		c := constructAs(t, vpcType, inputs, true)
		if c.err != nil {
			t.Fatal(c.err)
		}
		if given := c.inputs(t, "Subnet", "net-public-1")["tags"]; !given.ContainsUnknowns() {
			t.Errorf("tags are %v", given)
		}
	})
}

func TestTagsFromAnOutput(t *testing.T) {
	inputs := arguments(nil)
	inputs["tags"] = resource.MakeSecret(resource.NewProperty(resource.PropertyMap{"team": resource.NewProperty("a")}))
	c := constructVPC(t, inputs)
	if c.err != nil {
		t.Fatal(c.err)
	}
	given := c.inputs(t, "Subnet", "net-public-1")["tags"]
	if !given.ContainsSecrets() {
		t.Errorf("tags are no secret any more: %v", given)
	}
}

func TestRefusals(t *testing.T) {
	tests := []struct {
		name    string
		changes map[string]any
		want    string
	}{
		{"an argument that only the official plugin has", map[string]any{"ipv4IpamPoolId": "x", "vpcEndpointSpecs": []any{}}, "argument ipv4IpamPoolId, vpcEndpointSpecs: not supported"},
		{"one of natGateways", map[string]any{"natGateways": map[string]any{"strategy": "None", "elasticIpAllocationIds": []any{"x"}}}, "natGateways.elasticIpAllocationIds"},
		{"one of a subnet spec", map[string]any{"subnetSpecs": []any{map[string]any{"type": "Public"}, map[string]any{"type": "Private", "cidrBlocks": []any{"x"}}}}, "subnetSpecs[1].cidrBlocks"},
		{"an unknown NAT strategy", map[string]any{"natGateways": map[string]any{"strategy": "Two"}}, "natGateways.strategy Two"},
		{"an unknown subnet type", map[string]any{"subnetSpecs": []any{map[string]any{"type": "Unused"}}}, "subnetSpecs[0].type Unused"},
		{"a mask that is none", map[string]any{"subnetSpecs": []any{map[string]any{"type": "Public", "cidrMask": 33.0}}}, "subnetSpecs[0].cidrMask 33"},
		{"the strategy Legacy", map[string]any{"subnetStrategy": "Legacy"}, `subnetStrategy "Legacy"`},
		{"no strategy", map[string]any{"subnetStrategy": nil}, "subnetStrategy is not set"},
		{"zones by name and number", map[string]any{"availabilityZoneNames": []any{"a"}}, "only one of availabilityZoneNames and numberOfAvailabilityZones"},
		{"no zones", map[string]any{"numberOfAvailabilityZones": 0.0}, "numberOfAvailabilityZones 0"},
		{"more zones than there are", map[string]any{"numberOfAvailabilityZones": 4.0}, "has 3 availability zones, fewer than the 4 asked for"},
		{"NAT gateways without private subnets", map[string]any{"subnetSpecs": []any{map[string]any{"type": "Public"}}}, "both private and public subnets must be declared"},
		{"a range that is none", map[string]any{"cidrBlock": "300.1.1.1/16"}, `cidrBlock "300.1.1.1/16"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := constructVPC(t, arguments(test.changes))
			if c.err == nil || !strings.Contains(c.err.Error(), test.want) || !strings.Contains(c.err.Error(), `"net"`) {
				t.Errorf("got %v, want …%s…", c.err, test.want)
			}
			if children := c.children(); len(children) > 0 {
				t.Errorf("children were made nevertheless: %v", children)
			}
		})
	}
}

func TestOtherComponentsAreRefusedByName(t *testing.T) {
	c := constructAs(t, "awsx:ecs:FargateService", nil, false)
	if c.err == nil || !strings.Contains(c.err.Error(), "awsx:ecs:FargateService") || len(c.monitor.registered) > 0 {
		t.Errorf("got %v", c.err)
	}
}
