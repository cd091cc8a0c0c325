package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	scalingtypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	loadbalancing "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

// account asks the emulated AWS what there is.
type account struct {
	// endpoint is the address of all services.
	endpoint      string
	ec2           *ec2.Client
	ecr           *ecr.Client
	ecs           *ecs.Client
	loadBalancing *loadbalancing.Client
	iam           *iam.Client
	logs          *cloudwatchlogs.Client
	autoscaling   *applicationautoscaling.Client
	certificates  *acm.Client
	dns           *route53.Client
	secrets       *secretsmanager.Client
	parameters    *ssm.Client
	buckets       *s3.Client
	keys          *kms.Client
}

func newAccount(t *testing.T, endpoint, region string) *account {
	t.Helper()
	settings, err := config.LoadDefaultConfig(t.Context(),
		config.WithRegion(region),
		config.WithBaseEndpoint(endpoint),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("test", "test", "")))
	must(t, err)
	return &account{
		endpoint:      endpoint,
		ec2:           ec2.NewFromConfig(settings),
		ecr:           ecr.NewFromConfig(settings),
		ecs:           ecs.NewFromConfig(settings),
		loadBalancing: loadbalancing.NewFromConfig(settings),
		iam:           iam.NewFromConfig(settings),
		logs:          cloudwatchlogs.NewFromConfig(settings),
		autoscaling:   applicationautoscaling.NewFromConfig(settings),
		certificates:  acm.NewFromConfig(settings),
		dns:           route53.NewFromConfig(settings),
		secrets:       secretsmanager.NewFromConfig(settings),
		parameters:    ssm.NewFromConfig(settings),
		buckets:       s3.NewFromConfig(settings),
		keys:          kms.NewFromConfig(settings),
	}
}

// An inventory lists what an account has.
type inventory []string

// add adds things of one kind by their ids.
func (i *inventory) add(kind string, id *string) {
	*i = append(*i, kind+" "+aws.ToString(id))
}

// inventory lists everything of the kinds that a stack is made of, so that
// what a stack leaves behind is seen.
func (a *account) inventory(t *testing.T) inventory {
	t.Helper()
	var found inventory
	a.addNetwork(t, &found)
	a.addLoadBalancing(t, &found)
	a.addContainers(t, &found)
	a.addObservability(t, &found)
	a.addFirewalls(t, &found)
	slices.Sort(found)
	return found
}

// expect checks that an account has what it had before.
func (a *account) expect(t *testing.T, before inventory) {
	t.Helper()
	if after := a.inventory(t); !slices.Equal(after, before) {
		t.Errorf("there was before:\n%s\nthere is after:\n%s", strings.Join(before, "\n"), strings.Join(after, "\n"))
	}
}

func (a *account) addNetwork(t *testing.T, found *inventory) {
	t.Helper()
	ctx := t.Context()
	vpcs, err := a.ec2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{})
	must(t, err)
	for _, v := range vpcs.Vpcs {
		found.add("VPC", v.VpcId)
	}
	subnets, err := a.ec2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{})
	must(t, err)
	for _, s := range subnets.Subnets {
		found.add("subnet", s.SubnetId)
	}
	tables, err := a.ec2.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{})
	must(t, err)
	for _, r := range tables.RouteTables {
		found.add("route table", r.RouteTableId)
	}
	gateways, err := a.ec2.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{})
	must(t, err)
	for _, g := range gateways.InternetGateways {
		found.add("internet gateway", g.InternetGatewayId)
	}
	nats, err := a.ec2.DescribeNatGateways(ctx, &ec2.DescribeNatGatewaysInput{})
	must(t, err)
	for _, n := range nats.NatGateways {
		if n.State != ec2types.NatGatewayStateDeleted { // AWS shows them for an hour
			found.add("NAT gateway", n.NatGatewayId)
		}
	}
	addresses, err := a.ec2.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{})
	must(t, err)
	for _, e := range addresses.Addresses {
		found.add("address", e.AllocationId)
	}
	endpoints, err := a.ec2.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{})
	must(t, err)
	for _, e := range endpoints.VpcEndpoints {
		found.add("VPC endpoint", e.VpcEndpointId)
	}
	groups, err := a.ec2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{})
	must(t, err)
	for _, g := range groups.SecurityGroups {
		found.add("security group", g.GroupId)
	}
}

func (a *account) addLoadBalancing(t *testing.T, found *inventory) {
	t.Helper()
	balancers, err := a.loadBalancing.DescribeLoadBalancers(t.Context(), &loadbalancing.DescribeLoadBalancersInput{})
	must(t, err)
	for _, b := range balancers.LoadBalancers {
		found.add("load balancer", b.LoadBalancerArn)
	}
	targets, err := a.loadBalancing.DescribeTargetGroups(t.Context(), &loadbalancing.DescribeTargetGroupsInput{})
	must(t, err)
	for _, g := range targets.TargetGroups {
		found.add("target group", g.TargetGroupArn)
	}
}

func (a *account) addContainers(t *testing.T, found *inventory) {
	t.Helper()
	ctx := t.Context()
	repositories, err := a.ecr.DescribeRepositories(ctx, &ecr.DescribeRepositoriesInput{})
	must(t, err)
	for _, r := range repositories.Repositories {
		found.add("repository", r.RepositoryName)
	}
	clusters, err := a.ecs.ListClusters(ctx, &ecs.ListClustersInput{})
	must(t, err)
	for _, arn := range clusters.ClusterArns {
		found.add("cluster", &arn)
	}
	definitions, err := a.ecs.ListTaskDefinitions(ctx, &ecs.ListTaskDefinitionsInput{Status: ecstypes.TaskDefinitionStatusActive})
	must(t, err)
	for _, arn := range definitions.TaskDefinitionArns {
		found.add("task definition", &arn)
	}
	roles, err := a.iam.ListRoles(ctx, &iam.ListRolesInput{})
	must(t, err)
	for _, r := range roles.Roles {
		found.add("role", r.RoleName)
	}
	groups, err := a.logs.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{})
	must(t, err)
	for _, g := range groups.LogGroups {
		found.add("log group", g.LogGroupName)
	}
	scaled, err := a.autoscaling.DescribeScalableTargets(ctx, &applicationautoscaling.DescribeScalableTargetsInput{
		ServiceNamespace: scalingtypes.ServiceNamespaceEcs,
	})
	must(t, err)
	for _, s := range scaled.ScalableTargets {
		found.add("scalable target", s.ResourceId)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
