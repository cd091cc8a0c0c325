package emulator

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	scalingtypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	loadbalancing "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	loadbalancingtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// TestGaps has one test for each function of gaps.py.
func TestGaps(t *testing.T) {
	chosen := options(t)
	settings := aws.Config{
		Region:       chosen.Region,
		BaseEndpoint: aws.String(start(t, chosen).URL()),
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
	t.Run("security group rules have prefix lists", func(t *testing.T) { testPrefixList(t, ec2.NewFromConfig(settings)) })
	t.Run("the rule that a security group begins with can be taken away", func(t *testing.T) { testFirstRule(t, ec2.NewFromConfig(settings)) })
	t.Run("a rule can be taken away as it is described", func(t *testing.T) { testDescribedRule(t, ec2.NewFromConfig(settings)) })
	t.Run("VPC endpoints keep security groups and private DNS", func(t *testing.T) { testEndpoint(t, ec2.NewFromConfig(settings)) })
	t.Run("VPC endpoints are found by their VPC", func(t *testing.T) { testEndpointFilter(t, ec2.NewFromConfig(settings)) })
	t.Run("a NAT gateway has its address", func(t *testing.T) { testNATGateway(t, ec2.NewFromConfig(settings)) })
	t.Run("a listener that is created twice is one", func(t *testing.T) { testListener(t, loadbalancing.NewFromConfig(settings)) })
	t.Run("a target group can be deleted twice", func(t *testing.T) { testTargetGroup(t, loadbalancing.NewFromConfig(settings)) })
	t.Run("a load balancer is in the VPC of its subnets", func(t *testing.T) {
		testLoadBalancerVPC(t, ec2.NewFromConfig(settings), loadbalancing.NewFromConfig(settings))
	})
	t.Run("an image that was deleted can't be pulled", func(t *testing.T) {
		testDeletedImage(t, *settings.BaseEndpoint, ecr.NewFromConfig(settings))
	})
	t.Run("the autoscaling of services is remembered", func(t *testing.T) {
		testService(t, ecs.NewFromConfig(settings), applicationautoscaling.NewFromConfig(settings))
	})
}

func testFirstRule(t *testing.T, client *ec2.Client) {
	group := newGroup(t, client)
	_, err := client.RevokeSecurityGroupEgress(t.Context(), &ec2.RevokeSecurityGroupEgressInput{
		GroupId: &group,
		IpPermissions: []ec2types.IpPermission{{ // as the AWS provider writes it
			IpProtocol: aws.String("-1"), FromPort: aws.Int32(0), ToPort: aws.Int32(0),
			IpRanges: []ec2types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}},
		}},
	})
	must(t, err)
	groups, err := client.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{GroupIds: []string{group}})
	must(t, err)
	if rules := groups.SecurityGroups[0].IpPermissionsEgress; len(rules) != 0 {
		t.Errorf("rules are %v", rules)
	}
}

func testDescribedRule(t *testing.T, client *ec2.Client) {
	group := newGroup(t, client)
	_, err := client.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: &group,
		IpPermissions: []ec2types.IpPermission{{
			IpProtocol: aws.String("tcp"), FromPort: aws.Int32(80), ToPort: aws.Int32(80),
			UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: &group}},
		}},
	})
	must(t, err)
	describe := func() []ec2types.IpPermission {
		groups, err := client.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{GroupIds: []string{group}})
		must(t, err)
		return groups.SecurityGroups[0].IpPermissions
	}
	if rules := describe(); len(rules) != 1 {
		t.Fatalf("rules are %v", rules)
	}
	_, err = client.RevokeSecurityGroupIngress(t.Context(), &ec2.RevokeSecurityGroupIngressInput{GroupId: &group, IpPermissions: describe()})
	must(t, err)
	if rules := describe(); len(rules) != 0 {
		t.Errorf("rules are %v", rules)
	}
}

func testPrefixList(t *testing.T, client *ec2.Client) {
	group := newGroup(t, client)
	_, err := client.AuthorizeSecurityGroupEgress(t.Context(), &ec2.AuthorizeSecurityGroupEgressInput{
		GroupId: &group,
		IpPermissions: []ec2types.IpPermission{{
			IpProtocol: aws.String("tcp"), FromPort: aws.Int32(443), ToPort: aws.Int32(443),
			PrefixListIds: []ec2types.PrefixListId{{PrefixListId: aws.String("pl-1"), Description: aws.String("S3")}},
		}},
	})
	must(t, err)
	groups, err := client.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{GroupIds: []string{group}})
	must(t, err)
	rules := groups.SecurityGroups[0].IpPermissionsEgress
	last := rules[len(rules)-1]
	if len(last.PrefixListIds) != 1 || *last.PrefixListIds[0].PrefixListId != "pl-1" || *last.PrefixListIds[0].Description != "S3" {
		t.Errorf("prefix lists are %v", last.PrefixListIds)
	}
	all, err := client.DescribeSecurityGroupRules(t.Context(), &ec2.DescribeSecurityGroupRulesInput{
		Filters: []ec2types.Filter{{Name: aws.String("group-id"), Values: []string{group}}},
	})
	must(t, err)
	if !slices.ContainsFunc(all.SecurityGroupRules, func(r ec2types.SecurityGroupRule) bool { return aws.ToString(r.PrefixListId) == "pl-1" }) {
		t.Errorf("no rule of %v names the prefix list", all.SecurityGroupRules)
	}
}

func newGroup(t *testing.T, client *ec2.Client) string {
	t.Helper()
	vpc, err := client.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	must(t, err)
	group, err := client.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{
		VpcId: vpc.Vpc.VpcId, GroupName: aws.String("test"), Description: aws.String("test"),
	})
	must(t, err)
	return *group.GroupId
}

func testEndpoint(t *testing.T, client *ec2.Client) {
	first, second := newGroup(t, client), newGroup(t, client)
	created, err := client.CreateVpcEndpoint(t.Context(), &ec2.CreateVpcEndpointInput{
		VpcId: aws.String("vpc-1"), ServiceName: aws.String("com.amazonaws.eu-central-1.logs"), VpcEndpointType: ec2types.VpcEndpointTypeInterface,
		SecurityGroupIds: []string{first}, PrivateDnsEnabled: aws.Bool(true),
	})
	must(t, err)
	id := created.VpcEndpoint.VpcEndpointId
	check := func(group string) {
		t.Helper()
		endpoints, err := client.DescribeVpcEndpoints(t.Context(), &ec2.DescribeVpcEndpointsInput{VpcEndpointIds: []string{*id}})
		must(t, err)
		endpoint := endpoints.VpcEndpoints[0]
		if len(endpoint.Groups) != 1 || *endpoint.Groups[0].GroupId != group || !*endpoint.PrivateDnsEnabled {
			t.Errorf("groups are %v, want %s; private DNS is %v", endpoint.Groups, group, *endpoint.PrivateDnsEnabled)
		}
	}
	check(first)
	_, err = client.ModifyVpcEndpoint(t.Context(), &ec2.ModifyVpcEndpointInput{
		VpcEndpointId: id, AddSecurityGroupIds: []string{second}, RemoveSecurityGroupIds: []string{first},
	})
	must(t, err)
	check(second)
}

func testEndpointFilter(t *testing.T, client *ec2.Client) {
	_, err := client.CreateVpcEndpoint(t.Context(), &ec2.CreateVpcEndpointInput{VpcId: aws.String("vpc-2"), ServiceName: aws.String("com.amazonaws.eu-central-1.s3")})
	must(t, err)
	for vpc, want := range map[string]int{"vpc-2": 1, "vpc-3": 0} {
		found, err := client.DescribeVpcEndpoints(t.Context(), &ec2.DescribeVpcEndpointsInput{
			Filters: []ec2types.Filter{{Name: aws.String("vpc-id"), Values: []string{vpc}}},
		})
		must(t, err)
		if len(found.VpcEndpoints) != want {
			t.Errorf("%d endpoints in %s, want %d", len(found.VpcEndpoints), vpc, want)
		}
	}
}

func testNATGateway(t *testing.T, client *ec2.Client) {
	address, err := client.AllocateAddress(t.Context(), &ec2.AllocateAddressInput{})
	must(t, err)
	created, err := client.CreateNatGateway(t.Context(), &ec2.CreateNatGatewayInput{SubnetId: aws.String("subnet-1"), AllocationId: address.AllocationId})
	must(t, err)
	found, err := client.DescribeNatGateways(t.Context(), &ec2.DescribeNatGatewaysInput{NatGatewayIds: []string{*created.NatGateway.NatGatewayId}})
	must(t, err)
	addresses := found.NatGateways[0].NatGatewayAddresses
	if len(addresses) != 1 || *addresses[0].AllocationId != *address.AllocationId || *addresses[0].PublicIp != *address.PublicIp {
		t.Errorf("addresses are %v, want %s", addresses, *address.PublicIp)
	}
}

func testListener(t *testing.T, client *loadbalancing.Client) {
	balancer, err := client.CreateLoadBalancer(t.Context(), &loadbalancing.CreateLoadBalancerInput{Name: aws.String("test")})
	must(t, err)
	create := func(port int32) string {
		created, err := client.CreateListener(t.Context(), &loadbalancing.CreateListenerInput{
			LoadBalancerArn: balancer.LoadBalancers[0].LoadBalancerArn, Port: &port, Protocol: loadbalancingtypes.ProtocolEnumHttp,
			DefaultActions: []loadbalancingtypes.Action{{Type: loadbalancingtypes.ActionTypeEnumFixedResponse}},
		})
		must(t, err)
		return *created.Listeners[0].ListenerArn
	}
	first, again, other := create(80), create(80), create(81)
	if first != again || first == other {
		t.Errorf("listeners on port 80 are %s and %s, on port 81 %s", first, again, other)
	}
}

func testTargetGroup(t *testing.T, client *loadbalancing.Client) {
	created, err := client.CreateTargetGroup(t.Context(), &loadbalancing.CreateTargetGroupInput{Name: aws.String("twice")})
	must(t, err)
	for range 2 {
		_, err := client.DeleteTargetGroup(t.Context(), &loadbalancing.DeleteTargetGroupInput{TargetGroupArn: created.TargetGroups[0].TargetGroupArn})
		must(t, err)
	}
}

func testLoadBalancerVPC(t *testing.T, network *ec2.Client, client *loadbalancing.Client) {
	vpc, err := network.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	must(t, err)
	subnet, err := network.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{VpcId: vpc.Vpc.VpcId, CidrBlock: aws.String("10.0.0.0/24")})
	must(t, err)
	created, err := client.CreateLoadBalancer(t.Context(), &loadbalancing.CreateLoadBalancerInput{
		Name: aws.String("in-vpc"), Subnets: []string{*subnet.Subnet.SubnetId},
	})
	must(t, err)
	if got := *created.LoadBalancers[0].VpcId; got != *vpc.Vpc.VpcId {
		t.Errorf("load balancer is in %s, want %s", got, *vpc.Vpc.VpcId)
	}
}

func testDeletedImage(t *testing.T, endpoint string, client *ecr.Client) {
	_, err := client.CreateRepository(t.Context(), &ecr.CreateRepositoryInput{RepositoryName: aws.String("app")})
	must(t, err)
	registry := endpoint + "/v2/app/manifests/"
	push, err := http.NewRequestWithContext(t.Context(), http.MethodPut, registry+"v1", strings.NewReader(`{"schemaVersion": 2}`))
	must(t, err)
	pushed, err := http.DefaultClient.Do(push)
	must(t, err)
	pushed.Body.Close()
	digest := pushed.Header.Get("Docker-Content-Digest")
	if got := registryStatus(t, registry+digest); got != http.StatusOK {
		t.Fatalf("what was pushed is answered with %d", got)
	}
	_, err = client.BatchDeleteImage(t.Context(), &ecr.BatchDeleteImageInput{
		RepositoryName: aws.String("app"), ImageIds: []ecrtypes.ImageIdentifier{{ImageDigest: &digest}},
	})
	must(t, err)
	if got := registryStatus(t, registry+digest); got != http.StatusNotFound {
		t.Errorf("what was deleted is answered with %d", got)
	}
}

func registryStatus(t *testing.T, manifest string) int {
	t.Helper()
	pull, err := http.NewRequestWithContext(t.Context(), http.MethodGet, manifest, nil)
	must(t, err)
	pulled, err := http.DefaultClient.Do(pull)
	must(t, err)
	pulled.Body.Close()
	return pulled.StatusCode
}

func testService(t *testing.T, client *ecs.Client, autoscaling *applicationautoscaling.Client) {
	_, err := client.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: aws.String("test")})
	must(t, err)
	_, err = client.RegisterTaskDefinition(t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("test"), ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: aws.String("app"), Image: aws.String("app")}},
	})
	must(t, err)
	_, err = client.CreateService(t.Context(), &ecs.CreateServiceInput{
		Cluster: aws.String("test"), ServiceName: aws.String("test"), TaskDefinition: aws.String("test"), DesiredCount: aws.Int32(0),
	})
	must(t, err)
	register := func(service string) (*applicationautoscaling.RegisterScalableTargetOutput, error) {
		return autoscaling.RegisterScalableTarget(t.Context(), &applicationautoscaling.RegisterScalableTargetInput{
			ServiceNamespace: scalingtypes.ServiceNamespaceEcs, ScalableDimension: scalingtypes.ScalableDimensionECSServiceDesiredCount,
			ResourceId: aws.String("service/test/" + service), MinCapacity: aws.Int32(1), MaxCapacity: aws.Int32(2),
			Tags: map[string]string{"a": "1", "b": "2"},
		})
	}
	if _, err := register("none"); err == nil {
		t.Error("a service that does not exist can be scaled")
	}
	target, err := register("test")
	must(t, err)
	_, err = autoscaling.UntagResource(t.Context(), &applicationautoscaling.UntagResourceInput{ResourceARN: target.ScalableTargetARN, TagKeys: []string{"a"}})
	must(t, err)
	tags, err := autoscaling.ListTagsForResource(t.Context(), &applicationautoscaling.ListTagsForResourceInput{ResourceARN: target.ScalableTargetARN})
	must(t, err)
	if keys := slices.Collect(maps.Keys(tags.Tags)); !slices.Equal(keys, []string{"b"}) {
		t.Errorf("tags are %v, want b only", keys)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
