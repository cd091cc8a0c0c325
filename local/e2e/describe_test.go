package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	scalingtypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	loadbalancing "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	loadbalancingtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
)

// A view is what AWS says of one stack.
type view struct {
	account *account
	result  auto.UpResult

	vpc        string
	subnets    []ec2types.Subnet
	groups     map[string]ec2types.SecurityGroup // by the end of their names
	repository ecrtypes.Repository
	balancer   loadbalancingtypes.LoadBalancer
	listeners  []loadbalancingtypes.Listener
	targets    loadbalancingtypes.TargetGroup
	service    ecstypes.Service
	task       ecstypes.TaskDefinition
}

// describe asks AWS for what a stack's outputs name.
func (a *account) describe(t *testing.T, result auto.UpResult) *view {
	t.Helper()
	v := &view{account: a, result: result, vpc: output(t, result, "vpcId")}
	v.describeNetwork(t)
	v.describeLoadBalancer(t)
	v.describeService(t)
	return v
}

func (v *view) describeNetwork(t *testing.T) {
	t.Helper()
	inVPC := []ec2types.Filter{{Name: aws.String("vpc-id"), Values: []string{v.vpc}}}
	subnets, err := v.account.ec2.DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{Filters: inVPC})
	must(t, err)
	v.subnets = subnets.Subnets
	groups, err := v.account.ec2.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{Filters: inVPC})
	must(t, err)
	v.groups = map[string]ec2types.SecurityGroup{}
	for _, group := range groups.SecurityGroups {
		for _, end := range []string{"default", "load-balancer", "tasks", "endpoints"} {
			if name := *group.GroupName; name == end || strings.Contains(name, "-"+end+"-") {
				v.groups[end] = group
			}
		}
	}
}

func (v *view) describeLoadBalancer(t *testing.T) {
	t.Helper()
	balancers, err := v.account.loadBalancing.DescribeLoadBalancers(t.Context(), &loadbalancing.DescribeLoadBalancersInput{})
	must(t, err)
	i := slices.IndexFunc(balancers.LoadBalancers, func(b loadbalancingtypes.LoadBalancer) bool {
		return *b.DNSName == output(t, v.result, "albDnsName")
	})
	if i < 0 {
		t.Fatalf("no load balancer is named %s", output(t, v.result, "albDnsName"))
	}
	v.balancer = balancers.LoadBalancers[i]
	listeners, err := v.account.loadBalancing.DescribeListeners(t.Context(), &loadbalancing.DescribeListenersInput{LoadBalancerArn: v.balancer.LoadBalancerArn})
	must(t, err)
	v.listeners = listeners.Listeners
	targets, err := v.account.loadBalancing.DescribeTargetGroups(t.Context(), &loadbalancing.DescribeTargetGroupsInput{LoadBalancerArn: v.balancer.LoadBalancerArn})
	must(t, err)
	if len(targets.TargetGroups) != 1 {
		t.Fatalf("the load balancer has %d target groups", len(targets.TargetGroups))
	}
	v.targets = targets.TargetGroups[0]
}

func (v *view) describeService(t *testing.T) {
	t.Helper()
	repositories, err := v.account.ecr.DescribeRepositories(t.Context(), &ecr.DescribeRepositoriesInput{})
	must(t, err)
	for _, repository := range repositories.Repositories {
		if *repository.RepositoryUri == output(t, v.result, "repositoryUrl") {
			v.repository = repository
		}
	}
	services, err := v.account.ecs.DescribeServices(t.Context(), &ecs.DescribeServicesInput{
		Cluster: aws.String(output(t, v.result, "clusterName")), Services: []string{output(t, v.result, "serviceName")},
	})
	must(t, err)
	if len(services.Services) != 1 {
		t.Fatalf("there are %d services", len(services.Services))
	}
	v.service = services.Services[0]
	task, err := v.account.ecs.DescribeTaskDefinition(t.Context(), &ecs.DescribeTaskDefinitionInput{
		TaskDefinition: aws.String(output(t, v.result, "taskDefinitionArn")),
	})
	must(t, err)
	v.task = *task.TaskDefinition
}

// An expectation is what differs between stacks.
type expectation struct {
	zones, minimum, maximum int
}

// check looks at everything that each stack has.
func (v *view) check(t *testing.T, want expectation) {
	t.Run("network", func(t *testing.T) { v.checkSubnets(t, want.zones) })
	t.Run("security groups", v.checkSecurityGroups)
	t.Run("tags", v.checkTags)
	t.Run("repository", v.checkRepository)
	t.Run("load balancer", v.checkLoadBalancer)
	t.Run("service", v.checkService)
	t.Run("container", v.checkContainer)
	t.Run("roles", v.checkRoles)
	t.Run("logs", v.checkLogs)
	t.Run("autoscaling", func(t *testing.T) { v.checkAutoscaling(t, want.minimum, want.maximum) })
}

// subnetsOfType returns the ids of the public or the private subnets.
func (v *view) subnetsOfType(kind string) []string {
	var ids []string
	for _, subnet := range v.subnets {
		for _, tag := range subnet.Tags {
			if *tag.Key == "SubnetType" && *tag.Value == kind {
				ids = append(ids, *subnet.SubnetId)
			}
		}
	}
	slices.Sort(ids)
	return ids
}

func (v *view) checkSubnets(t *testing.T, wantZones int) {
	zones := map[string]int{}
	for _, subnet := range v.subnets {
		zones[*subnet.AvailabilityZone]++
		isPublic := slices.Contains(v.subnetsOfType("Public"), *subnet.SubnetId)
		if *subnet.MapPublicIpOnLaunch != isPublic {
			t.Errorf("subnet %s gives public addresses: %v", *subnet.SubnetId, *subnet.MapPublicIpOnLaunch)
		}
	}
	if len(zones) != wantZones {
		t.Errorf("subnets are in %d zones, want %d", len(zones), wantZones)
	}
	for zone, count := range zones {
		if count != 2 {
			t.Errorf("%d subnets in %s, want a public and a private one", count, zone)
		}
	}
}

func (v *view) checkSecurityGroups(t *testing.T) {
	balancer, tasks, standard := v.groups["load-balancer"], v.groups["tasks"], v.groups["default"]
	if len(standard.IpPermissions) != 0 || len(standard.IpPermissionsEgress) != 0 {
		t.Errorf("default security group has rules: %v %v", standard.IpPermissions, standard.IpPermissionsEgress)
	}
	if got := ports(balancer.IpPermissions); !slices.Equal(got, []string{"tcp 80-80 0.0.0.0/0"}) {
		t.Errorf("load balancer takes %v", got)
	}
	if got := ports(balancer.IpPermissionsEgress); !slices.Equal(got, []string{"tcp 5000-5000 10.0.0.0/16"}) {
		t.Errorf("load balancer sends to %v", got)
	}
	if got := ports(tasks.IpPermissions); !slices.Equal(got, []string{"tcp 5000-5000 " + *balancer.GroupId}) {
		t.Errorf("tasks take %v", got)
	}
}

// ports writes rules down: protocol, ports, the other side.
func ports(rules []ec2types.IpPermission) []string {
	var lines []string
	for _, rule := range rules {
		line := *rule.IpProtocol
		if *rule.IpProtocol != "-1" {
			line += " " + fmt.Sprintf("%d-%d", *rule.FromPort, *rule.ToPort)
		}
		for _, side := range rule.IpRanges {
			lines = append(lines, line+" "+*side.CidrIp)
		}
		for _, side := range rule.UserIdGroupPairs {
			lines = append(lines, line+" "+*side.GroupId)
		}
		for _, side := range rule.PrefixListIds {
			lines = append(lines, line+" "+*side.PrefixListId)
		}
	}
	slices.Sort(lines)
	return lines
}

// checkTags looks at what the program makes itself, and at what awsx makes for it.
func (v *view) checkTags(t *testing.T) {
	tagged := map[string][]ec2types.Tag{}
	for _, group := range v.groups {
		tagged[*group.GroupId] = group.Tags
	}
	for _, subnet := range v.subnets {
		tagged[*subnet.SubnetId] = subnet.Tags
	}
	for id, tags := range tagged {
		found := map[string]string{}
		for _, tag := range tags {
			found[*tag.Key] = *tag.Value
		}
		if found["Project"] != project || !strings.HasPrefix(found["Stack"], "e2e-") || found["ManagedBy"] != "pulumi" {
			t.Errorf("%s has the tags %v", id, found)
		}
	}
}

func (v *view) checkRepository(t *testing.T) {
	if v.repository.ImageTagMutability != ecrtypes.ImageTagMutabilityImmutable {
		t.Errorf("tags are %s", v.repository.ImageTagMutability)
	}
	if !v.repository.ImageScanningConfiguration.ScanOnPush {
		t.Error("images are not scanned")
	}
	_, digest, _ := strings.Cut(output(t, v.result, "imageRef"), "@")
	images, err := v.account.ecr.DescribeImages(t.Context(), &ecr.DescribeImagesInput{
		RepositoryName: v.repository.RepositoryName, ImageIds: []ecrtypes.ImageIdentifier{{ImageDigest: &digest}},
	})
	must(t, err)
	if len(images.ImageDetails) != 1 || len(images.ImageDetails[0].ImageTags) != 1 {
		t.Errorf("under %s the repository has %v", digest, images.ImageDetails)
	}
	if _, err := v.account.ecr.GetLifecyclePolicy(t.Context(), &ecr.GetLifecyclePolicyInput{RepositoryName: v.repository.RepositoryName}); err != nil {
		t.Error(err)
	}
}

func (v *view) checkLoadBalancer(t *testing.T) {
	if got, want := output(t, v.result, "url"), "http://"+*v.balancer.DNSName; got != want {
		t.Errorf("url is %s, want %s", got, want)
	}
	if v.balancer.Scheme != loadbalancingtypes.LoadBalancerSchemeEnumInternetFacing {
		t.Errorf("scheme is %s", v.balancer.Scheme)
	}
	if len(v.listeners) != 1 || *v.listeners[0].Port != 80 || *v.listeners[0].DefaultActions[0].TargetGroupArn != *v.targets.TargetGroupArn {
		t.Errorf("listeners are %v", v.listeners)
	}
	if v.targets.TargetType != loadbalancingtypes.TargetTypeEnumIp || *v.targets.Port != 5000 || *v.targets.HealthCheckPath != "/health" {
		t.Errorf("target group takes %s on %d, asks for %s", v.targets.TargetType, *v.targets.Port, *v.targets.HealthCheckPath)
	}
	attributes, err := v.account.loadBalancing.DescribeLoadBalancerAttributes(t.Context(), &loadbalancing.DescribeLoadBalancerAttributesInput{LoadBalancerArn: v.balancer.LoadBalancerArn})
	must(t, err)
	found := map[string]string{}
	for _, attribute := range attributes.Attributes {
		found[*attribute.Key] = *attribute.Value
	}
	for key, want := range map[string]string{"routing.http.drop_invalid_header_fields.enabled": "true", "deletion_protection.enabled": "false"} {
		if found[key] != want {
			t.Errorf("%s is %q, want %q", key, found[key], want)
		}
	}
}

func (v *view) checkService(t *testing.T) {
	if v.service.RunningCount != v.service.DesiredCount || v.service.DesiredCount < 1 {
		t.Errorf("%d of %d tasks run", v.service.RunningCount, v.service.DesiredCount)
	}
	network := v.service.NetworkConfiguration.AwsvpcConfiguration
	if network.AssignPublicIp != ecstypes.AssignPublicIpDisabled {
		t.Errorf("public addresses are %s", network.AssignPublicIp)
	}
	if got := slices.Sorted(slices.Values(network.Subnets)); !slices.Equal(got, v.subnetsOfType("Private")) {
		t.Errorf("tasks are in %v, want the private subnets %v", got, v.subnetsOfType("Private"))
	}
	if !slices.Equal(network.SecurityGroups, []string{*v.groups["tasks"].GroupId}) {
		t.Errorf("tasks have the security groups %v", network.SecurityGroups)
	}
	breaker := v.service.DeploymentConfiguration.DeploymentCircuitBreaker
	if !breaker.Enable || !breaker.Rollback {
		t.Errorf("circuit breaker is %+v", *breaker)
	}
	if v.service.HealthCheckGracePeriodSeconds == nil || *v.service.HealthCheckGracePeriodSeconds != 60 {
		t.Errorf("health check grace is %v", v.service.HealthCheckGracePeriodSeconds)
	}
}

func (v *view) checkContainer(t *testing.T) {
	t.Helper()
	if len(v.task.ContainerDefinitions) != 1 {
		t.Fatalf("task has %d containers", len(v.task.ContainerDefinitions))
	}
	container := v.task.ContainerDefinitions[0]
	if got, want := *container.Image, output(t, v.result, "imageRef"); got != want || !strings.Contains(got, "@sha256:") {
		t.Errorf("container is %s, want %s", got, want)
	}
	if !aws.ToBool(container.ReadonlyRootFilesystem) || aws.ToString(container.User) != "65532:65532" {
		t.Errorf("container writes: %v, is user %v", container.ReadonlyRootFilesystem, container.User)
	}
	if aws.ToInt32(container.PortMappings[0].ContainerPort) != 5000 || aws.ToInt32(container.StopTimeout) != 30 {
		t.Errorf("container listens on %v, has %v s to stop", container.PortMappings, container.StopTimeout)
	}
}

func (v *view) checkRoles(t *testing.T) {
	for _, role := range []struct {
		arn      string
		policies int
	}{{*v.task.ExecutionRoleArn, 1}, {*v.task.TaskRoleArn, 0}} {
		name := role.arn[strings.LastIndex(role.arn, "/")+1:]
		found, err := v.account.iam.GetRole(t.Context(), &iam.GetRoleInput{RoleName: &name})
		must(t, err)
		trust, err := url.QueryUnescape(*found.Role.AssumeRolePolicyDocument)
		must(t, err)
		if !strings.Contains(trust, "aws:SourceAccount") || !strings.Contains(trust, "ecs-tasks.amazonaws.com") {
			t.Errorf("role %s trusts %s", name, trust)
		}
		policies, err := v.account.iam.ListRolePolicies(t.Context(), &iam.ListRolePoliciesInput{RoleName: &name})
		must(t, err)
		attached, err := v.account.iam.ListAttachedRolePolicies(t.Context(), &iam.ListAttachedRolePoliciesInput{RoleName: &name})
		must(t, err)
		if len(policies.PolicyNames) != role.policies || len(attached.AttachedPolicies) != 0 {
			t.Errorf("role %s has policies %v and %v, want %d", name, policies.PolicyNames, attached.AttachedPolicies, role.policies)
		}
		for _, policy := range policies.PolicyNames {
			v.checkExecutionPolicy(t, name, policy)
		}
	}
}

func (v *view) checkExecutionPolicy(t *testing.T, role, policy string) {
	t.Helper()
	found, err := v.account.iam.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{RoleName: &role, PolicyName: &policy})
	must(t, err)
	text, err := url.QueryUnescape(*found.PolicyDocument)
	must(t, err)
	var document struct {
		Statement []struct {
			Sid      string
			Resource []string
		}
	}
	must(t, json.Unmarshal([]byte(text), &document))
	for _, statement := range document.Statement {
		for _, resource := range statement.Resource {
			own := strings.HasSuffix(resource, "repository/"+*v.repository.RepositoryName) ||
				strings.Contains(resource, ":log-group:"+output(t, v.result, "logGroupName")+":")
			if !own && statement.Sid != "LogInToRegistry" {
				t.Errorf("execution role reaches %s", resource)
			}
		}
	}
}

func (v *view) checkLogs(t *testing.T) {
	groups, err := v.account.logs.DescribeLogGroups(t.Context(), &cloudwatchlogs.DescribeLogGroupsInput{
		LogGroupNamePrefix: aws.String(output(t, v.result, "logGroupName")),
	})
	must(t, err)
	if len(groups.LogGroups) != 1 || aws.ToInt32(groups.LogGroups[0].RetentionInDays) != 30 {
		t.Errorf("log groups are %v", groups.LogGroups)
	}
}

func (v *view) checkAutoscaling(t *testing.T, minimum, maximum int) {
	resource := scaledResource(t, v.result)
	targets, err := v.account.autoscaling.DescribeScalableTargets(t.Context(), &applicationautoscaling.DescribeScalableTargetsInput{
		ServiceNamespace: scalingtypes.ServiceNamespaceEcs, ResourceIds: []string{resource},
	})
	must(t, err)
	policies, err := v.account.autoscaling.DescribeScalingPolicies(t.Context(), &applicationautoscaling.DescribeScalingPoliciesInput{
		ServiceNamespace: scalingtypes.ServiceNamespaceEcs, ResourceId: &resource,
	})
	must(t, err)
	if minimum == maximum {
		if len(targets.ScalableTargets) != 0 || len(policies.ScalingPolicies) != 0 {
			t.Errorf("autoscaling is on: %v %v", targets.ScalableTargets, policies.ScalingPolicies)
		}
		return
	}
	if len(targets.ScalableTargets) != 1 || int(*targets.ScalableTargets[0].MinCapacity) != minimum || int(*targets.ScalableTargets[0].MaxCapacity) != maximum {
		t.Errorf("scalable targets are %v", targets.ScalableTargets)
	}
	if len(policies.ScalingPolicies) != 2 {
		t.Errorf("scaling policies are %v", policies.ScalingPolicies)
	}
}

// checkEndpoints checks that there are endpoints of what each stack without NAT
// needs, and of some services beside.
func (v *view) checkEndpoints(t *testing.T, beside ...string) {
	endpoints, err := v.account.ec2.DescribeVpcEndpoints(t.Context(), &ec2.DescribeVpcEndpointsInput{
		Filters: []ec2types.Filter{{Name: aws.String("vpc-id"), Values: []string{v.vpc}}},
	})
	must(t, err)
	var services []string
	for _, endpoint := range endpoints.VpcEndpoints {
		services = append(services, strings.TrimPrefix(*endpoint.ServiceName, "com.amazonaws."+region+"."))
	}
	slices.Sort(services)
	if want := append([]string{"ecr.api", "ecr.dkr", "logs", "s3"}, beside...); !slices.Equal(services, want) {
		t.Errorf("endpoints are %v, want %v", services, want)
	}
	ways := ports(v.groups["tasks"].IpPermissionsEgress)
	if len(ways) != 2 || !strings.HasPrefix(ways[0], "tcp 443-443 pl-") || ways[1] != "tcp 443-443 "+*v.groups["endpoints"].GroupId {
		t.Errorf("tasks reach %v, want S3 and the endpoints by HTTPS", ways)
	}
	nats, err := v.account.ec2.DescribeNatGateways(t.Context(), &ec2.DescribeNatGatewaysInput{
		Filter: []ec2types.Filter{{Name: aws.String("vpc-id"), Values: []string{v.vpc}}},
	})
	must(t, err)
	if len(nats.NatGateways) != 0 {
		t.Errorf("NAT gateways are %v", nats.NatGateways)
	}
}

// scale sets the desired count, as autoscaling does.
func (a *account) scale(t *testing.T, result auto.UpResult, count int32) {
	t.Helper()
	_, err := a.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{
		Cluster: aws.String(output(t, result, "clusterName")), Service: aws.String(output(t, result, "serviceName")), DesiredCount: &count,
	})
	must(t, err)
}

// registryToken returns the secret part of the login to the registry.
func (a *account) registryToken(t *testing.T) string {
	t.Helper()
	answer, err := a.ecr.GetAuthorizationToken(t.Context(), &ecr.GetAuthorizationTokenInput{})
	must(t, err)
	login, err := base64.StdEncoding.DecodeString(*answer.AuthorizationData[0].AuthorizationToken)
	must(t, err)
	_, token, _ := strings.Cut(string(login), ":")
	return token
}

func countBytes(r io.ReadCloser) (int64, error) {
	defer r.Close()
	return io.Copy(io.Discard, r)
}
