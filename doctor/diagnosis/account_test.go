package diagnosis

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	loadbalancingtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// What the stack in the account consists of.
const (
	registryHost   = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
	repositoryName = "app"
	repositoryARN  = "arn:aws:ecr:eu-central-1:123456789012:repository/app"
	digest         = "sha256:5a1e"

	clusterARN     = "arn:aws:ecs:eu-central-1:123456789012:cluster/app"
	serviceName    = "app"
	definition1    = "arn:aws:ecs:eu-central-1:123456789012:task-definition/app:1"
	definition2    = "arn:aws:ecs:eu-central-1:123456789012:task-definition/app:2"
	executionRole  = "arn:aws:iam::123456789012:role/app-execution"
	taskRole       = "arn:aws:iam::123456789012:role/app-task"
	logGroupName   = "/ecs/app"
	logGroupARN    = "arn:aws:logs:eu-central-1:123456789012:log-group:/ecs/app"
	runningTask    = "arn:aws:ecs:eu-central-1:123456789012:task/app/0a"
	failedTask     = "arn:aws:ecs:eu-central-1:123456789012:task/app/0f"
	runningAddress = "10.0.128.10"

	loadBalancerARN = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/app/1"
	listenerARN     = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/app/1/2"
	targetGroupARN  = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/app/3"

	vpcID             = "vpc-1"
	publicSubnet      = "subnet-public"
	privateSubnet     = "subnet-private"
	loadBalancerGroup = "sg-balancer"
	taskGroup         = "sg-tasks"
	endpointGroup     = "sg-endpoints"
	internetGateway   = "igw-1"
	natGateway        = "nat-1"
	s3PrefixList      = "pl-s3"

	appPort = 5000
)

// An account is an AWS account with one stack in it, that is well until a test
// changes something. It answers as AWS does.
type account struct {
	url    string // of the stack
	status int    // that the URL answers with

	registry string          // what ECR says its address is
	images   map[string]bool // digests in the repository; nil if there is none
	denied   map[string]bool // actions that the execution role is not allowed
	trust    string          // trust policy of the roles; empty if they are gone
	logs     map[string][]string

	services []ecstypes.Service
	// serviceDeployments are the history of the first service.
	serviceDeployments []ecstypes.ServiceDeployment
	definitions        []ecstypes.TaskDefinition
	tasks              []ecstypes.Task

	balancers    []loadbalancingtypes.LoadBalancer
	listeners    []loadbalancingtypes.Listener
	targetGroups []loadbalancingtypes.TargetGroup
	targets      []loadbalancingtypes.TargetHealthDescription

	certificate *acmtypes.CertificateDetail // nil if there is none

	subnets     []ec2types.Subnet
	groups      map[string]*ec2types.SecurityGroup
	routes      map[string][]ec2types.Route // by subnet
	natGateways []ec2types.NatGateway
	endpoints   []ec2types.VpcEndpoint

	// failures are what AWS fails to answer, by operation.
	failures map[string]error

	// resources and pending are Pulumi's state.
	resources []map[string]any
	pending   []map[string]any
}

// noAnswer is the status of a URL that does not answer.
const noAnswer = 0

// newAccount returns an account in which all is well. Its URL answers for as
// long as the test runs.
func newAccount(t *testing.T) *account {
	t.Helper()
	a := &account{status: http.StatusOK, failures: map[string]error{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if a.status == noAnswer {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(a.status)
	}))
	t.Cleanup(server.Close)
	a.url = server.URL
	a.addImage()
	a.addService()
	a.addLoadBalancer()
	a.addNetwork()
	a.addState()
	return a
}

func (a *account) addImage() {
	a.registry = registryHost
	a.images = map[string]bool{digest: true}
	a.denied = map[string]bool{}
	a.trust = `{"Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":["sts:AssumeRole"]}]}`
	a.logs = map[string][]string{logGroupName: nil}
}

func (a *account) addService() {
	a.definitions = []ecstypes.TaskDefinition{taskDefinition(definition1)}
	a.services = []ecstypes.Service{{
		ServiceName:    aws.String(serviceName),
		ClusterArn:     aws.String(clusterARN),
		Status:         aws.String("ACTIVE"),
		TaskDefinition: aws.String(definition1),
		DesiredCount:   1,
		RunningCount:   1,
		LoadBalancers:  []ecstypes.LoadBalancer{{TargetGroupArn: aws.String(targetGroupARN), ContainerName: aws.String("app"), ContainerPort: aws.Int32(appPort)}},
		NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{
			Subnets: []string{privateSubnet}, SecurityGroups: []string{taskGroup}, AssignPublicIp: ecstypes.AssignPublicIpDisabled,
		}},
		Deployments: []ecstypes.Deployment{{
			Status: aws.String("PRIMARY"), TaskDefinition: aws.String(definition1), DesiredCount: 1, RunningCount: 1,
			RolloutState: ecstypes.DeploymentRolloutStateCompleted, RolloutStateReason: aws.String("ECS deployment ecs-svc/1 completed."),
		}},
		Events: []ecstypes.ServiceEvent{event("(service app) has reached a steady state.")},
	}}
	a.tasks = []ecstypes.Task{{
		TaskArn: aws.String(runningTask), TaskDefinitionArn: aws.String(definition1), CreatedAt: aws.Time(now.Add(-time.Hour)),
		DesiredStatus: aws.String("RUNNING"), LastStatus: aws.String("RUNNING"),
		Containers: []ecstypes.Container{{
			Name: aws.String("app"), HealthStatus: ecstypes.HealthStatusHealthy,
			NetworkInterfaces: []ecstypes.NetworkInterface{{PrivateIpv4Address: aws.String(runningAddress)}},
		}},
	}}
}

func taskDefinition(arn string) ecstypes.TaskDefinition {
	return ecstypes.TaskDefinition{
		TaskDefinitionArn: aws.String(arn),
		ExecutionRoleArn:  aws.String(executionRole),
		TaskRoleArn:       aws.String(taskRole),
		ContainerDefinitions: []ecstypes.ContainerDefinition{{
			Name:         aws.String("app"),
			Image:        aws.String(registryHost + "/" + repositoryName + "@" + digest),
			PortMappings: []ecstypes.PortMapping{{ContainerPort: aws.Int32(appPort)}},
			HealthCheck:  &ecstypes.HealthCheck{Command: []string{"CMD", "/service", "healthcheck"}},
			LogConfiguration: &ecstypes.LogConfiguration{LogDriver: ecstypes.LogDriverAwslogs, Options: map[string]string{
				"awslogs-group": logGroupName, "awslogs-region": "eu-central-1", "awslogs-stream-prefix": "app",
			}},
		}},
	}
}

// now is when the account is looked at.
var now = time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)

func event(message string) ecstypes.ServiceEvent {
	return ecstypes.ServiceEvent{CreatedAt: &now, Message: &message}
}

func (a *account) addLoadBalancer() {
	a.balancers = []loadbalancingtypes.LoadBalancer{{
		LoadBalancerArn:   aws.String(loadBalancerARN),
		LoadBalancerName:  aws.String("app"),
		Scheme:            loadbalancingtypes.LoadBalancerSchemeEnumInternetFacing,
		State:             &loadbalancingtypes.LoadBalancerState{Code: loadbalancingtypes.LoadBalancerStateEnumActive},
		SecurityGroups:    []string{loadBalancerGroup},
		AvailabilityZones: []loadbalancingtypes.AvailabilityZone{{SubnetId: aws.String(publicSubnet)}},
	}}
	a.listeners = []loadbalancingtypes.Listener{{
		ListenerArn: aws.String(listenerARN), LoadBalancerArn: aws.String(loadBalancerARN), Port: aws.Int32(80),
		DefaultActions: []loadbalancingtypes.Action{{Type: loadbalancingtypes.ActionTypeEnumForward, TargetGroupArn: aws.String(targetGroupARN)}},
	}}
	a.targetGroups = []loadbalancingtypes.TargetGroup{{
		TargetGroupArn: aws.String(targetGroupARN), TargetGroupName: aws.String("app"), VpcId: aws.String(vpcID), Port: aws.Int32(appPort),
		LoadBalancerArns: []string{loadBalancerARN},
		HealthCheckPath:  aws.String("/health"), HealthCheckPort: aws.String("traffic-port"), HealthCheckTimeoutSeconds: aws.Int32(5),
		Matcher: &loadbalancingtypes.Matcher{HttpCode: aws.String("200")},
	}}
	a.targets = []loadbalancingtypes.TargetHealthDescription{target(loadbalancingtypes.TargetHealthStateEnumHealthy, "", "")}
}

func target(state loadbalancingtypes.TargetHealthStateEnum, reason loadbalancingtypes.TargetHealthReasonEnum, description string) loadbalancingtypes.TargetHealthDescription {
	return loadbalancingtypes.TargetHealthDescription{
		Target:       &loadbalancingtypes.TargetDescription{Id: aws.String(runningAddress), Port: aws.Int32(appPort)},
		TargetHealth: &loadbalancingtypes.TargetHealth{State: state, Reason: reason, Description: &description},
	}
}

func (a *account) addNetwork() {
	a.subnets = []ec2types.Subnet{
		{SubnetId: aws.String(publicSubnet), VpcId: aws.String(vpcID), CidrBlock: aws.String("10.0.0.0/20"), AvailabilityZone: aws.String("eu-central-1a")},
		{SubnetId: aws.String(privateSubnet), VpcId: aws.String(vpcID), CidrBlock: aws.String("10.0.128.0/20"), AvailabilityZone: aws.String("eu-central-1a")},
	}
	a.routes = map[string][]ec2types.Route{
		publicSubnet:  {{DestinationCidrBlock: aws.String(internet), GatewayId: aws.String(internetGateway), State: ec2types.RouteStateActive}},
		privateSubnet: {{DestinationCidrBlock: aws.String(internet), NatGatewayId: aws.String(natGateway), State: ec2types.RouteStateActive}},
	}
	a.natGateways = []ec2types.NatGateway{{NatGatewayId: aws.String(natGateway), State: ec2types.NatGatewayStateAvailable}}
	a.groups = map[string]*ec2types.SecurityGroup{
		loadBalancerGroup: {
			GroupId:             aws.String(loadBalancerGroup),
			IpPermissions:       []ec2types.IpPermission{fromRange(80, internet)},
			IpPermissionsEgress: []ec2types.IpPermission{withGroup(appPort, taskGroup)},
		},
		taskGroup: {
			GroupId:             aws.String(taskGroup),
			IpPermissions:       []ec2types.IpPermission{withGroup(appPort, loadBalancerGroup)},
			IpPermissionsEgress: []ec2types.IpPermission{everything()},
		},
	}
}

// everything is a rule for all packets from or to the internet.
func everything() ec2types.IpPermission {
	return ec2types.IpPermission{IpProtocol: aws.String("-1"), IpRanges: []ec2types.IpRange{{CidrIp: aws.String(internet)}}}
}

func fromRange(port int32, addresses string) ec2types.IpPermission {
	return ec2types.IpPermission{IpProtocol: aws.String("tcp"), FromPort: &port, ToPort: &port, IpRanges: []ec2types.IpRange{{CidrIp: &addresses}}}
}

func withGroup(port int32, group string) ec2types.IpPermission {
	return ec2types.IpPermission{IpProtocol: aws.String("tcp"), FromPort: &port, ToPort: &port, UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: &group}}}
}

// useEndpoints gives the tasks VPC endpoints instead of the NAT gateway.
func (a *account) useEndpoints() {
	a.routes[privateSubnet] = nil
	a.natGateways = nil
	a.groups[taskGroup].IpPermissionsEgress = []ec2types.IpPermission{
		withGroup(httpsPort, endpointGroup),
		{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(httpsPort), ToPort: aws.Int32(httpsPort), PrefixListIds: []ec2types.PrefixListId{{PrefixListId: aws.String(s3PrefixList)}}},
	}
	a.state(securityGroupType)["egress"] = []map[string]any{
		ruleInState("tcp", httpsPort, "securityGroups", endpointGroup), ruleInState("tcp", httpsPort, "prefixListIds", s3PrefixList),
	}
	a.groups[endpointGroup] = &ec2types.SecurityGroup{GroupId: aws.String(endpointGroup), IpPermissions: []ec2types.IpPermission{withGroup(httpsPort, taskGroup)}}
	for _, service := range []string{"ecr.api", "ecr.dkr", "logs"} {
		a.endpoints = append(a.endpoints, ec2types.VpcEndpoint{
			VpcEndpointId: aws.String("vpce-" + service), ServiceName: aws.String("com.amazonaws.eu-central-1." + service), State: "available",
			VpcEndpointType: ec2types.VpcEndpointTypeInterface, PrivateDnsEnabled: aws.Bool(true), SubnetIds: []string{privateSubnet},
			Groups: []ec2types.SecurityGroupIdentifier{{GroupId: aws.String(endpointGroup)}},
		})
	}
	a.endpoints = append(a.endpoints, ec2types.VpcEndpoint{
		VpcEndpointId: aws.String("vpce-s3"), ServiceName: aws.String("com.amazonaws.eu-central-1.s3"), State: "available",
		VpcEndpointType: ec2types.VpcEndpointTypeGateway, RouteTableIds: []string{"rtb-" + privateSubnet},
	})
}

// fail has the last task stop, as ECS would tell of it.
func (a *account) fail(code ecstypes.TaskStopCode, reason string, container ecstypes.Container, log ...string) {
	container.Name = aws.String("app")
	a.tasks = []ecstypes.Task{{
		TaskArn: aws.String(failedTask), TaskDefinitionArn: a.services[0].TaskDefinition, CreatedAt: &now, StoppedAt: &now,
		DesiredStatus: aws.String("STOPPED"), LastStatus: aws.String("STOPPED"),
		StopCode: code, StoppedReason: &reason, Containers: []ecstypes.Container{container},
	}}
	a.logs[logGroupName+" app/app/0f"] = log
	a.noTarget()
}

// noTarget leaves the load balancer nothing to send requests to.
func (a *account) noTarget() {
	a.status = http.StatusServiceUnavailable
	a.services[0].RunningCount = 0
	a.targets = nil
}

// unhealthy has the only target fail its health checks.
func (a *account) unhealthy(reason loadbalancingtypes.TargetHealthReasonEnum, description string) {
	a.targets = []loadbalancingtypes.TargetHealthDescription{target(loadbalancingtypes.TargetHealthStateEnumUnhealthy, reason, description)}
	a.status = http.StatusServiceUnavailable
}

// addState adds what Pulumi knows of the stack.
func (a *account) addState() {
	a.addResource("pulumi:pulumi:Stack", "", map[string]any{"url": a.url})
	a.addResource(serviceType, "", map[string]any{
		"cluster": clusterARN, "name": serviceName, "desiredCount": 1,
		"networkConfiguration": map[string]any{"subnets": []string{privateSubnet}, "securityGroups": []string{taskGroup}},
	})
	a.addResource(taskDefinitionType, "", map[string]any{"arn": definition1})
	a.addResource(loadBalancerType, "", map[string]any{"arn": loadBalancerARN, "dnsName": "app.elb.amazonaws.com"})
	a.addResource(listenerType, "", map[string]any{"arn": listenerARN, "loadBalancerArn": loadBalancerARN})
	a.addResource(targetGroupType, "", map[string]any{"arn": targetGroupARN, "healthCheck": map[string]any{"path": "/health", "port": "traffic-port", "matcher": "200"}})
	a.addResource(securityGroupType, taskGroup, map[string]any{
		"ingress": []map[string]any{ruleInState("tcp", appPort, "securityGroups", loadBalancerGroup)},
		"egress":  []map[string]any{ruleInState("-1", 0, "cidrBlocks", internet)},
	})
}

func (a *account) addResource(typ, id string, outputs map[string]any) {
	a.resources = append(a.resources, map[string]any{
		"urn": "urn:pulumi:dev::fargate-stack::" + typ + "::app", "type": typ, "id": id, "outputs": outputs,
	})
}

// ruleInState returns a rule of a security group as Pulumi knows it.
func ruleInState(protocol string, port int, peers string, peer ...string) map[string]any {
	return map[string]any{"protocol": protocol, "fromPort": port, "toPort": port, peers: peer, "self": false}
}

// state returns what Pulumi knows of the resource of a type.
func (a *account) state(typ string) map[string]any {
	i := slices.IndexFunc(a.resources, func(r map[string]any) bool { return r["type"] == typ })
	return a.resources[i]["outputs"].(map[string]any)
}

// stack returns the stack as `pulumi stack export` tells of it.
func (a *account) stack(t *testing.T) *Stack {
	t.Helper()
	export, err := json.Marshal(map[string]any{"version": 3, "deployment": map[string]any{"resources": a.resources, "pending_operations": a.pending}})
	if err != nil {
		t.Fatal(err)
	}
	stack, err := ReadStack(export)
	if err != nil {
		t.Fatal(err)
	}
	return stack
}

func (a *account) examiner() *Examiner {
	return &Examiner{acm: a, ecs: a, ecr: a, logs: a, iam: a, ec2: a, loadBalancing: a, http: http.DefaultClient, unverified: newUnverifiedClient()}
}
