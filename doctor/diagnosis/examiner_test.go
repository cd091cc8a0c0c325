package diagnosis

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	loadbalancingtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// A failure is something that a test breaks in an account, and what is to be
// found then: the kinds in their order, and evidence of the first.
type failure struct {
	statement string
	cause     func(*account)
	want      []Kind
	evidence  string
}

func TestExamineFindsTheCause(t *testing.T) {
	for _, failures := range [][]failure{
		registryFailures, roleFailures, containerFailures, healthCheckFailures, networkFailures, endpointFailures, loadBalancerFailures, stateFailures,
	} {
		for _, f := range failures {
			t.Run(f.statement, func(t *testing.T) {
				a := newAccount(t)
				stack := a.stack(t)
				f.cause(a)
				report, err := a.examiner().Examine(t.Context(), stack)
				if err != nil {
					t.Fatal(err)
				}
				f.check(t, report.Findings)
			})
		}
	}
}

func (f failure) check(t *testing.T, findings []Finding) {
	t.Helper()
	var got []Kind
	for _, finding := range findings {
		got = append(got, finding.Kind)
		if finding.Title == "" || finding.Mend == "" || len(finding.Evidence) == 0 {
			t.Errorf("finding lacks a title, evidence or a mend: %#v", finding)
		}
	}
	if !slices.Equal(got, f.want) {
		t.Fatalf("found %v, want %v:\n%v", got, f.want, findings)
	}
	if len(findings) > 0 && !strings.Contains(strings.Join(findings[0].Evidence, "\n"), f.evidence) {
		t.Errorf("no evidence says %q:\n%v", f.evidence, findings[0])
	}
}

var registryFailures = []failure{
	{
		"an image whose digest ECR does not have is missing",
		func(a *account) {
			a.images = map[string]bool{}
			a.fail(ecstypes.TaskStopCodeTaskFailedToStart, "CannotPullContainerError: failed to resolve ref app: not found", ecstypes.Container{})
		},
		[]Kind{ImageMissing}, "ECR: ImageNotFound, Requested image not found",
	},
	{
		"an image whose tag ECR does not have is missing",
		func(a *account) {
			a.definitions[0].ContainerDefinitions[0].Image = aws.String(registryHost + "/app:gone")
		},
		[]Kind{ImageMissing}, "app:1 runs " + registryHost + "/app:gone",
	},
	{
		"an image whose repository was deleted is missing",
		func(a *account) { a.images = nil },
		[]Kind{ImageMissing}, "The repository with name 'app' does not exist",
	},
	{
		"an image of another registry is missing if ECS says so",
		func(a *account) {
			a.definitions[0].ContainerDefinitions[0].Image = aws.String("ghcr.io/app:gone")
			a.fail(ecstypes.TaskStopCodeTaskFailedToStart, "CannotPullContainerError: failed to resolve ref ghcr.io/app:gone: not found", ecstypes.Container{})
		},
		[]Kind{ImageMissing}, "failed to resolve ref ghcr.io/app:gone",
	},
	{
		"a registry that ECS does not reach though nothing is seen to be in the way is unreachable",
		func(a *account) {
			a.fail(ecstypes.TaskStopCodeTaskFailedToStart, "ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth from Amazon ECR: There is a connection issue between the task and Amazon ECR.", ecstypes.Container{})
		},
		[]Kind{RegistryUnreachable}, "There is a connection issue",
	},
}

var roleFailures = []failure{
	{
		"an execution role that may not log in to ECR is denied",
		func(a *account) {
			a.denied["ecr:GetAuthorizationToken"] = true
			a.fail(ecstypes.TaskStopCodeTaskFailedToStart, "ResourceInitializationError: unable to retrieve ecr registry auth: AccessDeniedException: not authorized", ecstypes.Container{})
		},
		[]Kind{ExecutionRoleDenied}, "IAM: ecr:GetAuthorizationToken on * is implicitDeny for " + executionRole,
	},
	{
		"an execution role that may not pull the image is denied",
		func(a *account) { a.denied["ecr:BatchGetImage"] = true },
		[]Kind{ExecutionRoleDenied}, "IAM: ecr:BatchGetImage on " + repositoryARN,
	},
	{
		"an execution role that may not write logs is denied",
		func(a *account) { a.denied["logs:CreateLogStream"] = true },
		[]Kind{ExecutionRoleDenied}, "IAM: logs:CreateLogStream on " + logGroupARN + ":log-stream:app/app/task",
	},
	{
		"a pull that ECR forbids is denied, even if IAM sees no reason",
		func(a *account) {
			a.fail(ecstypes.TaskStopCodeTaskFailedToStart, "CannotPullContainerError: unexpected status from HEAD request to ecr: 403 Forbidden", ecstypes.Container{})
		},
		[]Kind{ExecutionRoleDenied}, "403 Forbidden",
	},
	{
		"a task definition without an execution role can't pull from ECR",
		func(a *account) { a.definitions[0].ExecutionRoleArn = nil },
		[]Kind{ExecutionRoleDenied}, "app:1 names no execution role",
	},
	{
		"a role that trusts another service is not trusted",
		func(a *account) { a.trust = strings.ReplaceAll(a.trust, "ecs-tasks", "ec2") },
		[]Kind{RoleNotTrusted}, "trust policy of role " + executionRole + `: {"Statement"`,
	},
	{
		"a role that is gone is not trusted",
		func(a *account) { a.trust = "" },
		[]Kind{RoleNotTrusted}, "The role with name app-execution cannot be found.",
	},
	{
		"a role whose conditions do not hold is not trusted if ECS says so",
		func(a *account) {
			a.fail(ecstypes.TaskStopCodeTaskFailedToStart, "ECS was unable to assume the role 'app-execution' that was provided for this task.", ecstypes.Container{})
		},
		[]Kind{RoleNotTrusted}, "ECS was unable to assume the role",
	},
	{
		"a log group that is gone keeps tasks from starting",
		func(a *account) {
			a.logs = map[string][]string{}
			a.fail(ecstypes.TaskStopCodeTaskFailedToStart, "ResourceInitializationError: failed to validate logger args: ResourceNotFoundException: The specified log group does not exist.", ecstypes.Container{})
			delete(a.logs, logGroupName+" app/app/0f")
		},
		[]Kind{LogGroupMissing}, "app:1 logs to /ecs/app, which CloudWatch Logs does not have",
	},
}

var containerFailures = []failure{
	{
		"a container that exits at its start is told with its log",
		func(a *account) {
			a.fail(ecstypes.TaskStopCodeEssentialContainerExited, "Essential container in task exited",
				ecstypes.Container{ExitCode: aws.Int32(1)}, "starting", "panic: DATABASE_URL is not set")
		},
		[]Kind{ContainerExits}, "container app exited with code 1\nlog of app: starting\nlog of app: panic: DATABASE_URL is not set",
	},
	{
		"a container whose command is not in the image can't be started",
		func(a *account) {
			a.fail(ecstypes.TaskStopCodeTaskFailedToStart, "CannotStartContainerError: exec: \"/app\": permission denied", ecstypes.Container{})
		},
		[]Kind{ContainerExits}, "permission denied",
	},
	{
		"a container that takes too much memory is killed",
		func(a *account) {
			a.fail(ecstypes.TaskStopCodeEssentialContainerExited, "Essential container in task exited",
				ecstypes.Container{ExitCode: aws.Int32(137), Reason: aws.String("OutOfMemoryError: Container killed due to memory usage")})
		},
		[]Kind{OutOfMemory}, "container app exited with code 137: OutOfMemoryError",
	},
	{
		"a container that is killed with no reason given took too much memory",
		func(a *account) {
			a.fail(ecstypes.TaskStopCodeEssentialContainerExited, "Essential container in task exited", ecstypes.Container{ExitCode: aws.Int32(137)})
		},
		[]Kind{OutOfMemory}, "exited with code 137",
	},
	{
		"an image for another processor is told from the log",
		func(a *account) {
			a.fail(ecstypes.TaskStopCodeEssentialContainerExited, "Essential container in task exited",
				ecstypes.Container{ExitCode: aws.Int32(255)}, "exec /service: exec format error")
		},
		[]Kind{WrongArchitecture}, "exec format error",
	},
	{
		"an image without a manifest for the processor is told from the pull",
		func(a *account) {
			a.fail(ecstypes.TaskStopCodeTaskFailedToStart, "CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/amd64'", ecstypes.Container{})
		},
		[]Kind{WrongArchitecture}, "descriptor matching platform",
	},
	{
		"a container that fails its own check is unhealthy",
		func(a *account) {
			a.tasks[0].Containers[0].HealthStatus = ecstypes.HealthStatusUnhealthy
			a.logs[logGroupName+" app/app/0a"] = []string{"ready"}
		},
		[]Kind{ContainerUnhealthy}, "checked with: CMD /service healthcheck\nlog of app: ready",
	},
	{
		"a container that failed its own check until it was stopped is unhealthy",
		func(a *account) {
			a.fail(ecstypes.TaskStopCodeServiceSchedulerInitiated, "Task failed container health checks", ecstypes.Container{ExitCode: aws.Int32(143)})
		},
		[]Kind{ContainerUnhealthy}, "task 0f of app:1 stopped at 15:04:05 UTC: Task failed container health checks",
	},
	{
		"a task that stops for a reason that is not known is told with it",
		func(a *account) {
			a.fail(ecstypes.TaskStopCodeTaskFailedToStart, "Timeout waiting for network interface provisioning to complete.", ecstypes.Container{})
		},
		[]Kind{TaskNotStarted}, "Timeout waiting for network interface",
	},
	{
		"tasks that failed before all was well are history",
		func(a *account) {
			running := a.tasks
			a.fail(ecstypes.TaskStopCodeEssentialContainerExited, "Essential container in task exited", ecstypes.Container{ExitCode: aws.Int32(1)})
			a.tasks = append(a.tasks, running...)
			a.status, a.services[0].RunningCount = http.StatusOK, 1
			a.targets = []loadbalancingtypes.TargetHealthDescription{target(loadbalancingtypes.TargetHealthStateEnumHealthy, "", "")}
		},
		nil, "",
	},
	{
		"tasks that were stopped on purpose are no failure",
		func(a *account) {
			a.fail(ecstypes.TaskStopCodeServiceSchedulerInitiated, "Scaling activity initiated by (deployment ecs-svc/1)", ecstypes.Container{ExitCode: aws.Int32(143)})
		},
		[]Kind{NoHealthyTarget}, "target group app has 0 targets",
	},
}

var healthCheckFailures = []failure{
	{
		"a health check path that the app does not have is wrong",
		func(a *account) {
			a.unhealthy(loadbalancingtypes.TargetHealthReasonEnumResponseCodeMismatch, "Health checks failed with these codes: [404]")
		},
		[]Kind{HealthCheckPath}, "the load balancer asks http://<task>:5000/health for 200, within 5 s",
	},
	{
		"a health check that is redirected has the wrong path",
		func(a *account) {
			a.unhealthy(loadbalancingtypes.TargetHealthReasonEnumResponseCodeMismatch, "Health checks failed with these codes: [301]")
		},
		[]Kind{HealthCheckPath}, "[301]",
	},
	{
		"a health check that the app answers with an error is the app's",
		func(a *account) {
			a.unhealthy(loadbalancingtypes.TargetHealthReasonEnumResponseCodeMismatch, "Health checks failed with these codes: [500]")
		},
		[]Kind{HealthCheckError}, "target 10.0.128.10:5000 is unhealthy: Target.ResponseCodeMismatch, Health checks failed with these codes: [500]",
	},
	{
		"a port that nothing listens on is wrong, and the log says which is right",
		func(a *account) {
			a.unhealthy(loadbalancingtypes.TargetHealthReasonEnumFailedHealthChecks, "Health checks failed")
			a.logs[logGroupName+" app/app/0a"] = []string{"listening on :8080"}
		},
		[]Kind{HealthCheckPort}, "log of app: listening on :8080",
	},
	{
		"a health check on a port of its own is told with that port",
		func(a *account) {
			a.targetGroups[0].HealthCheckPort = aws.String("9000")
			for _, group := range []string{loadBalancerGroup, taskGroup} {
				a.groups[group].IpPermissions = append(a.groups[group].IpPermissions, withGroup(9000, loadBalancerGroup))
				a.groups[group].IpPermissionsEgress = append(a.groups[group].IpPermissionsEgress, withGroup(9000, taskGroup))
			}
			a.unhealthy(loadbalancingtypes.TargetHealthReasonEnumFailedHealthChecks, "Health checks failed")
		},
		[]Kind{HealthCheckPort, StateDiffers}, "http://<task>:9000/health",
	},
	{
		"an app that does not answer in time is told apart from one that does not listen",
		func(a *account) {
			a.unhealthy(loadbalancingtypes.TargetHealthReasonEnumTimeout, "Request timed out")
		},
		[]Kind{HealthCheckTimeout}, "Target.Timeout, Request timed out",
	},
	{
		"a health check that failed until the task was stopped is told from an event",
		func(a *account) {
			a.fail(ecstypes.TaskStopCodeServiceSchedulerInitiated, "Task failed ELB health checks in (target-group "+targetGroupARN+")", ecstypes.Container{ExitCode: aws.Int32(143)})
			a.services[0].Events = append(a.services[0].Events,
				event("(service app) (task 0f) (port 5000) is unhealthy in (target-group "+targetGroupARN+") due to (reason Health checks failed with these codes: [404])"))
		},
		[]Kind{HealthCheckPath}, "stopped at 15:04:05 UTC: Task failed ELB health checks",
	},
	{
		"a health check that failed until the task was stopped is told from its reason",
		func(a *account) {
			a.fail(ecstypes.TaskStopCodeServiceSchedulerInitiated, "Task failed ELB health checks in (target-group "+targetGroupARN+") due to (reason Health checks failed)",
				ecstypes.Container{ExitCode: aws.Int32(143)}, "listening on :8080")
		},
		[]Kind{HealthCheckPort}, "log of app: listening on :8080",
	},
	{
		"a health check that failed for a reason that nobody told leaves no healthy target",
		func(a *account) {
			a.fail(ecstypes.TaskStopCodeServiceSchedulerInitiated, "Task failed ELB health checks in (target-group "+targetGroupARN+")", ecstypes.Container{})
		},
		[]Kind{NoHealthyTarget}, "Task failed ELB health checks",
	},
	{
		"connections that are refused while the container exits are no matter of the port",
		func(a *account) {
			a.fail(ecstypes.TaskStopCodeEssentialContainerExited, "Essential container in task exited", ecstypes.Container{ExitCode: aws.Int32(1)})
			a.unhealthy(loadbalancingtypes.TargetHealthReasonEnumFailedHealthChecks, "Health checks failed")
		},
		[]Kind{ContainerExits}, "Target.FailedHealthChecks",
	},
	{
		"targets that are still being checked are waited for",
		func(a *account) {
			a.status = http.StatusServiceUnavailable
			a.targets = []loadbalancingtypes.TargetHealthDescription{target(loadbalancingtypes.TargetHealthStateEnumInitial, loadbalancingtypes.TargetHealthReasonEnumInitialHealthChecking, "Initial health checks in progress")}
		},
		[]Kind{NoHealthyTarget}, "Initial health checks in progress",
	},
	{
		"a deployment that is in progress explains that there is no answer yet",
		func(a *account) {
			a.status = http.StatusBadGateway
			a.services[0].Deployments[0].RolloutState = ecstypes.DeploymentRolloutStateInProgress
		},
		[]Kind{DeploymentInProgress}, "deployment of app:1 is IN_PROGRESS",
	},
	{
		"a desired count of zero leaves no task",
		func(a *account) {
			a.noTarget()
			a.tasks, a.services[0].DesiredCount = nil, 0
		},
		[]Kind{NoTasksWanted, StateDiffers}, "service app in cluster app has desired count 0",
	},
	{
		"an app that answers its health check and nothing else is left to itself",
		func(a *account) {
			a.status = http.StatusInternalServerError
			a.logs[logGroupName+" app/app/0a"] = []string{"no such table: users"}
		},
		[]Kind{NoAnswer}, "answers 500 Internal Server Error\nlog of app: no such table: users",
	},
}

var networkFailures = []failure{
	{
		"a private subnet without a default route does not reach ECR",
		func(a *account) { a.routes[privateSubnet] = nil },
		[]Kind{RegistryUnreachable}, "tasks run in subnet-private, whose route table rtb-subnet-private has no default route\nvpc-1 has no VPC endpoint of ecr.api",
	},
	{
		"a private subnet with the VPC's route table goes by that",
		func(a *account) { delete(a.routes, privateSubnet) },
		[]Kind{RegistryUnreachable}, "rtb-main has no default route",
	},
	{
		"a default route to a NAT gateway that was deleted leads nowhere",
		func(a *account) { a.routes[privateSubnet][0].State = ec2types.RouteStateBlackhole },
		[]Kind{RegistryUnreachable}, "blackhole",
	},
	{
		"a NAT gateway that is not available leads nowhere",
		func(a *account) { a.natGateways[0].State = ec2types.NatGatewayStateDeleted },
		[]Kind{RegistryUnreachable}, "whose NAT gateway nat-1 is not available: deleted",
	},
	{
		"a default route to an internet gateway is of no use to tasks without public addresses",
		func(a *account) { a.routes[privateSubnet] = a.routes[publicSubnet] },
		[]Kind{RegistryUnreachable}, "takes a public address that the tasks don't have",
	},
	{
		"a default route to an internet gateway is the way of tasks with public addresses",
		func(a *account) {
			a.routes[privateSubnet] = a.routes[publicSubnet]
			a.services[0].NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp = ecstypes.AssignPublicIpEnabled
		},
		nil, "",
	},
	{
		"tasks whose security group lets nothing out do not reach ECR",
		func(a *account) { a.groups[taskGroup].IpPermissionsEgress = nil },
		[]Kind{RegistryUnreachable}, "the tasks' security groups (sg-tasks) let no TCP packets out to port 443",
	},
	{
		"a subnet of the service that was deleted is missing",
		func(a *account) {
			a.services[0].NetworkConfiguration.AwsvpcConfiguration.Subnets = []string{privateSubnet, "subnet-gone"}
		},
		[]Kind{ResourceMissing, StateDiffers}, "subnet subnet-gone",
	},
	{
		"tasks that do not admit the load balancer are blocked",
		func(a *account) {
			a.groups[taskGroup].IpPermissions = []ec2types.IpPermission{withGroup(8080, loadBalancerGroup)}
			a.unhealthy(loadbalancingtypes.TargetHealthReasonEnumTimeout, "Request timed out")
		},
		[]Kind{SecurityGroupBlocks}, "the tasks' security groups (sg-tasks) have no ingress rule for TCP port 5000 from the load balancer's security groups (sg-balancer)",
	},
	{
		"a load balancer that may not send to the tasks is blocked",
		func(a *account) { a.groups[loadBalancerGroup].IpPermissionsEgress = nil },
		[]Kind{SecurityGroupBlocks}, "have no egress rule for TCP port 5000 to the tasks' security groups (sg-tasks)",
	},
	{
		"a load balancer that does not admit the internet is blocked",
		func(a *account) {
			a.groups[loadBalancerGroup].IpPermissions = []ec2types.IpPermission{fromRange(80, "10.0.0.0/8")}
			a.status = noAnswer
		},
		[]Kind{SecurityGroupBlocks}, "have no ingress rule for TCP port 80 from 0.0.0.0/0",
	},
	{
		"a load balancer that admits some and answers here is meant to be so",
		func(a *account) {
			a.groups[loadBalancerGroup].IpPermissions = []ec2types.IpPermission{fromRange(80, "10.0.0.0/8")}
		},
		nil, "",
	},
	{
		"rules by address range are as good as those by group",
		func(a *account) {
			a.groups[taskGroup].IpPermissions = []ec2types.IpPermission{fromRange(appPort, "10.0.0.0/16")}
			a.groups[loadBalancerGroup].IpPermissionsEgress = []ec2types.IpPermission{fromRange(appPort, "10.0.128.0/20")}
		},
		nil, "",
	},
}

var endpointFailures = []failure{
	{"VPC endpoints are a way to ECR", (*account).useEndpoints, nil, ""},
	{
		"an endpoint that is not there is missed",
		func(a *account) {
			a.useEndpoints()
			a.endpoints = a.endpoints[1:]
		},
		[]Kind{RegistryUnreachable}, "vpc-1 has no VPC endpoint of ecr.api",
	},
	{
		"an endpoint that is not available is of no use",
		func(a *account) {
			a.useEndpoints()
			a.endpoints[1].State = "pending"
		},
		[]Kind{RegistryUnreachable}, "VPC endpoint vpce-ecr.dkr (com.amazonaws.eu-central-1.ecr.dkr) is pending",
	},
	{
		"an endpoint without private DNS is not found by its name",
		func(a *account) {
			a.useEndpoints()
			a.endpoints[0].PrivateDnsEnabled = aws.Bool(false)
		},
		[]Kind{RegistryUnreachable}, "has private DNS turned off",
	},
	{
		"an endpoint that does not admit the tasks is of no use",
		func(a *account) {
			a.useEndpoints()
			a.groups[endpointGroup].IpPermissions = nil
		},
		[]Kind{RegistryUnreachable}, "the security groups (sg-endpoints) of VPC endpoint vpce-ecr.api",
	},
	{
		"tasks that may not send to an endpoint do not reach it",
		func(a *account) {
			a.useEndpoints()
			a.groups[taskGroup].IpPermissionsEgress = a.groups[taskGroup].IpPermissionsEgress[1:]
		},
		[]Kind{RegistryUnreachable}, "let no TCP packets out to VPC endpoint vpce-ecr.api",
	},
	{
		"a gateway endpoint has to be in the route table",
		func(a *account) {
			a.useEndpoints()
			a.endpoints[3].RouteTableIds = nil
		},
		[]Kind{RegistryUnreachable}, "VPC endpoint vpce-s3 (com.amazonaws.eu-central-1.s3) is not in route table rtb-subnet-private",
	},
	{
		"tasks have to be let out to the prefix list of a gateway endpoint",
		func(a *account) {
			a.useEndpoints()
			a.groups[taskGroup].IpPermissionsEgress = a.groups[taskGroup].IpPermissionsEgress[:1]
		},
		[]Kind{RegistryUnreachable}, "the prefix list of VPC endpoint vpce-s3",
	},
}

var loadBalancerFailures = []failure{
	{
		"a load balancer that is being made is waited for",
		func(a *account) {
			a.balancers[0].State.Code = loadbalancingtypes.LoadBalancerStateEnumProvisioning
		},
		[]Kind{LoadBalancerNotActive}, "load balancer app is provisioning",
	},
	{
		"a load balancer in private subnets is not public",
		func(a *account) { a.routes[publicSubnet] = a.routes[privateSubnet] },
		[]Kind{LoadBalancerNotPublic}, "load balancer app is in subnet-public, whose default route does not lead to an internet gateway",
	},
	{
		"an internal load balancer is not public",
		func(a *account) { a.balancers[0].Scheme = loadbalancingtypes.LoadBalancerSchemeEnumInternal },
		[]Kind{LoadBalancerNotPublic}, "load balancer app is internal",
	},
	{
		"a load balancer in another VPC does not reach the tasks",
		func(a *account) { a.balancers[0].AvailabilityZones[0].SubnetId = aws.String("subnet-other") },
		[]Kind{OtherVPC}, "load balancer app is in subnet-other, which is not in vpc-1, where the tasks are",
	},
	{
		"a target group in another VPC does not reach the tasks",
		func(a *account) { a.targetGroups[0].VpcId = aws.String("vpc-2") },
		[]Kind{OtherVPC}, "target group app is in vpc-2, the tasks are in vpc-1",
	},
	{
		"tasks in a zone without the load balancer get no requests",
		func(a *account) { a.subnets[1].AvailabilityZone = aws.String("eu-central-1b") },
		[]Kind{ZoneNotEnabled}, "tasks run in subnet-private, which is in eu-central-1b",
	},
	{
		"a listener that forwards elsewhere sends no requests to the tasks",
		func(a *account) {
			a.listeners[0].DefaultActions = []loadbalancingtypes.Action{{Type: loadbalancingtypes.ActionTypeEnumFixedResponse}}
		},
		[]Kind{NoListener}, "no listener of load balancer app forwards to target group app",
	},
	{
		"a listener that forwards by weight sends requests to the tasks",
		func(a *account) {
			a.listeners[0].DefaultActions = []loadbalancingtypes.Action{{ForwardConfig: &loadbalancingtypes.ForwardActionConfig{
				TargetGroups: []loadbalancingtypes.TargetGroupTuple{{TargetGroupArn: aws.String(targetGroupARN)}},
			}}}
		},
		nil, "",
	},
	{
		"a listener that was deleted is missing",
		func(a *account) { a.listeners, a.targetGroups[0].LoadBalancerArns = nil, nil },
		[]Kind{ResourceMissing}, "no load balancer uses target group app",
	},
	{
		"a load balancer that was deleted is missing",
		func(a *account) {
			a.balancers, a.listeners, a.targetGroups[0].LoadBalancerArns = nil, nil, nil
			a.status = noAnswer
		},
		[]Kind{ResourceMissing}, "LoadBalancer app: One or more load balancers not found",
	},
	{
		"a target group that was deleted is missing",
		func(a *account) { a.targetGroups, a.listeners[0].DefaultActions = nil, nil },
		[]Kind{ResourceMissing}, "target group " + targetGroupARN + ": One or more target groups not found",
	},
}

var stateFailures = []failure{
	{
		"a service that was deleted is missing",
		func(a *account) { a.services = nil },
		[]Kind{ResourceMissing}, "service app in cluster " + clusterARN + ": MISSING",
	},
	{
		"a service that is being deleted is missing",
		func(a *account) { a.services[0].Status = aws.String("DRAINING") },
		[]Kind{ResourceMissing}, "service app in cluster " + clusterARN + ": DRAINING",
	},
	{
		"a cluster that was deleted is missing",
		func(a *account) {
			a.failures["DescribeServices"] = &ecstypes.ClusterNotFoundException{Message: aws.String("Cluster not found.")}
		},
		[]Kind{ResourceMissing}, "Cluster not found.",
	},
	{
		"a task definition that was deleted is missing",
		func(a *account) { a.definitions = nil },
		[]Kind{ResourceMissing}, "Unable to describe task definition.",
	},
	{
		"a service that runs another task definition differs from the state",
		func(a *account) {
			a.definitions = append(a.definitions, taskDefinition(definition2))
			a.services[0].TaskDefinition = aws.String(definition2)
		},
		[]Kind{StateDiffers}, "Service app runs app:2, the state says app:1",
	},
	{
		"a health check that was changed by hand differs from the state",
		func(a *account) { a.targetGroups[0].HealthCheckPath = aws.String("/") },
		[]Kind{StateDiffers}, "TargetGroup app has health check path /, the state says /health",
	},
	{
		"a rule that was added by hand differs from the state",
		func(a *account) {
			a.rules = append(a.rules, ec2types.SecurityGroupRule{SecurityGroupRuleId: aws.String("sgr-2"), GroupId: aws.String(taskGroup)})
		},
		[]Kind{StateDiffers}, "rule sgr-2 of security group sg-tasks is in AWS, and not in the state",
	},
	{
		"a rule that was removed by hand differs from the state",
		func(a *account) { a.rules = nil },
		[]Kind{StateDiffers}, "SecurityGroupIngressRule app (sgr-1) is in the state, and not in AWS",
	},
}

func TestNothingIsFoundWhereAllIsWell(t *testing.T) {
	a := newAccount(t)
	report, err := a.examiner().Examine(t.Context(), a.stack(t))
	if err != nil || len(report.Findings) > 0 {
		t.Errorf("found %v, %v", report.Findings, err)
	}
	if got := report.Answer.String(); got != a.url+" answers 200 OK" {
		t.Errorf("answer is %q", got)
	}
}

func TestFailuresOfAWSAreToldBesideWhatIsFound(t *testing.T) {
	a := newAccount(t)
	a.images = map[string]bool{}
	a.failures["SimulatePrincipalPolicy"] = errors.New("you may not simulate")
	a.failures["DescribeNatGateways"] = errors.New("you may not describe NAT gateways")
	report, err := a.examiner().Examine(t.Context(), a.stack(t))
	for _, operation := range []string{"SimulatePrincipalPolicy", "DescribeNatGateways"} {
		if !errors.Is(err, a.failures[operation]) {
			t.Errorf("error does not tell that %s failed: %v", operation, err)
		}
	}
	failure{want: []Kind{ImageMissing}}.check(t, report.Findings)
}

func TestServiceThatCannotBeDescribedIsAnError(t *testing.T) {
	a := newAccount(t)
	a.failures["DescribeServices"] = errors.New("the security token is expired")
	report, err := a.examiner().Examine(t.Context(), a.stack(t))
	if !errors.Is(err, a.failures["DescribeServices"]) || len(report.Findings) > 0 {
		t.Errorf("found %v, %v", report.Findings, err)
	}
}
