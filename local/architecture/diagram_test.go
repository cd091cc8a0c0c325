package architecture

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// urn returns the URN of a resource, which is written as its type and its name.
func urn(of string) resource.URN {
	kind, name, _ := strings.Cut(of, " ")
	return resource.NewURN("dev", "shop", "", tokens.Type(kind), name)
}

// made returns a resource with a parent, which may be empty, and dependencies.
func made(of, parent string, on ...string) apitype.ResourceV3 {
	kind, name, _ := strings.Cut(of, " ")
	r := apitype.ResourceV3{
		URN: urn(of), Type: tokens.Type(kind), ID: resource.ID("id of " + name),
		Custom: strings.HasPrefix(kind, "aws:"), Inputs: map[string]any{},
	}
	if parent != "" {
		r.Parent = urn(parent)
	}
	for _, dependency := range on {
		r.Dependencies = append(r.Dependencies, urn(dependency))
	}
	return r
}

// with adds an argument to a resource.
func with(r apitype.ResourceV3, name string, value any) apitype.ResourceV3 {
	r.Inputs[name] = value
	return r
}

const (
	loadBalancer = "aws:lb/loadBalancer:LoadBalancer shop-dev"
	listener     = "aws:lb/listener:Listener shop-dev"
	targetGroup  = "aws:lb/targetGroup:TargetGroup shop-dev"
	service      = "aws:ecs/service:Service shop-dev"
	cluster      = "aws:ecs/cluster:Cluster shop-dev"
	role         = "aws:iam/role:Role shop-dev-task"
	logs         = "aws:cloudwatch/logGroup:LogGroup shop-dev"
	network      = "shop:infra:Network shop-dev"
	vpc          = "aws:ec2/vpc:Vpc shop-dev"
	public       = "aws:ec2/subnet:Subnet shop-dev-public-1"
	private      = "aws:ec2/subnet:Subnet shop-dev-private-1"
	gateway      = "aws:ec2/internetGateway:InternetGateway shop-dev"
	table        = "aws:ec2/routeTable:RouteTable shop-dev-public-1"
)

// styles matches what a diagram says of looks.
var styles = regexp.MustCompile(` ?\{?(class: \w+)(; [^}\n]*)?\}?`)

// content returns a diagram without what it says of looks.
func content(resources []apitype.ResourceV3) string {
	text := strings.TrimPrefix(Diagram(&apitype.DeploymentV3{Resources: resources}), look)
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(styles.ReplaceAllString(line, ""), " \n"); strings.TrimSpace(line) != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

func TestDiagram(t *testing.T) {
	tests := []struct {
		name      string
		resources []apitype.ResourceV3
		want      string
	}{
		{"a resource has the name of its type, without that of the stack", []apitype.ResourceV3{
			made(cluster, ""), made(logs, ""), made(role, ""),
		}, `
cloudwatch-log-group: "Log group"
ecs-cluster: "Cluster"
iam-role-task: "Role\ntask"`},
		{"the stack, providers and what is about to be deleted are left out", []apitype.ResourceV3{
			made("pulumi:pulumi:Stack shop-dev", ""), made("pulumi:providers:aws default", ""), made(cluster, ""),
			func() apitype.ResourceV3 { r := made(role, ""); r.Delete = true; return r }(),
		}, `
ecs-cluster: "Cluster"`},
		{"resources lie in their parents", []apitype.ResourceV3{
			made(vpc, ""), made(public, vpc), made("aws:ec2/natGateway:NatGateway shop-dev-1", public), made(gateway, vpc),
		}, `
ec2-vpc: "VPC" {
  ec2-internet-gateway: "Internet gateway"
  ec2-subnet-public: "Subnet public" {
    ec2-nat-gateway: "NAT gateway"
  }
}`},
		{"a component with one thing in it is drawn as that, and one with nothing not at all", []apitype.ResourceV3{
			made(network, ""), made("awsx:ec2:Vpc shop-dev", network), made(vpc, "awsx:ec2:Vpc shop-dev"), made("shop:infra:Lock shop-dev", ""),
		}, `
ec2-vpc: "VPC"`},
		{"a component is around what is in it", []apitype.ResourceV3{
			made(network, ""), made(vpc, network), made(gateway, network),
		}, `
infra-network: "Network" {
  ec2-internet-gateway: "Internet gateway"
  ec2-vpc: "VPC"
}`},
		{"what is only numbered is drawn once, with its number", []apitype.ResourceV3{
			made(vpc, ""), made(gateway, vpc), made(public, vpc, gateway), made("aws:ec2/subnet:Subnet shop-dev-public-2", vpc, gateway), made(private, vpc),
		}, `
ec2-vpc: "VPC" {
  ec2-internet-gateway: "Internet gateway"
  ec2-subnet-private: "Subnet\nprivate"
  ec2-subnet-public: "Subnet ×2\npublic"
}
ec2-vpc.ec2-subnet-public -> ec2-vpc.ec2-internet-gateway`},
		{"what only its name tells apart is drawn once, with its names", []apitype.ResourceV3{
			made(service, ""), made("aws:appautoscaling/policy:Policy shop-dev-cpu", "", service), made("aws:appautoscaling/policy:Policy shop-dev-requests", "", service),
		}, `
appautoscaling-scaling-policy-cpu-requests: "Scaling policy ×2\ncpu, requests"
ecs-service: "Service"
appautoscaling-scaling-policy-cpu-requests -> ecs-service`},
		{"what differs in its arrows is drawn twice", []apitype.ResourceV3{
			made(logs, ""), made(role, "", logs), made("aws:iam/role:Role shop-dev-execution", ""),
		}, `
cloudwatch-log-group: "Log group"
iam-role-execution: "Role\nexecution"
iam-role-task: "Role\ntask"
iam-role-task -> cloudwatch-log-group`},
		{"a dependency that others lead to is left out", []apitype.ResourceV3{
			made(logs, ""), made(role, "", logs), made(cluster, "", logs, role),
		}, `
cloudwatch-log-group: "Log group"
ecs-cluster: "Cluster"
iam-role-task: "Role\ntask"
ecs-cluster -> iam-role-task
iam-role-task -> cloudwatch-log-group`},
		{"a part is drawn as what it is a part of, with its arrows", []apitype.ResourceV3{
			made(vpc, ""), made(gateway, vpc), made(public, vpc), made(table, public),
			made("aws:ec2/route:Route shop-dev-public-1", table, gateway, table),
		}, `
ec2-vpc: "VPC" {
  ec2-internet-gateway: "Internet gateway"
  ec2-subnet-public: "Subnet\npublic"
}
ec2-vpc.ec2-subnet-public -> ec2-vpc.ec2-internet-gateway`},
		{"a part may lie beside what it is a part of", []apitype.ResourceV3{
			made(logs, ""), made(role, ""), made("aws:iam/rolePolicy:RolePolicy shop-dev-task", "", logs, role),
		}, `
cloudwatch-log-group: "Log group"
iam-role-task: "Role\ntask"
iam-role-task -> cloudwatch-log-group`},
		{"a dependency on a component is one on what of it is among the arguments", []apitype.ResourceV3{
			made(network, ""), made(private, network), made(public, network), made("aws:ec2/securityGroup:SecurityGroup shop-dev", ""),
			with(made(service, "", network), "networkConfiguration", map[string]any{"subnets": []any{"id of shop-dev-private-1"}}),
		}, `
ec2-security-group: "Security group"
ecs-service: "Service"
infra-network: "Network" {
  ec2-subnet-private: "Subnet\nprivate"
  ec2-subnet-public: "Subnet\npublic"
}
ecs-service -> infra-network.ec2-subnet-private`},
		{"requests go from the internet to the service, and how these depend on each other is not drawn", []apitype.ResourceV3{
			made(service, "", listener, targetGroup), made(targetGroup, ""), made(loadBalancer, ""), made(listener, "", loadBalancer, targetGroup),
		}, `
internet: Internet
lb-load-balancer: "Load balancer"
lb-listener: "Listener"
lb-target-group: "Target group"
ecs-service: "Service"
internet -> lb-load-balancer
lb-load-balancer -> lb-listener
lb-listener -> lb-target-group
lb-target-group -> ecs-service`},
		{"a firewall is before the load balancer", []apitype.ResourceV3{
			made(loadBalancer, ""), made(listener, "", loadBalancer), made("aws:wafv2/webAcl:WebAcl shop-dev", ""),
			made("aws:wafv2/webAclAssociation:WebAclAssociation shop-dev", "", loadBalancer, "aws:wafv2/webAcl:WebAcl shop-dev"),
		}, `
internet: Internet
wafv2-web-acl: "Web ACL"
lb-load-balancer: "Load balancer"
lb-listener: "Listener"
internet -> wafv2-web-acl
wafv2-web-acl -> lb-load-balancer
lb-load-balancer -> lb-listener`},
		{"types with one title stay apart", []apitype.ResourceV3{
			made(service, ""), made("aws:servicediscovery/service:Service shop-dev", ""),
		}, `
ecs-service: "Service"
servicediscovery-service: "Service"`},
		{"ports are shown", []apitype.ResourceV3{
			made(loadBalancer, ""), with(with(made(listener, "", loadBalancer), "port", 80.0), "protocol", "HTTP"),
		}, `
internet: Internet
lb-load-balancer: "Load balancer"
lb-listener: "Listener\nHTTP 80"
internet -> lb-load-balancer
lb-load-balancer -> lb-listener`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := content(test.resources); got != strings.TrimPrefix(test.want, "\n") {
				t.Errorf("diagram is\n%s\nwant%s", got, test.want)
			}
		})
	}
}

// The engine keeps resources in the order in which they were made, several at
// a time.
func TestTheOrderOfResourcesDoesNotShow(t *testing.T) {
	resources := []apitype.ResourceV3{
		made(logs, ""), made(cluster, ""), made(role, "", logs), made(service, "", listener, targetGroup, cluster, role),
		made(targetGroup, ""), made(loadBalancer, ""), made(listener, "", loadBalancer, targetGroup),
		made("aws:appautoscaling/policy:Policy shop-dev-cpu", "", service), made("aws:appautoscaling/policy:Policy shop-dev-requests", "", service),
	}
	want := content(resources)
	for range 50 {
		rand.Shuffle(len(resources), func(i, j int) { resources[i], resources[j] = resources[j], resources[i] })
		if got := content(resources); got != want {
			t.Fatalf("diagram is\n%s\nwas\n%s", got, want)
		}
	}
}

func TestEachRuleSaysWhy(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range rules {
		if r.why == "" || seen[r.kind] {
			t.Errorf("the rule of %s has no reason, or is there twice", r.kind)
		}
		seen[r.kind] = true
	}
}
