package e2e

import (
	"encoding/json"
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

// forbid takes the statement that allows an action out of the execution role's
// policy.
func (p *patient) forbid(t *testing.T, action string) {
	role := aws.String((*p.task.ExecutionRoleArn)[strings.LastIndex(*p.task.ExecutionRoleArn, "/")+1:])
	policies, err := p.account.iam.ListRolePolicies(t.Context(), &iam.ListRolePoliciesInput{RoleName: role})
	must(t, err)
	policy, err := p.account.iam.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{RoleName: role, PolicyName: &policies.PolicyNames[0]})
	must(t, err)
	text, err := url.QueryUnescape(*policy.PolicyDocument)
	must(t, err)
	var document struct {
		Version   string
		Statement []struct {
			Effect   string
			Action   []string
			Resource string
		}
	}
	must(t, json.Unmarshal([]byte(text), &document))
	for i, statement := range document.Statement {
		if slices.Contains(statement.Action, action) {
			document.Statement = slices.Delete(document.Statement, i, i+1)
			break
		}
	}
	changed, err := json.Marshal(document)
	must(t, err)
	_, err = p.account.iam.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: role, PolicyName: policy.PolicyName, PolicyDocument: aws.String(string(changed))})
	must(t, err)
	p.replaceTasks(t)
}

func (p *patient) deleteLogGroup(t *testing.T) {
	_, err := p.account.logs.DeleteLogGroup(t.Context(), &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: aws.String(output(t, p.result, "logGroupName"))})
	must(t, err)
	p.replaceTasks(t)
}

func (p *patient) deleteRoutes(t *testing.T) {
	tables, err := p.account.ec2.DescribeRouteTables(t.Context(), &ec2.DescribeRouteTablesInput{
		Filters: []ec2types.Filter{{Name: aws.String("vpc-id"), Values: []string{p.vpc}}},
	})
	must(t, err)
	private := p.subnetsOfType("Private")
	for _, table := range tables.RouteTables {
		if !slices.ContainsFunc(table.Associations, func(a ec2types.RouteTableAssociation) bool {
			return slices.Contains(private, aws.ToString(a.SubnetId))
		}) {
			continue
		}
		_, err := p.account.ec2.DeleteRoute(t.Context(), &ec2.DeleteRouteInput{RouteTableId: table.RouteTableId, DestinationCidrBlock: aws.String("0.0.0.0/0")})
		must(t, err)
	}
	p.replaceTasks(t)
}

// replaceTasks stops the tasks that run, and waits until one that should have
// taken their place has failed to start.
func (p *patient) replaceTasks(t *testing.T) {
	begin := time.Now()
	for _, arn := range p.account.tasks(t, p.result) {
		_, err := p.account.ecs.StopTask(t.Context(), &ecs.StopTaskInput{Cluster: p.service.ClusterArn, Task: &arn})
		must(t, err)
	}
	wait(t, unhealthyLimit, "a task fails to start", func() bool {
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

const logLevel = project + ":environment.LOG_LEVEL"

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
	const port = 5001
	rule := ec2types.IpPermission{
		IpProtocol: aws.String("tcp"), FromPort: aws.Int32(port), ToPort: aws.Int32(port), IpRanges: []ec2types.IpRange{{CidrIp: aws.String("10.0.0.0/16")}},
	}
	_, err := p.account.ec2.AuthorizeSecurityGroupEgress(t.Context(), &ec2.AuthorizeSecurityGroupEgressInput{
		GroupId: p.groups["load-balancer"].GroupId, IpPermissions: []ec2types.IpPermission{rule},
	})
	must(t, err)
	p.authorize(t, "tasks", rule)
	p.changeHealthCheck(t, loadbalancing.ModifyTargetGroupInput{HealthCheckPort: aws.String("5001")})
	p.waitUntilUnhealthy(t)
}

func (p *patient) closeTasks(t *testing.T) {
	p.revokeIngress(t, "tasks")
	p.changeHealthCheck(t, loadbalancing.ModifyTargetGroupInput{})
	p.waitUntilUnhealthy(t)
}

// changeHealthCheck changes the health check, and makes it notice failures
// sooner.
func (p *patient) changeHealthCheck(t *testing.T, change loadbalancing.ModifyTargetGroupInput) {
	change.TargetGroupArn = p.targets.TargetGroupArn
	change.HealthCheckIntervalSeconds = aws.Int32(5)
	change.HealthCheckTimeoutSeconds = aws.Int32(2)
	change.UnhealthyThresholdCount = aws.Int32(2)
	_, err := p.account.loadBalancing.ModifyTargetGroup(t.Context(), &change)
	must(t, err)
}

func (p *patient) waitUntilUnhealthy(t *testing.T) {
	wait(t, unhealthyLimit, "a target is unhealthy", func() bool {
		health, err := p.account.loadBalancing.DescribeTargetHealth(t.Context(), &loadbalancing.DescribeTargetHealthInput{TargetGroupArn: p.targets.TargetGroupArn})
		must(t, err)
		return slices.ContainsFunc(health.TargetHealthDescriptions, func(target loadbalancingtypes.TargetHealthDescription) bool {
			return target.TargetHealth.State == loadbalancingtypes.TargetHealthStateEnumUnhealthy
		})
	})
}

func (p *patient) closeLoadBalancer(t *testing.T) {
	p.revokeIngress(t, "load-balancer")
	wait(t, unhealthyLimit, "the URL does not answer", func() bool { return status(t, p.url, 2*time.Second) == 0 })
}

// revokeIngress takes away all ingress rules of a security group.
func (p *patient) revokeIngress(t *testing.T, name string) {
	_, err := p.account.ec2.RevokeSecurityGroupIngress(t.Context(), &ec2.RevokeSecurityGroupIngressInput{
		GroupId: p.groups[name].GroupId, IpPermissions: p.groups[name].IpPermissions,
	})
	must(t, err)
}

func (p *patient) authorize(t *testing.T, name string, rule ec2types.IpPermission) {
	_, err := p.account.ec2.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: p.groups[name].GroupId, IpPermissions: []ec2types.IpPermission{rule},
	})
	must(t, err)
}

// What somebody does by hand.

func (p *patient) addRule(t *testing.T) {
	p.authorize(t, "tasks", ec2types.IpPermission{
		IpProtocol: aws.String("tcp"), FromPort: aws.Int32(22), ToPort: aws.Int32(22), IpRanges: []ec2types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}},
	})
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
	wait(t, unhealthyLimit, "the load balancer answers 503", func() bool { return status(t, p.url, answerLimit) == http.StatusServiceUnavailable })
}
