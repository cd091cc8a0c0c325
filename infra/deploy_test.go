package infra

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// The types of what is asserted on.
const (
	vpcType               = "awsx:ec2:Vpc"
	endpointType          = "aws:ec2/vpcEndpoint:VpcEndpoint"
	groupType             = "aws:ec2/securityGroup:SecurityGroup"
	defaultGroupType      = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
	repositoryType        = "aws:ecr/repository:Repository"
	lifecyclePolicyType   = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
	imageType             = "docker:index/image:Image"
	loadBalancerType      = "aws:lb/loadBalancer:LoadBalancer"
	targetGroupType       = "aws:lb/targetGroup:TargetGroup"
	routeTableType        = "aws:ec2/routeTable:RouteTable"
	listenerType          = "aws:lb/listener:Listener"
	clusterType           = "aws:ecs/cluster:Cluster"
	logGroupType          = "aws:cloudwatch/logGroup:LogGroup"
	roleType              = "aws:iam/role:Role"
	rolePolicyType        = "aws:iam/rolePolicy:RolePolicy"
	attachmentType        = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
	taskDefinitionType    = "aws:ecs/taskDefinition:TaskDefinition"
	serviceType           = "aws:ecs/service:Service"
	scalingTargetType     = "aws:appautoscaling/target:Target"
	scalingPolicyType     = "aws:appautoscaling/policy:Policy"
	flowLogType           = "aws:ec2/flowLog:FlowLog"
	alarmType             = "aws:cloudwatch/metricAlarm:MetricAlarm"
	topicType             = "aws:sns/topic:Topic"
	topicPolicyType       = "aws:sns/topicPolicy:TopicPolicy"
	subscriptionType      = "aws:sns/topicSubscription:TopicSubscription"
	dashboardType         = "aws:cloudwatch/dashboard:Dashboard"
	bucketType            = "aws:s3/bucketV2:BucketV2"
	bucketPolicyType      = "aws:s3/bucketPolicy:BucketPolicy"
	bucketLifecycleType   = "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2"
	bucketEncryptionType  = "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2"
	publicAccessBlockType = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
	capacityProvidersType = "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders"
	protectionType        = "fargate-stack:infra:DeletionProtection"
	scheduledActionType   = "aws:appautoscaling/scheduledAction:ScheduledAction"
	webACLType            = "aws:wafv2/webAcl:WebAcl"
	webACLLinkType        = "aws:wafv2/webAclAssociation:WebAclAssociation"
	certificateType       = "aws:acm/certificate:Certificate"
	validationType        = "aws:acm/certificateValidation:CertificateValidation"
	recordType            = "aws:route53/record:Record"
	policyType            = "aws:iam/policy:Policy"
	identityProviderType  = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
)

// array is a JSON array.
type array = []any

// Secrets of the app, two of them in one secret.
const (
	databaseSecret = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop/database-AbC123"
	tokenSecret    = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:token-XyZ789"
	levelParameter = "arn:aws:ssm:eu-central-1:123456789012:parameter/shop/level"
	secretKey      = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
)

var someSecrets = values{"secrets": `{
	"TOKEN": "` + tokenSecret + `", "LEVEL": "` + levelParameter + `",
	"DB_USER": "` + databaseSecret + `:user::", "DB_PASSWORD": "` + databaseSecret + `:password::"}`}

// aSchedule is a setting of one.
const aSchedule = `{"stop":"cron(0 19 ? * MON-FRI *)","start":"cron(0 7 ? * MON-FRI *)","timeZone":"Europe/Berlin"}`

func TestStackHas(t *testing.T) {
	noNAT, exec := values{"natStrategy": "none"}, values{"ecsExec": "true"}
	schedule, onSpot := values{"schedule": aSchedule}, values{"spotPercent": "70"}
	firewall := values{"firewall": "true", "firewallRequestsPerAddress": "500"}
	alarms, dashboard := values{"alarms": "true", "alarmEmail": "ops@example.com"}, values{"dashboard": "true"}
	flowLogs, accessLogs := values{"flowLogDays": "14"}, values{"accessLogDays": "30"}
	domain := values{"domainName": "app.example.com"}
	certificate := values{"certificateArn": testCertificate}
	ownCertificate := values{"domainName": "shop.app.example.com", "hostedZoneName": "example.com", "certificateArn": testCertificate}
	tests := []struct {
		statement string
		values    values
		typ       string
		nameEnd   string
		path      string
		want      any
	}{
		{"VPC takes the range of the config", values{"vpcCidr": "10.7.0.0/16"}, vpcType, "", "cidrBlock", "10.7.0.0/16"},
		{"VPC spans the zones of the config", values{"availabilityZoneCount": "3"}, vpcType, "", "numberOfAvailabilityZones", 3.},
		{"VPC has one NAT gateway by default", nil, vpcType, "", "natGateways.strategy", "Single"},
		{"VPC has no NAT gateway when asked for none", noNAT, vpcType, "", "natGateways.strategy", "None"},
		{"VPC has a NAT gateway a zone when asked for", values{"natStrategy": "onePerAz"}, vpcType, "", "natGateways.strategy", "OnePerAz"},
		{"VPC resolves the names of endpoints", noNAT, vpcType, "", "enableDnsHostnames", true},
		{"VPC lays subnets out by the current strategy", nil, vpcType, "", "subnetStrategy", "Auto"},
		{"default security group lets nothing in", nil, defaultGroupType, "", "ingress", nil},
		{"default security group lets nothing out", nil, defaultGroupType, "", "egress", nil},
		{"default security group is the VPC's", nil, defaultGroupType, "", "vpcId", "vpc-1"},

		{"load balancer takes its listener's port", nil, groupType, "-load-balancer", "ingress[0].fromPort", 80.},
		{"load balancer takes no more than its listener's port", nil, groupType, "-load-balancer", "ingress[0].toPort", 80.},
		{"load balancer takes from the internet", nil, groupType, "-load-balancer", "ingress[0].cidrBlocks", array{"0.0.0.0/0"}},
		{"load balancer takes nothing else", nil, groupType, "-load-balancer", "ingress[1]", nil},
		{"load balancer sends to the container port", values{"containerPort": "8080"}, groupType, "-load-balancer", "egress[0].fromPort", 8080.},
		{"load balancer sends to nothing but the container port", values{"containerPort": "8080"}, groupType, "-load-balancer", "egress[0].toPort", 8080.},
		{"load balancer sends only within the VPC", values{"vpcCidr": "10.7.0.0/16"}, groupType, "-load-balancer", "egress[0].cidrBlocks", array{"10.7.0.0/16"}},
		{"load balancer sends nothing else", nil, groupType, "-load-balancer", "egress[1]", nil},
		{"tasks take on the container port", values{"containerPort": "8080"}, groupType, "-tasks", "ingress[0].fromPort", 8080.},
		{"tasks take on nothing but the container port", values{"containerPort": "8080"}, groupType, "-tasks", "ingress[0].toPort", 8080.},
		{"tasks take only from the load balancer", nil, groupType, "-tasks", "ingress[0].securityGroups", array{testName + "-load-balancer-id"}},
		{"tasks take from no address range", nil, groupType, "-tasks", "ingress[0].cidrBlocks", nil},
		{"tasks take nothing else", nil, groupType, "-tasks", "ingress[1]", nil},
		{"tasks reach the outside through NAT", nil, groupType, "-tasks", "egress[0].cidrBlocks", array{"0.0.0.0/0"}},
		{"tasks reach endpoints by HTTPS without NAT", noNAT, groupType, "-tasks", "egress[0].fromPort", 443.},
		{"tasks reach only the endpoints' group", noNAT, groupType, "-tasks", "egress[0].securityGroups", array{testName + "-endpoints-id"}},
		{"tasks reach S3 by its prefix list", noNAT, groupType, "-tasks", "egress[1].prefixListIds", array{"pl-1"}},
		{"tasks reach nothing else without NAT", noNAT, groupType, "-tasks", "egress[2]", nil},
		{"endpoints take only from within the VPC", noNAT, groupType, "-endpoints", "ingress[0].cidrBlocks", array{"10.0.0.0/16"}},
		{"endpoints take nothing but HTTPS", noNAT, groupType, "-endpoints", "ingress[0].toPort", 443.},
		{"endpoints send nothing of their own", noNAT, groupType, "-endpoints", "egress", array{}},
		{"ECR's API has an endpoint without NAT", noNAT, endpointType, "ecr.api", "serviceName", "com.amazonaws.eu-central-1.ecr.api"},
		{"the registry has an endpoint without NAT", noNAT, endpointType, "ecr.dkr", "serviceName", "com.amazonaws.eu-central-1.ecr.dkr"},
		{"logs have an endpoint without NAT", noNAT, endpointType, "logs", "serviceName", "com.amazonaws.eu-central-1.logs"},
		{"endpoints answer under the service's name", noNAT, endpointType, "ecr.dkr", "privateDnsEnabled", true},
		{"endpoints are in the private subnets", noNAT, endpointType, "ecr.dkr", "subnetIds", array{"subnet-private-1", "subnet-private-2"}},
		{"S3 has a gateway endpoint without NAT", noNAT, endpointType, "s3", "vpcEndpointType", "Gateway"},
		{"the S3 endpoint is in the route tables", noNAT, endpointType, "s3", "routeTableIds", array{existing + "-id"}},

		{"repository scans what is pushed", nil, repositoryType, "", "imageScanningConfiguration.scanOnPush", true},
		{"repository has immutable tags", nil, repositoryType, "", "imageTagMutability", "IMMUTABLE"},
		{"repository is encrypted", nil, repositoryType, "", "encryptionConfigurations[0].encryptionType", "AES256"},
		{"repository can be deleted with images", nil, repositoryType, "", "forceDelete", true},
		{"old images expire", nil, lifecyclePolicyType, "", "policy|rules[1].selection.countNumber", 20.},
		{"remains of pushes expire", nil, lifecyclePolicyType, "", "policy|rules[0].selection.tagStatus", "untagged"},
		{"image is built for ARM by default", nil, imageType, "", "build.platform", "linux/arm64"},
		{"image is built for x86-64 when asked for", values{"architecture": "x86_64"}, imageType, "", "build.platform", "linux/amd64"},
		{"image is built from the app's directory", nil, imageType, "", "build.context", "service"},
		{"image is built by the Dockerfile of the config", nil, imageType, "", "build.dockerfile", "Dockerfile"},
		{"image is pushed", nil, imageType, "", "skipPush", false},
		{"image is pushed as ECR's user", nil, imageType, "", "registry.username", "AWS"},

		{"load balancer is in the public subnets", nil, loadBalancerType, "", "subnets", array{"subnet-public-1", "subnet-public-2"}},
		{"load balancer is open to the internet", nil, loadBalancerType, "", "internal", false},
		{"load balancer has its security group only", nil, loadBalancerType, "", "securityGroups", array{testName + "-load-balancer-id"}},
		{"load balancer drops invalid headers", nil, loadBalancerType, "", "dropInvalidHeaderFields", true},
		{"load balancer can be deleted by default", nil, loadBalancerType, "", "enableDeletionProtection", false},
		{"load balancer is protected when asked for", values{"deletionProtection": "true"}, loadBalancerType, "", "enableDeletionProtection", true},
		{"target group takes addresses", nil, targetGroupType, "", "targetType", "ip"},
		{"target group is in the VPC", nil, targetGroupType, "", "vpcId", "vpc-1"},
		{"target group has the container port", values{"containerPort": "8080"}, targetGroupType, "", "port", 8080.},
		{"targets are asked for the health path", values{"healthCheckPath": "/ready"}, targetGroupType, "", "healthCheck.path", "/ready"},
		{"targets are well when they answer 200", nil, targetGroupType, "", "healthCheck.matcher", "200"},
		{"targets drain as long as the app may take", values{"shutdownSeconds": "45"}, targetGroupType, "", "deregistrationDelay", 45.},
		{"listener is on port 80", nil, listenerType, "", "port", 80.},
		{"listener forwards to the target group", nil, listenerType, "", "defaultActions[0].targetGroupArn", "arn:target-group"},

		{"cluster has no Container Insights by default", nil, clusterType, "", "settings[0].value", "disabled"},
		{"cluster has Container Insights when asked for", values{"containerInsights": "enhanced"}, clusterType, "", "settings[0].value", "enhanced"},
		{"logs are kept for as long as asked", values{"logRetentionDays": "90"}, logGroupType, "", "retentionInDays", 90.},
		{"log group is where ECS logs are looked for", nil, logGroupType, "", "name", "/ecs/" + testName},
		{"execution role is for ECS tasks", nil, roleType, "-execution", "assumeRolePolicy|Statement[0].Principal.Service", "ecs-tasks.amazonaws.com"},
		{"execution role is bound to the account", nil, roleType, "-execution",
			`assumeRolePolicy|Statement[0].Condition.StringEquals["aws:SourceAccount"]`, "123456789012"},
		{"execution role is bound to the region's ECS", nil, roleType, "-execution",
			`assumeRolePolicy|Statement[0].Condition.ArnLike["aws:SourceArn"]`, "arn:aws:ecs:eu-central-1:123456789012:*"},
		{"task role is bound to the account", nil, roleType, "-task",
			`assumeRolePolicy|Statement[0].Condition.StringEquals["aws:SourceAccount"]`, "123456789012"},
		{"execution role may log in to the registry", nil, rolePolicyType, "", "policy|Statement[0].Action", array{"ecr:GetAuthorizationToken"}},
		{"execution role may pull from the repository only", nil, rolePolicyType, "",
			"policy|Statement[1].Resource", array{"arn:aws:ecr:eu-central-1:123456789012:repository/" + testName}},
		{"execution role may only read images", nil, rolePolicyType, "", "policy|Statement[1].Action",
			array{"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}},
		{"execution role may write to the log group only", nil, rolePolicyType, "",
			"policy|Statement[2].Resource", array{"arn:aws:logs:eu-central-1:123456789012:log-group:/ecs/" + testName + ":log-stream:*"}},
		{"execution role may only write logs", nil, rolePolicyType, "", "policy|Statement[2].Action",
			array{"logs:CreateLogStream", "logs:PutLogEvents"}},
		{"execution role may do nothing else", nil, rolePolicyType, "", "policy|Statement[3]", nil},
		{"execution role may read the secrets, each once and without what is behind their ARNs", someSecrets, rolePolicyType, "",
			"policy|Statement[3].Resource", array{databaseSecret, tokenSecret}},
		{"execution role may only read the secrets", someSecrets, rolePolicyType, "", "policy|Statement[3].Action", array{"secretsmanager:GetSecretValue"}},
		{"execution role may read the parameters", someSecrets, rolePolicyType, "", "policy|Statement[4].Resource", array{levelParameter}},
		{"execution role may only read the parameters", someSecrets, rolePolicyType, "", "policy|Statement[4].Action", array{"ssm:GetParameters"}},
		{"execution role may decrypt with no key by default", someSecrets, rolePolicyType, "", "policy|Statement[5]", nil},
		{"execution role may decrypt with the keys of the config", values{"secrets": someSecrets["secrets"], "secretKeyArns": `["` + secretKey + `"]`},
			rolePolicyType, "", "policy|Statement[5].Resource", array{secretKey}},
		{"task role has the policies of the config", values{"taskPolicyArns": `["arn:aws:iam::aws:policy/AmazonSQSFullAccess"]`},
			attachmentType, "-task-AmazonSQSFullAccess", "policyArn", "arn:aws:iam::aws:policy/AmazonSQSFullAccess"},
		{"only the task role has them", values{"taskPolicyArns": `["arn:aws:iam::aws:policy/AmazonSQSFullAccess"]`},
			attachmentType, "", "role", testName + "-task-1a2b3c4"},
		{"ECS Exec is the task role's", exec, rolePolicyType, "-exec", "role", testName + "-task-1a2b3c4"},
		{"ECS Exec opens channels and does nothing else", exec, rolePolicyType, "-exec", "policy|Statement[0].Action",
			array{"ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel"}},

		{"task runs on Fargate", nil, taskDefinitionType, "", "requiresCompatibilities", array{"FARGATE"}},
		{"task has a network interface of its own", nil, taskDefinitionType, "", "networkMode", "awsvpc"},
		{"task has the CPU of the config", values{"cpu": "1024", "memory": "3072"}, taskDefinitionType, "", "cpu", "1024"},
		{"task has the memory of the config", values{"cpu": "1024", "memory": "3072"}, taskDefinitionType, "", "memory", "3072"},
		{"task runs on ARM by default", nil, taskDefinitionType, "", "runtimePlatform.cpuArchitecture", "ARM64"},
		{"task runs on x86-64 when asked for", values{"architecture": "x86_64"}, taskDefinitionType, "", "runtimePlatform.cpuArchitecture", "X86_64"},
		{"task is started by the execution role", nil, taskDefinitionType, "", "executionRoleArn", "arn:" + testName + "-execution"},
		{"task acts as the task role", nil, taskDefinitionType, "", "taskRoleArn", "arn:" + testName + "-task"},
		{"container is the image by digest", nil, taskDefinitionType, "", "containerDefinitions|[0].image",
			"123456789012.dkr.ecr.eu-central-1.amazonaws.com/" + testName + "@sha256:built"},
		{"container listens on its port", values{"containerPort": "8080"}, taskDefinitionType, "", "containerDefinitions|[0].portMappings[0].containerPort", 8080.},
		{"container can't write to its file system", nil, taskDefinitionType, "", "containerDefinitions|[0].readonlyRootFilesystem", true},
		{"container can write where ECS Exec runs", exec, taskDefinitionType, "", "containerDefinitions|[0].readonlyRootFilesystem", false},
		{"container is not root", nil, taskDefinitionType, "", "containerDefinitions|[0].user", "65532:65532"},
		{"container adds no capabilities", nil, taskDefinitionType, "", "containerDefinitions|[0].linuxParameters.capabilities.add", nil},
		{"container drops its capabilities", nil, taskDefinitionType, "", "containerDefinitions|[0].linuxParameters.capabilities.drop", array{"ALL"}},
		{"container has an init process", nil, taskDefinitionType, "", "containerDefinitions|[0].linuxParameters.initProcessEnabled", true},
		{"container has time to stop", values{"shutdownSeconds": "45"}, taskDefinitionType, "", "containerDefinitions|[0].stopTimeout", 45.},
		{"container checks itself", nil, taskDefinitionType, "", "containerDefinitions|[0].healthCheck.command", array{"CMD", "/service", "healthcheck"}},
		{"container need not check itself", values{"containerHealthCheckCommand": "[]"}, taskDefinitionType, "", "containerDefinitions|[0].healthCheck", nil},
		{"container logs to the log group", nil, taskDefinitionType, "", `containerDefinitions|[0].logConfiguration.options["awslogs-group"]`, "/ecs/" + testName},
		{"container gets variables in order", values{"environment": `{"ZED":"z","LEVEL":"debug"}`}, taskDefinitionType, "", "containerDefinitions|[0].environment", array{
			map[string]any{"name": "HEALTH_CHECK_PATH", "value": "/health"},
			map[string]any{"name": "LEVEL", "value": "debug"},
			map[string]any{"name": "PORT", "value": "5000"},
			map[string]any{"name": "ZED", "value": "z"},
		}},
		{"container has no secrets by default", nil, taskDefinitionType, "", "containerDefinitions|[0].secrets", nil},
		{"container gets secrets in order, as the config says", someSecrets, taskDefinitionType, "", "containerDefinitions|[0].secrets", array{
			map[string]any{"name": "DB_PASSWORD", "valueFrom": databaseSecret + ":password::"},
			map[string]any{"name": "DB_USER", "valueFrom": databaseSecret + ":user::"},
			map[string]any{"name": "LEVEL", "valueFrom": levelParameter},
			map[string]any{"name": "TOKEN", "valueFrom": tokenSecret},
		}},

		{"service is in the private subnets", nil, serviceType, "", "networkConfiguration.subnets", array{"subnet-private-1", "subnet-private-2"}},
		{"tasks have no public IP", nil, serviceType, "", "networkConfiguration.assignPublicIp", false},
		{"tasks have no public IP without NAT either", noNAT, serviceType, "", "networkConfiguration.assignPublicIp", false},
		{"tasks have their security group only", nil, serviceType, "", "networkConfiguration.securityGroups", array{testName + "-tasks-id"}},
		{"service starts with the minimum", values{"minimumTaskCount": "3"}, serviceType, "", "desiredCount", 3.},
		{"failed deployments are noticed", nil, serviceType, "", "deploymentCircuitBreaker.enable", true},
		{"failed deployments are rolled back", nil, serviceType, "", "deploymentCircuitBreaker.rollback", true},
		{"deployments keep all tasks healthy", nil, serviceType, "", "deploymentMinimumHealthyPercent", 100.},
		{"new tasks have time to become healthy", values{"healthCheckGraceSeconds": "90"}, serviceType, "", "healthCheckGracePeriodSeconds", 90.},
		{"the provider does not wait, the program does", nil, serviceType, "", "waitForSteadyState", false},
		{"service registers tasks in the target group", nil, serviceType, "", "loadBalancers[0].targetGroupArn", "arn:target-group"},
		{"service registers the container port", values{"containerPort": "8080"}, serviceType, "", "loadBalancers[0].containerPort", 8080.},
		{"tasks spread over the zones again after one was lost", nil, serviceType, "", "availabilityZoneRebalancing", "ENABLED"},
		{"nobody runs commands in tasks by default", nil, serviceType, "", "enableExecuteCommand", false},
		{"people run commands in tasks when asked for", exec, serviceType, "", "enableExecuteCommand", true},
		{"tasks carry the service's tags", nil, serviceType, "", "propagateTags", "SERVICE"},

		{"HTTPS is let in", domain, groupType, "-load-balancer", "ingress[1].fromPort", 443.},
		{"HTTPS and nothing more is let in", domain, groupType, "-load-balancer", "ingress[1].toPort", 443.},
		{"HTTPS is let in from the internet", domain, groupType, "-load-balancer", "ingress[1].cidrBlocks", array{"0.0.0.0/0"}},
		{"HTTP is let in beside HTTPS", domain, groupType, "-load-balancer", "ingress[0].fromPort", 80.},
		{"certificate is for the domain name", domain, certificateType, "", "domainName", "app.example.com"},
		{"certificate is validated by DNS", domain, certificateType, "", "validationMethod", "DNS"},
		{"validation record is in the domain name's zone", domain, recordType, "-validation", "zoneId", "Z-example"},
		{"validation record has the name that ACM looks for", domain, recordType, "-validation", "name", "_1a.app.example.com."},
		{"validation record has the value that ACM looks for", domain, recordType, "-validation", "records", array{"_2b.acm-validations.aws."}},
		{"validation record may be there already", domain, recordType, "-validation", "allowOverwrite", true},
		{"certificate is waited for when its record is there", domain, validationType, "", "validationRecordFqdns", array{"_1a.app.example.com"}},
		{"HTTPS has a listener", domain, listenerType, "-https", "protocol", "HTTPS"},
		{"HTTPS listens on its port", domain, listenerType, "-https", "port", 443.},
		{"HTTPS has the certificate that was made", domain, listenerType, "-https", "certificateArn", "arn:" + testName},
		{"HTTPS has the certificate that was given", certificate, listenerType, "-https", "certificateArn", testCertificate},
		{"HTTPS has the certificate that was given for the domain name", ownCertificate, listenerType, "-https", "certificateArn", testCertificate},
		{"HTTPS is TLS 1.2 or 1.3", domain, listenerType, "-https", "sslPolicy", "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"},
		{"HTTPS is forwarded to the tasks", domain, listenerType, "-https", "defaultActions[0].targetGroupArn", "arn:target-group"},
		{"HTTP is redirected", domain, listenerType, testName, "defaultActions[0].type", "redirect"},
		{"HTTP is redirected to HTTPS", domain, listenerType, testName, "defaultActions[0].redirect.protocol", "HTTPS"},
		{"HTTP is redirected to the port of HTTPS", domain, listenerType, testName, "defaultActions[0].redirect.port", "443"},
		{"HTTP is redirected for ever", domain, listenerType, testName, "defaultActions[0].redirect.statusCode", "HTTP_301"},
		{"HTTP is redirected with a certificate that was given", certificate, listenerType, testName, "defaultActions[0].type", "redirect"},
		{"domain name is an alias", domain, recordType, "-a", "name", "app.example.com"},
		{"domain name has a record for IPv4", domain, recordType, "-a", "type", "A"},
		{"domain name has a record for IPv6", domain, recordType, "-aaaa", "type", "AAAA"},
		{"domain name leads to the load balancer", domain, recordType, "-a", "aliases[0].name", "alb.example.com"},
		{"domain name leads to the load balancer's zone", domain, recordType, "-a", "aliases[0].zoneId", "Z-load-balancers"},
		{"domain name in IPv6 leads to the load balancer", domain, recordType, "-aaaa", "aliases[0].name", "alb.example.com"},
		{"domain name has records in its zone", domain, recordType, "-a", "zoneId", "Z-example"},
		{"domain name has records in the zone of the config", ownCertificate, recordType, "-a", "zoneId", "Z-example"},
		{"domain name may be the zone's own", values{"domainName": "example.com", "hostedZoneName": "example.com"}, recordType, "-a", "name", "example.com"},

		{"autoscaling begins at the minimum", nil, scalingTargetType, "", "minCapacity", 2.},
		{"autoscaling ends at the maximum", nil, scalingTargetType, "", "maxCapacity", 4.},
		{"autoscaling is of the service", nil, scalingTargetType, "", "resourceId", "service/" + testName + "-1a2b3c4/" + testName + "-1a2b3c4"},
		{"autoscaling follows CPU", nil, scalingPolicyType, "-cpu",
			"targetTrackingScalingPolicyConfiguration.predefinedMetricSpecification.predefinedMetricType", "ECSServiceAverageCPUUtilization"},
		{"autoscaling holds the CPU target", values{"cpuTargetPercent": "55"}, scalingPolicyType, "-cpu",
			"targetTrackingScalingPolicyConfiguration.targetValue", 55.},
		{"autoscaling follows requests per target", nil, scalingPolicyType, "-requests",
			"targetTrackingScalingPolicyConfiguration.predefinedMetricSpecification.predefinedMetricType", "ALBRequestCountPerTarget"},
		{"autoscaling counts this target group's requests", nil, scalingPolicyType, "-requests",
			"targetTrackingScalingPolicyConfiguration.predefinedMetricSpecification.resourceLabel", "app/alb/1/targetgroup/tg/2"},

		{"tasks run on Fargate by default", nil, serviceType, "", "launchType", "FARGATE"},
		{"tasks run by no strategy by default", nil, serviceType, "", "capacityProviderStrategies", nil},
		{"tasks share Spot when asked for", onSpot, serviceType, "", "capacityProviderStrategies", array{
			map[string]any{"capacityProvider": "FARGATE", "base": 2., "weight": 30.},
			map[string]any{"capacityProvider": "FARGATE_SPOT", "weight": 70.},
		}},
		{"tasks have no launch type beside a strategy", onSpot, serviceType, "", "launchType", nil},
		{"a changed share is deployed", onSpot, serviceType, "", "forceNewDeployment", true},
		{"cluster has Spot when asked for", onSpot, capacityProvidersType, "", "capacityProviders", array{"FARGATE", "FARGATE_SPOT"}},

		{"schedule stops all tasks", schedule, scheduledActionType, "-stop", "scalableTargetAction", map[string]any{"minCapacity": 0., "maxCapacity": 0.}},
		{"schedule starts as many as there were", schedule, scheduledActionType, "-start", "scalableTargetAction", map[string]any{"minCapacity": 2., "maxCapacity": 4.}},
		{"schedule stops when asked to", schedule, scheduledActionType, "-stop", "schedule", "cron(0 19 ? * MON-FRI *)"},
		{"schedule starts when asked to", schedule, scheduledActionType, "-start", "schedule", "cron(0 7 ? * MON-FRI *)"},
		{"schedule is in its time zone", schedule, scheduledActionType, "-start", "timezone", "Europe/Berlin"},
		{"schedule is in UTC by default", values{"schedule": `{"stop":"cron(0 19 * * ? *)","start":"cron(0 7 * * ? *)"}`}, scheduledActionType, "-start", "timezone", "UTC"},
		{"schedule is of the service", schedule, scheduledActionType, "-stop", "resourceId", "service/" + testName + "-1a2b3c4/" + testName + "-1a2b3c4"},

		{"firewall is for load balancers", firewall, webACLType, "", "scope", "REGIONAL"},
		{"firewall lets through what no rule blocks", firewall, webACLType, "", "defaultAction.allow", map[string]any{}},
		{"firewall stands before the load balancer", firewall, webACLLinkType, "", "resourceArn", "arn:alb"},
		{"firewall counts requests by address", firewall, webACLType, "", "rules[0].statement.rateBasedStatement.aggregateKeyType", "IP"},
		{"firewall limits requests as asked", firewall, webACLType, "", "rules[0].statement.rateBasedStatement.limit", 500.},
		{"firewall counts requests for five minutes", firewall, webACLType, "", "rules[0].statement.rateBasedStatement.evaluationWindowSec", 300.},
		{"firewall says too many requests", firewall, webACLType, "", "rules[0].action.block.customResponse.responseCode", 429.},
		{"firewall has AWS's common rules", firewall, webACLType, "", "rules[1].statement.managedRuleGroupStatement.name", "AWSManagedRulesCommonRuleSet"},
		{"firewall blocks what the common rules block", firewall, webACLType, "", "rules[1].overrideAction.none", map[string]any{}},
		{"firewall only counts large bodies", firewall, webACLType, "", "rules[1].statement.managedRuleGroupStatement.ruleActionOverrides",
			array{map[string]any{"name": "SizeRestrictions_BODY", "actionToUse": map[string]any{"count": map[string]any{}}}}},
		{"firewall has metrics", firewall, webACLType, "", "visibilityConfig.cloudwatchMetricsEnabled", true},
		{"firewall's rules have metrics", firewall, webACLType, "", "rules[1].visibilityConfig.cloudwatchMetricsEnabled", true},

		{"flow log is of the VPC", flowLogs, flowLogType, "", "vpcId", "vpc-1"},
		{"flow log has all traffic", flowLogs, flowLogType, "", "trafficType", "ALL"},
		{"flow log goes to its log group", flowLogs, flowLogType, "", "logDestination", "arn:aws:logs:eu-central-1:123456789012:log-group:/vpc/" + testName},
		{"flow log is written by its role", flowLogs, flowLogType, "", "iamRoleArn", "arn:" + testName + "-flow-logs"},
		{"flow logs are kept for as long as asked", flowLogs, logGroupType, "-flow-logs", "retentionInDays", 14.},
		{"flow logs' role is for flow logs", flowLogs, roleType, "-flow-logs", "assumeRolePolicy|Statement[0].Principal.Service", "vpc-flow-logs.amazonaws.com"},
		{"flow logs' role is bound to the account's flow logs", flowLogs, roleType, "-flow-logs",
			`assumeRolePolicy|Statement[0].Condition.ArnLike["aws:SourceArn"]`, "arn:aws:ec2:eu-central-1:123456789012:vpc-flow-log/*"},
		{"flow logs' role may write to their log group only", flowLogs, rolePolicyType, "-flow-logs",
			"policy|Statement[0].Resource", array{"arn:aws:logs:eu-central-1:123456789012:log-group:/vpc/" + testName + ":*"}},
		{"flow logs' role may not make a log group", flowLogs, rolePolicyType, "-flow-logs",
			"policy|Statement[0].Action", array{"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"}},

		{"load balancer writes no access logs by default", nil, loadBalancerType, "", "accessLogs.enabled", false},
		{"load balancer writes access logs when asked to", accessLogs, loadBalancerType, "", "accessLogs.enabled", true},
		{"load balancer writes access logs to their bucket", accessLogs, loadBalancerType, "", "accessLogs.bucket", testName + "-access-logs-1a2b3c4"},
		{"bucket can be deleted with logs", accessLogs, bucketType, "", "forceDestroy", true},
		{"bucket takes no public policy", accessLogs, publicAccessBlockType, "", "blockPublicPolicy", true},
		{"bucket takes no public ACL", accessLogs, publicAccessBlockType, "", "blockPublicAcls", true},
		{"bucket ignores public ACLs", accessLogs, publicAccessBlockType, "", "ignorePublicAcls", true},
		{"bucket is for nobody outside the account", accessLogs, publicAccessBlockType, "", "restrictPublicBuckets", true},
		{"bucket is encrypted with S3's keys", accessLogs, bucketEncryptionType, "", "rules[0].applyServerSideEncryptionByDefault.sseAlgorithm", "AES256"},
		{"access logs expire", accessLogs, bucketLifecycleType, "", "rules[0].expiration.days", 30.},
		{"all access logs expire", accessLogs, bucketLifecycleType, "", "rules[0].filter.prefix", ""},
		{"access logs are written by load balancers", accessLogs, bucketPolicyType, "",
			"policy|Statement[0].Principal.Service", "logdelivery.elasticloadbalancing.amazonaws.com"},
		{"access logs are written of the account's load balancers only", accessLogs, bucketPolicyType, "",
			"policy|Statement[0].Resource", array{"arn:" + testName + "-access-logs/AWSLogs/123456789012/*"}},
		{"load balancers may only write", accessLogs, bucketPolicyType, "", "policy|Statement[0].Action", array{"s3:PutObject"}},
		{"bucket refuses everybody without TLS", accessLogs, bucketPolicyType, "",
			`policy|Statement[1].Condition.Bool["aws:SecureTransport"]`, "false"},
		{"bucket refuses everything without TLS", accessLogs, bucketPolicyType, "",
			"policy|Statement[1].Resource", array{"arn:" + testName + "-access-logs", "arn:" + testName + "-access-logs/*"}},

		{"CloudWatch may tell alarms", alarms, topicPolicyType, "", "policy|Statement[0].Principal.Service", "cloudwatch.amazonaws.com"},
		{"only the account's alarms are told", alarms, topicPolicyType, "",
			`policy|Statement[0].Condition.ArnLike["aws:SourceArn"]`, "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:*"},
		{"alarms are told by e-mail", alarms, subscriptionType, "", "endpoint", "ops@example.com"},
		{"alarm on errors of the app is on their share of requests", alarms, alarmType, "-target-errors", "metricQueries[0].expression", "100 * errors / requests"},
		{"alarm on errors of the app counts those of the app", alarms, alarmType, "-target-errors", "metricQueries[1].metric.metricName", "HTTPCode_Target_5XX_Count"},
		{"alarm on errors of the app counts this target group's", alarms, alarmType, "-target-errors", "metricQueries[1].metric.dimensions",
			map[string]any{"LoadBalancer": "app/alb/1", "TargetGroup": "targetgroup/tg/2"}},
		{"alarm on errors of the app counts all requests", alarms, alarmType, "-target-errors", "metricQueries[2].metric.metricName", "RequestCount"},
		{"alarm on errors of the app is off without requests", alarms, alarmType, "-target-errors", "treatMissingData", "notBreaching"},
		{"alarm on latency is on the 99th percentile", alarms, alarmType, "-latency", "extendedStatistic", "p99"},
		{"alarm on latency has the limit of the config", values{"alarms": "true", "alarmLatencyMilliseconds": "250"}, alarmType, "-latency", "threshold", .25},
		{"alarm on errors of the load balancer counts those of the load balancer", alarms, alarmType, "-load-balancer-errors", "metricName", "HTTPCode_ELB_5XX_Count"},
		{"alarm on errors of the load balancer is on no target group", alarms, alarmType, "-load-balancer-errors", "dimensions", map[string]any{"LoadBalancer": "app/alb/1"}},
		{"alarm on unhealthy targets takes one", alarms, alarmType, "-unhealthy-targets", "threshold", 0.},
		{"alarm on unhealthy targets gives new tasks their time", values{"alarms": "true", "healthCheckGraceSeconds": "601"},
			alarmType, "-unhealthy-targets", "evaluationPeriods", 15.},
		{"alarm on missing tasks counts the healthy ones", alarms, alarmType, "-missing-tasks", "metricName", "HealthyHostCount"},
		{"alarm on missing tasks is on fewer than the minimum", values{"alarms": "true", "minimumTaskCount": "3"}, alarmType, "-missing-tasks", "threshold", 3.},
		{"alarm on missing tasks goes off when there are none", alarms, alarmType, "-missing-tasks", "treatMissingData", "breaching"},
		{"alarm on missing tasks keeps still while the schedule has none run", values{"alarms": "true", "schedule": aSchedule},
			alarmType, "-missing-tasks", "treatMissingData", "notBreaching"},
		{"alarm on CPU is above what autoscaling holds", values{"alarms": "true", "cpuTargetPercent": "80"}, alarmType, "-cpu", "threshold", 90.},
		{"alarm on CPU is on the service", alarms, alarmType, "-cpu", "dimensions",
			map[string]any{"ClusterName": testName + "-1a2b3c4", "ServiceName": testName + "-1a2b3c4"}},
		{"alarm on memory is on the fullest task", alarms, alarmType, "-memory", "statistic", "Maximum"},
		{"deployments are rolled back by no alarm by default", nil, serviceType, "", "alarms", nil},
		{"deployments are rolled back for errors and latency", alarms, serviceType, "", "alarms", map[string]any{
			"enable": true, "rollback": true, "alarmNames": array{testName + "-target-errors-1a2b3c4", testName + "-latency-1a2b3c4"},
		}},

		{"dashboard shows the load balancer's requests", dashboard, dashboardType, "", "dashboardBody|widgets[0].properties.metrics[0]", array{
			"AWS/ApplicationELB", "RequestCount", "LoadBalancer", "app/alb/1", "TargetGroup", "targetgroup/tg/2",
			map[string]any{"stat": "Sum", "label": "requests"},
		}},
		{"dashboard shows the service's CPU", dashboard, dashboardType, "", "dashboardBody|widgets[4].properties.metrics[0]", array{
			"AWS/ECS", "CPUUtilization", "ClusterName", testName + "-1a2b3c4", "ServiceName", testName + "-1a2b3c4",
			map[string]any{"stat": "Average", "label": "on average"},
		}},
		{"dashboard shows the log", dashboard, dashboardType, "", "dashboardBody|widgets[6].properties.query",
			"SOURCE '/ecs/" + testName + "' | fields @timestamp, @message | sort @timestamp desc | limit 100"},
		{"dashboard shows no alarms where there are none", dashboard, dashboardType, "", "dashboardBody|widgets[7]", nil},
		{"dashboard shows the alarms", values{"dashboard": "true", "alarms": "true"}, dashboardType, "", "dashboardBody|widgets[7].properties.alarms", array{
			"arn:" + testName + "-target-errors", "arn:" + testName + "-latency", "arn:" + testName + "-load-balancer-errors",
			"arn:" + testName + "-unhealthy-targets", "arn:" + testName + "-missing-tasks", "arn:" + testName + "-cpu", "arn:" + testName + "-memory",
		}},
		{"dashboard's widgets are beside each other", dashboard, dashboardType, "", "dashboardBody|widgets[3].x", 12.},
		{"dashboard's widgets are below each other", dashboard, dashboardType, "", "dashboardBody|widgets[3].y", 6.},
	}
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			got := deploy(t, test.values).one(t, test.typ, test.nameEnd).at(t, test.path)
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("%s is %#v, want %#v", test.path, got, test.want)
			}
		})
	}
}

func TestStackCounts(t *testing.T) {
	tests := []struct {
		statement string
		values    values
		typ       string
		want      int
	}{
		{"there are no endpoints with NAT", nil, endpointType, 0},
		{"there are four endpoints without NAT", values{"natStrategy": "none"}, endpointType, 4},
		{"secrets have endpoints of their own without NAT", values{"natStrategy": "none", "secrets": someSecrets["secrets"]}, endpointType, 6},
		{"a service without secrets has no endpoint", values{"natStrategy": "none", "secrets": `{"LEVEL":"` + levelParameter + `"}`}, endpointType, 5},
		{"ECS Exec has an endpoint of its own without NAT", values{"natStrategy": "none", "ecsExec": "true"}, endpointType, 5},
		{"secrets and ECS Exec need no endpoints with NAT", values{"ecsExec": "true", "secrets": someSecrets["secrets"]}, endpointType, 0},
		{"there are two security groups with NAT", nil, groupType, 2},
		{"only the execution role has a policy", nil, rolePolicyType, 1},
		{"no policy is attached to a role by default", nil, attachmentType, 0},
		{"autoscaling is off when minimum is maximum", values{"minimumTaskCount": "4"}, scalingTargetType, 0},
		{"there are no capacity providers by default", nil, capacityProvidersType, 0},
		{"there is no schedule by default", nil, scheduledActionType, 0},
		{"a schedule works without autoscaling", values{"minimumTaskCount": "4", "schedule": aSchedule}, scalingTargetType, 1},
		{"a schedule is no autoscaling", values{"minimumTaskCount": "4", "schedule": aSchedule}, scalingPolicyType, 0},
		{"there is no firewall by default", nil, webACLType, 0},
		{"there are no alarms by default", nil, alarmType, 0},
		{"there is no topic by default", nil, topicType, 0},
		{"there are seven alarms when asked for", values{"alarms": "true"}, alarmType, 7},
		{"nobody is subscribed to alarms without an address", values{"alarms": "true"}, subscriptionType, 0},
		{"there is no dashboard by default", nil, dashboardType, 0},
		{"there is no bucket by default", nil, bucketType, 0},
		{"there are no flow logs by default", nil, flowLogType, 0},
		{"there is no certificate by default", nil, certificateType, 0},
		{"there are no DNS records by default", nil, recordType, 0},
		{"there is one listener by default", nil, listenerType, 1},
		{"there are two listeners with HTTPS", values{"domainName": "app.example.com"}, listenerType, 2},
		{"no certificate is made beside one that is given", values{"domainName": "app.example.com", "certificateArn": testCertificate}, certificateType, 0},
		{"with a certificate that is given, DNS is elsewhere", values{"domainName": "app.example.com", "certificateArn": testCertificate}, recordType, 0},
		{"with a certificate and a zone that are given, DNS is there",
			values{"domainName": "app.example.com", "hostedZoneName": "example.com", "certificateArn": testCertificate}, recordType, 2},
		{"no policies when autoscaling is off", values{"minimumTaskCount": "4"}, scalingPolicyType, 0},
	}
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			if got := len(deploy(t, test.values).all(test.typ, "")); got != test.want {
				t.Errorf("%d resources of type %s, want %d", got, test.typ, test.want)
			}
		})
	}
}

func TestEachResourceHasItsComponentAsParent(t *testing.T) {
	component := map[string]string{
		"awsx:ec2": "Network", "aws:ec2": "Network",
		"aws:ecr": "Image", "docker:index": "Image",
		"aws:acm":   "Certificate",
		"aws:lb":    "LoadBalancer",
		"aws:wafv2": "Firewall",
		"aws:ecs":   "Service", "aws:iam": "Service", "aws:cloudwatch": "Service", "aws:appautoscaling": "Service",
	}
	for _, r := range deploy(t, values{"natStrategy": "none", "firewall": "true", "domainName": "app.example.com"}).resources {
		if strings.HasPrefix(r.typ, "fargate-stack:") || r.name == existing {
			continue
		}
		component["aws:route53"] = "DNSRecords"
		if strings.HasSuffix(r.name, "-validation") {
			component["aws:route53"] = "Certificate"
		}
		packageAndModule, _, _ := strings.Cut(r.typ, "/")
		if strings.Count(packageAndModule, ":") == 2 {
			packageAndModule = packageAndModule[:strings.LastIndex(packageAndModule, ":")]
		}
		want := "fargate-stack:infra:" + component[packageAndModule] + "::" + testName
		if !strings.HasSuffix(r.rpc.GetParent(), want) {
			t.Errorf("%s %s has parent %s, want %s", r.typ, r.name, r.rpc.GetParent(), want)
		}
	}
}

func TestEachTaggableResourceSaysWhoseItIs(t *testing.T) {
	taggable := []string{
		vpcType, endpointType, groupType, defaultGroupType, repositoryType, loadBalancerType,
		targetGroupType, listenerType, clusterType, logGroupType, roleType, taskDefinitionType, serviceType, scalingTargetType,
		webACLType, certificateType, alarmType, topicType, bucketType, flowLogType, policyType, identityProviderType,
	}
	deployed := deploy(t, values{
		"natStrategy": "none", "firewall": "true", "domainName": "app.example.com",
		"alarms": "true", "accessLogDays": "30", "flowLogDays": "14", "githubRepository": "octocat/shop",
	})
	for _, typ := range taggable {
		found := deployed.all(typ, "")
		if len(found) == 0 {
			t.Errorf("no %s", typ)
		}
		for _, r := range found {
			for key, want := range map[string]string{"Project": testProject, "Stack": testStack, "ManagedBy": "pulumi"} {
				if got := r.at(t, "tags."+key); got != want {
					t.Errorf("%s %s has tag %s %v, want %s", typ, r.name, key, got, want)
				}
			}
		}
	}
}

func TestOwnTagsStayBesideTheStacks(t *testing.T) {
	group := deploy(t, nil).one(t, groupType, "-tasks")
	if got := group.at(t, "tags.Name"); got != testName+"-tasks" {
		t.Errorf("tag Name is %v", got)
	}
}

func TestServiceComesAfterWhatItNeeds(t *testing.T) {
	deployed := deploy(t, values{"ecsExec": "true", "taskPolicyArns": `["arn:aws:iam::aws:policy/A"]`})
	before := deployed.before(deployed.one(t, serviceType, ""))
	for _, needed := range []string{
		listenerType + "::" + testName,
		rolePolicyType + "::" + testName + "-execution",
		rolePolicyType + "::" + testName + "-exec",
		attachmentType + "::" + testName + "-task-A",
		groupType + "::" + testName + "-load-balancer",
		groupType + "::" + testName + "-tasks",
		vpcType + "::" + testName,
	} {
		if !before[needed] {
			t.Errorf("service does not depend on %s", needed)
		}
	}
}

func TestHTTPAnswersUntilHTTPSDoes(t *testing.T) {
	redirect := deploy(t, values{"domainName": "app.example.com"}).one(t, listenerType, testName)
	https := listenerType + "::" + testName + "-https"
	if !slices.ContainsFunc(redirect.rpc.GetDependencies(), func(urn string) bool { return strings.HasSuffix(urn, https) }) {
		t.Errorf("the redirect depends on %v, want the listener of HTTPS", redirect.rpc.GetDependencies())
	}
}

func TestServiceComesAfterHTTPS(t *testing.T) {
	service := deploy(t, values{"domainName": "app.example.com"}).one(t, serviceType, "")
	https := listenerType + "::" + testName + "-https"
	if !slices.ContainsFunc(service.rpc.GetDependencies(), func(urn string) bool { return strings.HasSuffix(urn, https) }) {
		t.Errorf("service depends on %v, want the listener that uses its target group", service.rpc.GetDependencies())
	}
}

func TestURL(t *testing.T) {
	tests := []struct {
		statement string
		values    values
		want      string
	}{
		{"is the load balancer's own by default", nil, "http://alb.example.com"},
		{"is the domain name", values{"domainName": "app.example.com"}, "https://app.example.com"},
		{"is the load balancer's own with a certificate alone", values{"certificateArn": testCertificate}, "https://alb.example.com"},
		{"is the domain name with a certificate too", values{"domainName": "app.example.com", "certificateArn": testCertificate}, "https://app.example.com"},
	}
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			if got := deploy(t, test.values).outputs["url"]; got != test.want {
				t.Errorf("url is %v, want %s", got, test.want)
			}
		})
	}
}

func TestZoneThatIsNotThereStopsBeforeTheFirstResource(t *testing.T) {
	e := &engine{}
	err := e.deploy(t, testProject, testStack, values{"domainName": "app.example.org"})
	if err == nil || !strings.Contains(err.Error(), "zone example.org") || !strings.Contains(err.Error(), "set hostedZoneName") {
		t.Errorf("the error is %v", err)
	}
	e.expectNothing(t)
}

func TestRollout(t *testing.T) {
	t.Run("is waited for", func(t *testing.T) {
		e := &engine{}
		if err := e.deploy(t, testProject, testStack, nil); err != nil {
			t.Fatal(err)
		}
		want := []string{testName + "-1a2b3c4 " + testName + "-1a2b3c4 arn:" + testName}
		if !slices.Equal(e.followed, want) {
			t.Errorf("waited for %q, want %q", e.followed, want)
		}
	})
	t.Run("that fails has the deployment fail", func(t *testing.T) {
		e := &engine{failed: errors.New("tasks do not start")}
		if err := e.deploy(t, testProject, testStack, nil); err == nil {
			t.Error("the deployment succeeded")
		}
	})
}

func TestWhatIsSetByOthersIsLeftToThem(t *testing.T) {
	tests := []struct {
		statement string
		values    values
		typ       string
		want      []string
	}{
		{"autoscaling has the running count", values{"alarms": "true"}, serviceType, []string{"desiredCount"}},
		{"Pulumi has the running count without autoscaling", values{"alarms": "true", "minimumTaskCount": "4"}, serviceType, nil},
		{"who turned alarms off takes them from the service", nil, serviceType, []string{"desiredCount", "alarms"}},
		{"a schedule has the running count without autoscaling", values{"alarms": "true", "minimumTaskCount": "4", "schedule": aSchedule}, serviceType, []string{"desiredCount"}},
		{"Pulumi has the bounds", nil, scalingTargetType, nil},
		{"a schedule has the bounds", values{"schedule": aSchedule}, scalingTargetType, []string{"minCapacity", "maxCapacity"}},
	}
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			if got := deploy(t, test.values).one(t, test.typ, "").rpc.GetIgnoreChanges(); !slices.Equal(got, test.want) {
				t.Errorf("changes of %v are ignored, want %v", got, test.want)
			}
		})
	}
}

func TestDeletionProtection(t *testing.T) {
	for setting, want := range map[string]bool{"true": true, "false": false} {
		deployed := deploy(t, values{"deletionProtection": setting})
		for _, typ := range []string{loadBalancerType, protectionType} {
			if got := deployed.one(t, typ, "").rpc.GetProtect(); got != want {
				t.Errorf("with deletionProtection %s, protect of %s is %v", setting, typ, got)
			}
		}
	}
	t.Run("is of each resource, so that Pulumi would delete it first", func(t *testing.T) {
		deployed := deploy(t, values{"deletionProtection": "true", "firewall": "true", "schedule": aSchedule, "alarms": "true", "dashboard": "true", "flowLogDays": "7", "accessLogDays": "7", "githubRepository": "octocat/shop"})
		protected := deployed.one(t, protectionType, "").rpc.GetDependencies()
		for _, r := range deployed.resources {
			if r.typ == routeTableType {
				continue // which its routes depend on
			}
			isComponent := strings.HasPrefix(r.typ, "fargate-stack:")
			if !isComponent && !slices.ContainsFunc(protected, func(urn string) bool { return strings.HasSuffix(urn, r.typ+"::"+r.name) }) {
				t.Errorf("it does not depend on %s %s", r.typ, r.name)
			}
		}
	})
}

func TestRegistryTokenIsSecret(t *testing.T) {
	image := deploy(t, nil).one(t, imageType, "")
	password := find(t, image.inputs["registry"], "password")
	if !password.IsSecret() && !image.inputs["registry"].IsSecret() {
		t.Errorf("the registry's password is plain: %v", password)
	}
}

func TestSecretEnvironmentMakesTheTaskDefinitionSecret(t *testing.T) {
	e := &engine{}
	if err := e.deploy(t, testProject, testStack, values{"environment": `{"LEVEL":"x"}`}, "environment"); err != nil {
		t.Fatal(err)
	}
	if definition := e.stack.one(t, taskDefinitionType, ""); !definition.inputs["containerDefinitions"].IsSecret() {
		t.Error("container definitions are plain")
	}
}

func TestImageThatWasPushedBefore(t *testing.T) {
	e := &engine{pushed: "sha256:pushed"}
	if err := e.deploy(t, testProject, testStack, nil); err != nil {
		t.Fatal(err)
	}
	image := e.stack.one(t, imageType, "")
	t.Run("is not pushed again", func(t *testing.T) {
		if got := image.at(t, "skipPush"); got != true {
			t.Errorf("skipPush is %v", got)
		}
	})
	t.Run("leaves the resource that pushed it as it is", func(t *testing.T) {
		if got := image.rpc.GetIgnoreChanges(); !slices.Equal(got, []string{"skipPush"}) {
			t.Errorf("changes of %v are ignored, want skipPush", got)
		}
	})
	t.Run("is what runs", func(t *testing.T) {
		want := "123456789012.dkr.ecr.eu-central-1.amazonaws.com/" + testName + "@sha256:pushed"
		if got := e.stack.one(t, taskDefinitionType, "").at(t, "containerDefinitions|[0].image"); got != want {
			t.Errorf("task runs %v, want %s", got, want)
		}
	})
}

func TestImageResourceIsNamedByItsContent(t *testing.T) {
	image := deploy(t, nil).one(t, imageType, "")
	_, tag, _ := strings.Cut(image.at(t, "imageName").(string), testName+":")
	if want := testName + "-" + tag; image.name != want {
		t.Errorf("image resource is named %s, want %s", image.name, want)
	}
}

func TestOutputs(t *testing.T) {
	want := map[string]any{
		"url":               "http://alb.example.com",
		"albDnsName":        "alb.example.com",
		"repositoryUrl":     "123456789012.dkr.ecr.eu-central-1.amazonaws.com/" + testName,
		"imageRef":          "123456789012.dkr.ecr.eu-central-1.amazonaws.com/" + testName + "@sha256:built",
		"clusterName":       testName + "-1a2b3c4",
		"serviceName":       testName + "-1a2b3c4",
		"taskDefinitionArn": "arn:" + testName,
		"logGroupName":      "/ecs/" + testName,
		"vpcId":             "vpc-1",
	}
	if got := deploy(t, nil).outputs; !reflect.DeepEqual(got, want) {
		t.Errorf("outputs are %v\nwant %v", got, want)
	}
}
