package e2e

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
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

// internet is all of the internet, in IPv4.
const internet = "0.0.0.0/0"

// What fails before a task starts: it shows when a task has to be replaced.

func (p *patient) deleteImage(t *testing.T) {
	_, digest, _ := strings.Cut(output(t, p.result, "imageRef"), "@")
	_, err := p.account.ecr.BatchDeleteImage(t.Context(), &ecr.BatchDeleteImageInput{
		RepositoryName: p.repository.RepositoryName, ImageIds: []ecrtypes.ImageIdentifier{{ImageDigest: &digest}},
	})
	must(t, err)
	p.replaceTasks(t)
}

func (p *patient) forbidPulling(t *testing.T) { p.forbid(t, "ecr:BatchGetImage") }

func (p *patient) forbidLogging(t *testing.T) { p.forbid(t, "logs:CreateLogStream") }

// forbid puts another action into the execution role's policy in the place of
// one.
func (p *patient) forbid(t *testing.T, action string) {
	t.Helper()
	role := aws.String((*p.task.ExecutionRoleArn)[strings.LastIndex(*p.task.ExecutionRoleArn, "/")+1:])
	policies, err := p.account.iam.ListRolePolicies(t.Context(), &iam.ListRolePoliciesInput{RoleName: role})
	must(t, err)
	policy, err := p.account.iam.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{RoleName: role, PolicyName: &policies.PolicyNames[0]})
	must(t, err)
	document, err := url.QueryUnescape(*policy.PolicyDocument)
	must(t, err)
	_, err = p.account.iam.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{
		RoleName: role, PolicyName: policy.PolicyName, PolicyDocument: aws.String(strings.ReplaceAll(document, action, "sts:GetCallerIdentity")),
	})
	must(t, err)
	p.replaceTasks(t)
}

func (p *patient) deleteLogGroup(t *testing.T) {
	_, err := p.account.logs.DeleteLogGroup(t.Context(), &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: aws.String(output(t, p.result, "logGroupName"))})
	must(t, err)
	p.replaceTasks(t)
}

func (p *patient) deleteRoutes(t *testing.T) {
	for _, table := range p.privateRouteTables(t) {
		_, err := p.account.ec2.DeleteRoute(t.Context(), &ec2.DeleteRouteInput{RouteTableId: &table, DestinationCidrBlock: aws.String(internet)})
		must(t, err)
	}
	p.replaceTasks(t)
}

// turnRoutes leads the private subnets where only public addresses get to.
func (p *patient) turnRoutes(t *testing.T) {
	gateways, err := p.account.ec2.DescribeInternetGateways(t.Context(), &ec2.DescribeInternetGatewaysInput{
		Filters: []ec2types.Filter{{Name: aws.String("attachment.vpc-id"), Values: []string{p.vpc}}},
	})
	must(t, err)
	for _, table := range p.privateRouteTables(t) {
		_, err := p.account.ec2.ReplaceRoute(t.Context(), &ec2.ReplaceRouteInput{
			RouteTableId: &table, DestinationCidrBlock: aws.String(internet), GatewayId: gateways.InternetGateways[0].InternetGatewayId,
		})
		must(t, err)
	}
	p.replaceTasks(t)
}

// privateRouteTables returns the ids of the private subnets' route tables.
func (p *patient) privateRouteTables(t *testing.T) []string {
	t.Helper()
	tables, err := p.account.ec2.DescribeRouteTables(t.Context(), &ec2.DescribeRouteTablesInput{
		Filters: []ec2types.Filter{{Name: aws.String("vpc-id"), Values: []string{p.vpc}}},
	})
	must(t, err)
	private := p.subnetsOfType("Private")
	var ids []string
	for _, table := range tables.RouteTables {
		if slices.ContainsFunc(table.Associations, func(a ec2types.RouteTableAssociation) bool {
			return slices.Contains(private, aws.ToString(a.SubnetId))
		}) {
			ids = append(ids, *table.RouteTableId)
		}
	}
	return ids
}

// replaceTasks stops the tasks that run, and waits until one that should have
// taken their place has failed to start.
func (p *patient) replaceTasks(t *testing.T) {
	t.Helper()
	begin := time.Now()
	for _, arn := range p.account.tasks(t, p.result) {
		_, err := p.account.ecs.StopTask(t.Context(), &ecs.StopTaskInput{Cluster: p.service.ClusterArn, Task: &arn})
		must(t, err)
	}
	wait(t, symptomLimit, "a task fails to start", func() bool {
		stopped, err := p.account.ecs.ListTasks(t.Context(), &ecs.ListTasksInput{
			Cluster: p.service.ClusterArn, ServiceName: p.service.ServiceName, DesiredStatus: ecstypes.DesiredStatusStopped,
		})
		must(t, err)
		tasks, err := p.account.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Cluster: p.service.ClusterArn, Tasks: stopped.TaskArns})
		must(t, err)
		return slices.ContainsFunc(tasks.Tasks, func(task ecstypes.Task) bool {
			return task.StopCode == ecstypes.TaskStopCodeTaskFailedToStart && task.CreatedAt.After(begin) && aws.ToString(task.LastStatus) == "STOPPED"
		})
	})
}

// What fails as a task starts, in a deployment.

var logLevel = project + ":environment.LOG_LEVEL"

func (p *patient) deployBadLogLevel(t *testing.T) {
	must(t, p.stack.SetConfigWithOptions(t.Context(), logLevel, auto.ConfigValue{Value: "loud"}, &auto.ConfigOptions{Path: true}))
	p.failingUp(t, "The container ends", "LOG_LEVEL")
}

func (p *patient) deployGoodLogLevel(t *testing.T) {
	must(t, p.stack.RemoveConfigWithOptions(t.Context(), logLevel, &auto.ConfigOptions{Path: true}))
	p.up(t)
}

// What fails between the load balancer and tasks that run.

func (p *patient) checkWrongPath(t *testing.T) {
	p.changeHealthCheck(t, loadbalancing.ModifyTargetGroupInput{HealthCheckPath: aws.String("/nothing")})
	p.waitUntilUnhealthy(t)
}

func (p *patient) checkWrongPort(t *testing.T) {
	rule := fromRange(5001, "10.0.0.0/16")
	_, err := p.account.ec2.AuthorizeSecurityGroupEgress(t.Context(), &ec2.AuthorizeSecurityGroupEgressInput{
		GroupId: p.groups["load-balancer"].GroupId, IpPermissions: []ec2types.IpPermission{rule},
	})
	must(t, err)
	p.authorize(t, "tasks", rule)
	p.changeHealthCheck(t, loadbalancing.ModifyTargetGroupInput{HealthCheckPort: aws.String("5001")})
	p.waitUntilUnhealthy(t)
}

func (p *patient) closeTasks(t *testing.T) {
	p.changeHealthCheck(t, loadbalancing.ModifyTargetGroupInput{})
	p.revokeIngress(t, "tasks")
	p.waitUntilUnhealthy(t)
}

// changeHealthCheck changes the health check, and makes it notice failures
// sooner. It waits for the service to be steady, from when on it does not matter
// what failed before.
func (p *patient) changeHealthCheck(t *testing.T, change loadbalancing.ModifyTargetGroupInput) {
	t.Helper()
	wait(t, symptomLimit, "the service is steady", func() bool {
		services, err := p.account.ecs.DescribeServices(t.Context(), &ecs.DescribeServicesInput{Cluster: p.service.ClusterArn, Services: []string{*p.service.ServiceName}})
		must(t, err)
		return strings.HasSuffix(*services.Services[0].Events[0].Message, "has reached a steady state.")
	})
	change.TargetGroupArn = p.targets.TargetGroupArn
	change.HealthCheckIntervalSeconds = aws.Int32(5)
	change.HealthCheckTimeoutSeconds = aws.Int32(2)
	change.UnhealthyThresholdCount = aws.Int32(2)
	_, err := p.account.loadBalancing.ModifyTargetGroup(t.Context(), &change)
	must(t, err)
}

func (p *patient) waitUntilUnhealthy(t *testing.T) {
	t.Helper()
	wait(t, symptomLimit, "a target is unhealthy", func() bool {
		health, err := p.account.loadBalancing.DescribeTargetHealth(t.Context(), &loadbalancing.DescribeTargetHealthInput{TargetGroupArn: p.targets.TargetGroupArn})
		must(t, err)
		return slices.ContainsFunc(health.TargetHealthDescriptions, func(target loadbalancingtypes.TargetHealthDescription) bool {
			return target.TargetHealth.State == loadbalancingtypes.TargetHealthStateEnumUnhealthy
		})
	})
}

func (p *patient) closeLoadBalancer(t *testing.T) {
	p.revokeIngress(t, "load-balancer")
	wait(t, symptomLimit, "the URL does not answer", func() bool { return status(t, p.url, 2*time.Second) == 0 })
}

func (p *patient) deleteListener(t *testing.T) {
	_, err := p.account.loadBalancing.DeleteListener(t.Context(), &loadbalancing.DeleteListenerInput{ListenerArn: p.listeners[0].ListenerArn})
	must(t, err)
	wait(t, symptomLimit, "the URL does not answer", func() bool { return status(t, p.url, 2*time.Second) == 0 })
}

// revokeIngress takes away all ingress rules of a security group.
func (p *patient) revokeIngress(t *testing.T, name string) {
	t.Helper()
	_, err := p.account.ec2.RevokeSecurityGroupIngress(t.Context(), &ec2.RevokeSecurityGroupIngressInput{
		GroupId: p.groups[name].GroupId, IpPermissions: p.groups[name].IpPermissions,
	})
	must(t, err)
}

func (p *patient) authorize(t *testing.T, name string, rule ec2types.IpPermission) {
	t.Helper()
	_, err := p.account.ec2.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: p.groups[name].GroupId, IpPermissions: []ec2types.IpPermission{rule},
	})
	must(t, err)
}

// What somebody does by hand.

func (p *patient) addRule(t *testing.T) {
	p.authorize(t, "tasks", fromRange(22, internet))
}

// fromRange is a rule for TCP packets to a port, from or to addresses.
func fromRange(port int32, addresses string) ec2types.IpPermission {
	return ec2types.IpPermission{IpProtocol: aws.String("tcp"), FromPort: &port, ToPort: &port, IpRanges: []ec2types.IpRange{{CidrIp: &addresses}}}
}

func (p *patient) stopAll(t *testing.T) {
	p.account.scale(t, p.result, 0)
	p.waitUntilUnavailable(t)
}

func (p *patient) startAll(t *testing.T) { p.account.scale(t, p.result, 1) }

func (p *patient) deleteService(t *testing.T) {
	_, err := p.account.ecs.DeleteService(t.Context(), &ecs.DeleteServiceInput{Cluster: p.service.ClusterArn, Service: p.service.ServiceName, Force: aws.Bool(true)})
	must(t, err)
	p.waitUntilUnavailable(t)
}

func (p *patient) waitUntilUnavailable(t *testing.T) {
	t.Helper()
	wait(t, symptomLimit, "the load balancer answers 503", func() bool { return status(t, p.url, answerLimit) == http.StatusServiceUnavailable })
}
