package infra

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

const (
	testProject = "fargate-stack"
	testStack   = "dev"
	testName    = testProject + "-" + testStack
)

// settings of a test, by key without the project's name. They are laid over
// the defaults of Pulumi.yaml.
type values map[string]string

// A registered resource, as the engine would have got it.
type registered struct {
	typ, name string
	inputs    resource.PropertyMap
	rpc       *pulumirpc.RegisterResourceRequest
}

// A stack is what a deployment registered.
type stack struct {
	resources []registered
	outputs   map[string]any
}

// engine stands in for the Pulumi engine and AWS.
type engine struct {
	mutex sync.Mutex
	stack stack
	// routeTable, association and route are the URNs of what [registerRouting]
	// registered.
	routeTable, association, route resource.URN
	// registry is the address of the registry.
	registry string
	// followed are the task definitions whose rollout was waited for, and failed
	// is how each ends.
	followed []string
	failed   error
	// gitHubProvider has the tags of the account's identity provider for GitHub, nil
	// if there is none.
	gitHubProvider      map[string]string
	gitHubProviderFails error
	// pushed is the digest of every image that is asked for; empty for none.
	pushed string
}

// deploy runs the program and fails the test if it fails.
func deploy(t *testing.T, v values) stack {
	t.Helper()
	e := &engine{}
	if err := e.deploy(t, testProject, testStack, v); err != nil {
		t.Fatal(err)
	}
	return e.stack
}

func (e *engine) deploy(t *testing.T, project, stackName string, v values, secret ...string) error {
	t.Helper()
	t.Chdir(projectDirectory(t))
	registry := httptest.NewServer(http.HandlerFunc(e.serveManifest))
	defer registry.Close()
	e.registry = registry.URL
	config := map[string]string{}
	for key, value := range defaults(t) {
		config[project+":"+key] = value
	}
	for key, value := range v {
		config[fullName(project, key)] = value
	}
	program := func(ctx *pulumi.Context) error {
		if err := e.registerRouting(ctx); err != nil {
			return err
		}
		outputs, err := register(ctx, &questions{follow: e.follow, gitHubProvider: e.findGitHubProvider})
		if err != nil {
			return err
		}
		outputs.ToMapOutput().ApplyT(func(outputs map[string]any) any {
			e.stack.outputs = outputs
			return nil
		})
		return nil
	}
	return pulumi.RunErr(program, pulumi.WithMocks(project, stackName, e), func(info *pulumi.RunInfo) {
		info.Config = config
		for _, key := range secret {
			info.ConfigSecretKeys = append(info.ConfigSecretKeys, project+":"+key)
		}
	})
}

// fullName returns the name of a setting of the program, which may be a
// provider's.
func fullName(project, key string) string {
	if strings.Contains(key, ":") {
		return key
	}
	return project + ":" + key
}

// projectDirectory is where the engine runs the program: beside Pulumi.yaml.
func projectDirectory(t *testing.T) string {
	t.Helper()
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(file))
}

// defaults reads what Pulumi.yaml declares, as the engine passes it.
func defaults(t *testing.T) map[string]string {
	t.Helper()
	files, err := readDefaults(".", testStack)
	must(t, err)
	config := map[string]string{}
	for key, value := range files.values {
		config[strings.TrimPrefix(key, files.Project()+":")] = value
	}
	return config
}

const existing = "existing"

// registerRouting registers what the VPC component would, and waits until that
// is done: the component refers to it.
func (e *engine) registerRouting(ctx *pulumi.Context) error {
	table, err := ec2.NewRouteTable(ctx, existing, &ec2.RouteTableArgs{VpcId: pulumi.String("vpc-1")})
	if err != nil {
		return err
	}
	association, err := ec2.NewRouteTableAssociation(ctx, existing, &ec2.RouteTableAssociationArgs{RouteTableId: table.ID()})
	if err != nil {
		return err
	}
	route, err := ec2.NewRoute(ctx, existing, &ec2.RouteArgs{RouteTableId: table.ID()})
	if err != nil {
		return err
	}
	done := make(chan struct{})
	pulumi.All(table.URN(), association.URN(), route.URN()).ApplyT(func(urns []any) any {
		e.routeTable, e.association, e.route = urnOf(urns[0]), urnOf(urns[1]), urnOf(urns[2])
		close(done)
		return nil
	})
	<-done
	return nil
}

func urnOf(urn any) resource.URN { return resource.URN(urn.(pulumi.URN)) }

// NewResource records a registration and answers what AWS would.
func (e *engine) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.stack.resources = append(e.stack.resources, registered{args.TypeToken, args.Name, args.Inputs, args.RegisterRPC})
	state := maps.Clone(args.Inputs)
	for key, value := range answered(args) {
		state[key] = resource.NewProperty(value)
	}
	if args.TypeToken == "awsx:ec2:Vpc" {
		for key, urn := range map[resource.PropertyKey]resource.URN{"routeTables": e.routeTable, "routeTableAssociations": e.association, "routes": e.route} {
			state[key] = resource.NewProperty([]resource.PropertyValue{resource.MakeCustomResourceReference(urn, "", "")})
		}
		state["publicSubnetIds"] = stringList("subnet-public-1", "subnet-public-2")
		state["privateSubnetIds"] = stringList("subnet-private-1", "subnet-private-2")
	}
	if args.TypeToken == "aws:acm/certificate:Certificate" {
		state["domainValidationOptions"] = resource.NewProperty([]resource.PropertyValue{
			resource.NewProperty(resource.NewPropertyMapFromMap(map[string]any{
				"resourceRecordName": "_1a." + args.Inputs["domainName"].StringValue() + ".", "resourceRecordType": "CNAME", "resourceRecordValue": "_2b.acm-validations.aws.",
			})),
		})
	}
	return args.Name + "-id", state, nil
}

func stringList(elements ...string) resource.PropertyValue {
	var list []resource.PropertyValue
	for _, element := range elements {
		list = append(list, resource.NewProperty(element))
	}
	return resource.NewProperty(list)
}

// answered is what only AWS knows of a new resource.
func answered(args pulumi.MockResourceArgs) map[resource.PropertyKey]string {
	switch args.TypeToken {
	case "awsx:ec2:Vpc":
		return map[resource.PropertyKey]string{"vpcId": "vpc-1"}
	case "aws:ec2/vpcEndpoint:VpcEndpoint":
		return map[resource.PropertyKey]string{"prefixListId": "pl-1"}
	case "aws:ecr/repository:Repository":
		return map[resource.PropertyKey]string{
			"repositoryUrl": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/" + args.Name,
			"registryId":    "123456789012",
			"arn":           "arn:aws:ecr:eu-central-1:123456789012:repository/" + args.Name,
		}
	case "docker:index/image:Image":
		return map[resource.PropertyKey]string{
			"repoDigest": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/" + testName + "@sha256:built",
		}
	case "aws:lb/loadBalancer:LoadBalancer":
		return map[resource.PropertyKey]string{"dnsName": "alb.example.com", "zoneId": "Z-load-balancers", "arnSuffix": "app/alb/1", "arn": "arn:alb"}
	case "aws:lb/targetGroup:TargetGroup":
		return map[resource.PropertyKey]string{"arnSuffix": "targetgroup/tg/2", "arn": "arn:target-group"}
	case "aws:route53/record:Record":
		return map[resource.PropertyKey]string{"fqdn": strings.TrimSuffix(args.Inputs["name"].StringValue(), ".")}
	case "aws:cloudwatch/logGroup:LogGroup":
		return map[resource.PropertyKey]string{"arn": "arn:aws:logs:eu-central-1:123456789012:log-group:" + args.Inputs["name"].StringValue()}
	case "aws:s3/bucketV2:BucketV2":
		return map[resource.PropertyKey]string{"bucket": args.Name + "-1a2b3c4", "arn": "arn:" + args.Name}
	case "aws:ecs/cluster:Cluster", "aws:ecs/service:Service", "aws:iam/role:Role", "aws:cloudwatch/metricAlarm:MetricAlarm":
		return map[resource.PropertyKey]string{"name": args.Name + "-1a2b3c4", "arn": "arn:" + args.Name}
	default:
		return map[resource.PropertyKey]string{"arn": "arn:" + args.Name}
	}
}

// Call answers the questions that the program asks AWS.
func (e *engine) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	answer := func(v map[string]any) (resource.PropertyMap, error) { return resource.NewPropertyMapFromMap(v), nil }
	switch args.Token {
	case "aws:index/getCallerIdentity:getCallerIdentity":
		return answer(map[string]any{"accountId": "123456789012"})
	case "aws:index/getRegion:getRegion":
		return answer(map[string]any{"name": "eu-central-1"})
	case "aws:index/getPartition:getPartition":
		return answer(map[string]any{"partition": "aws"})
	case "aws:ecr/getAuthorizationToken:getAuthorizationToken":
		return answer(map[string]any{"userName": "AWS", "password": registryPassword, "proxyEndpoint": e.registry})
	case "aws:route53/getZone:getZone":
		if name := args.Args["name"].StringValue(); name != testZone {
			return nil, fmt.Errorf("no matching Route 53 Hosted Zone found for %s", name)
		}
		return answer(map[string]any{"zoneId": "Z-example"})
	default:
		return nil, fmt.Errorf("unexpected call of %s", args.Token)
	}
}

// follow ends a rollout at once.
func (e *engine) follow(_ context.Context, cluster, service, taskDefinition string, report func(string)) error {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	report("deploying")
	e.followed = append(e.followed, cluster+" "+service+" "+taskDefinition)
	return e.failed
}

func (e *engine) findGitHubProvider(context.Context, string) (map[string]string, bool, error) {
	return e.gitHubProvider, e.gitHubProvider != nil, e.gitHubProviderFails
}

// testCertificate is the ARN of a certificate in the stack's account and region.
const testCertificate = "arn:aws:acm:eu-central-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"

// testZone is the only zone in Route 53.
const testZone = "example.com"

const registryPassword = "token-of-the-registry"

// serveManifest answers as the registry does.
func (e *engine) serveManifest(w http.ResponseWriter, r *http.Request) {
	_, password, _ := r.BasicAuth()
	switch {
	case password != registryPassword:
		w.WriteHeader(http.StatusUnauthorized)
	case e.pushed == "":
		w.WriteHeader(http.StatusNotFound)
	default:
		w.Header().Set("Docker-Content-Digest", e.pushed)
	}
}

// all returns the resources of a type whose names end as given.
func (s stack) all(typ, nameEnd string) []registered {
	var found []registered
	for _, r := range s.resources {
		if r.typ == typ && strings.HasSuffix(r.name, nameEnd) && r.name != existing {
			found = append(found, r)
		}
	}
	return found
}

// one returns the only resource of a type whose name ends as given.
func (s stack) one(t *testing.T, typ, nameEnd string) registered {
	t.Helper()
	found := s.all(typ, nameEnd)
	if len(found) != 1 {
		t.Fatalf("%d resources of type %s with a name that ends in %q, want 1", len(found), typ, nameEnd)
	}
	return found[0]
}

// before returns what a resource depends on, directly or by what that depends
// on, as type::name. Of a component, the engine is told of those children that
// the SDK knows of at the moment, so that direct dependencies alone may differ
// between runs.
func (s stack) before(r registered) map[string]bool {
	all := map[string]bool{}
	next := r.rpc.GetDependencies()
	for len(next) > 0 {
		parts := strings.Split(next[0], "::")
		key := parts[len(parts)-2]
		key = key[strings.LastIndex(key, "$")+1:] + "::" + parts[len(parts)-1]
		next = next[1:]
		if all[key] {
			continue
		}
		all[key] = true
		for _, other := range s.resources {
			if other.typ+"::"+other.name == key {
				next = append(next, other.rpc.GetDependencies()...)
			}
		}
	}
	return all
}

// at returns the input at a path as the values that JSON has, nil if there is
// none. Behind a | the path goes on within a JSON text.
func (r registered) at(t *testing.T, path string) any {
	t.Helper()
	outer, inner, encoded := strings.Cut(path, "|")
	v := find(t, resource.NewProperty(r.inputs), outer)
	if !encoded {
		return plain(v)
	}
	var decoded any
	if err := json.Unmarshal([]byte(plain(v).(string)), &decoded); err != nil {
		t.Fatalf("%s of %s is no JSON: %v", outer, r.name, err)
	}
	return plain(find(t, resource.NewPropertyValue(decoded), inner))
}

func find(t *testing.T, v resource.PropertyValue, path string) resource.PropertyValue {
	t.Helper()
	parsed, err := resource.ParsePropertyPath(path)
	if err != nil {
		t.Fatal(err)
	}
	found, _ := parsed.Get(v)
	return found
}

// plain turns a property into the values that JSON has.
func plain(v resource.PropertyValue) any {
	return v.MapRepl(nil, func(v resource.PropertyValue) (any, bool) {
		if v.IsSecret() {
			return plain(v.SecretValue().Element), true
		}
		return nil, false
	})
}
