package guardrails

import (
	"slices"
	"strings"
	"testing"
)

// ingress is a rule of a security group.
func ingress(port float64, source string, from ...any) map[string]any {
	return map[string]any{"protocol": "tcp", "fromPort": port, "toPort": port, source: from}
}

// statementOf is a policy with one statement.
func statementOf(action, resource string) map[string]any {
	return map[string]any{"policy": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `"}}`}
}

func TestRules(t *testing.T) {
	const (
		balancer   = "lb/loadBalancer:LoadBalancer"
		listener   = "lb/listener:Listener"
		service    = "ecs/service:Service"
		group      = "ec2/securityGroup:SecurityGroup"
		repository = "ecr/repository:Repository"
		target     = "appautoscaling/target:Target"
		definition = "ecs/taskDefinition:TaskDefinition"
		logs       = "cloudwatch/logGroup:LogGroup"
	)
	found := map[string]bool{}
	for _, test := range []struct {
		statement string
		changes   []change
		// want is how the finding begins, and evidence how it came about. Without
		// them, there is none.
		want, evidence string
	}{
		{"a stack that does not change is well", nil, "", ""},

		// what is lost
		{"a load balancer that is replaced has another name", []change{replace(balancer, "")}, "The load balancer goes", "is replaced"},
		{"without a load balancer nothing answers", []change{remove(balancer, "")}, "The load balancer goes", "is deleted"},
		{"a target group that is replaced is empty at first", []change{replace("lb/targetGroup:TargetGroup", "")}, "A listener or the target group goes", "is replaced"},
		{"a listener that goes answers no more", []change{remove(listener, "-prod")}, "A listener or the target group goes", "is deleted"},
		{"a service that is replaced begins small", []change{replace(service, "")}, "The service goes", "is replaced"},
		{"a VPC takes all with it", []change{replace("ec2/vpc:Vpc", "")}, "A part of the network goes", "is replaced"},
		{"a subnet takes its tasks with it", []change{remove("ec2/subnet:Subnet", "private-3")}, "A part of the network goes", "is deleted"},
		{"a NAT gateway has an address", []change{remove("ec2/natGateway:NatGateway", "-2")}, "A way out of the private subnets goes", "is deleted"},
		{"a repository takes its images with it", []change{replace(repository, "")}, "The repository goes", "is replaced"},
		{"a log group takes its logs with it", []change{replace(logs, "-prod")}, "Logs are lost", "is replaced"},
		{"a bucket takes its logs with it", []change{remove("s3/bucketV2:BucketV2", "")}, "Logs are lost", "is deleted"},
		{"a name without records leads nowhere", []change{remove("route53/record:Record", "-a")}, "A certificate or a DNS record goes", "is deleted"},
		{"another certificate is of another name", []change{replace("acm/certificate:Certificate", "")}, "A certificate or a DNS record goes", "is replaced"},

		// what protects
		{"deletion protection that is turned off protects no more", []change{set(balancer, "", "enableDeletionProtection", false)}, "The stack is no longer protected", "enableDeletionProtection is turned off"},
		{"what Pulumi no longer protects can be destroyed", []change{unprotect("infra:DeletionProtection", "")}, "The stack is no longer protected", "no longer protected by Pulumi"},
		{"without the circuit breaker, bad deployments stay", []change{set(service, "", "deploymentCircuitBreaker.rollback", false)}, "A bad deployment is no longer taken back", "deploymentCircuitBreaker.rollback"},
		{"a firewall that goes refuses nothing", []change{remove("wafv2/webAclAssociation:WebAclAssociation", "")}, "The firewall goes", "is deleted"},
		{"a firewall with fewer rules refuses less", []change{set("wafv2/webAcl:WebAcl", "", "rules", []any{})}, "The firewall goes", "has 0 rules, had 2"},
		{"a firewall with another limit is one", []change{set("wafv2/webAcl:WebAcl", "", "rules[0].statement.rateBasedStatement.limit", 10)}, "", ""},
		{"without HTTPS, all can be read", []change{remove(listener, "-https")}, "The app no longer answers by HTTPS only", "answered by HTTPS"},
		{"HTTP that no longer leads to HTTPS can be read", []change{set(listener, "-prod", "defaultActions[0].type", "forward")}, "The app no longer answers by HTTPS only", "led clients to HTTPS"},
		{"a TLS policy with TLS 1.0 is weaker", []change{set(listener, "-https", "sslPolicy", "ELBSecurityPolicy-2016-08")}, "The load balancer takes weaker TLS", "ELBSecurityPolicy-2016-08, was"},
		{"a TLS policy with more ciphers is weaker", []change{set(listener, "-https", "sslPolicy", "ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06")}, "The load balancer takes weaker TLS", "Ext2"},
		{"a TLS policy with TLS 1.3 only is not weaker", []change{set(listener, "-https", "sslPolicy", "ELBSecurityPolicy-TLS13-1-3-PQ-2025-09")}, "", ""},
		{"a bucket without a block can be made public", []change{set("s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "", "blockPublicPolicy", false)}, "The bucket of the access logs can be made public", "blockPublicPolicy"},
		{"tags that can be moved are no version", []change{set(repository, "", "imageTagMutability", "MUTABLE")}, "Images can be replaced", "no longer immutable"},
		{"images that are not scanned hide their flaws", []change{set(repository, "", "imageScanningConfiguration.scanOnPush", false)}, "Images can be replaced", "scanOnPush"},
		{"invalid headers reach the app", []change{set(balancer, "", "dropInvalidHeaderFields", false)}, "Headers that are no HTTP", "dropInvalidHeaderFields"},
		{"an alarm that goes tells nobody", []change{remove("cloudwatch/metricAlarm:MetricAlarm", "-latency")}, "Fewer alarms", "is deleted"},
		{"a subscription that goes tells nobody", []change{remove("sns/topicSubscription:TopicSubscription", "")}, "Fewer alarms", "is deleted"},
		{"a dashboard that goes shows nothing", []change{remove("cloudwatch/dashboard:Dashboard", "")}, "Less can be seen", "is deleted"},
		{"Container Insights that is off shows nothing", []change{set("ecs/cluster:Cluster", "", "settings[0].value", "disabled")}, "Less can be seen", "Container Insights"},
		{"flow logs that go record nothing", []change{remove("ec2/flowLog:FlowLog", "")}, "Who talked to whom", "is deleted"},
		{"access logs that are off record nothing", []change{set(balancer, "", "accessLogs.enabled", false)}, "Who talked to whom", "accessLogs.enabled"},
		{"a shorter retention deletes logs", []change{set(logs, "-prod", "retentionInDays", 7)}, "Logs are kept for a shorter time", "retentionInDays becomes 7, was 90"},
		{"any retention is shorter than for ever", []change{was(set(logs, "-prod", "retentionInDays", nil)), set(logs, "-prod", "retentionInDays", 90)}, "Logs are kept for a shorter time", "was forever"},
		{"for ever is longer than any retention", []change{set(logs, "-prod", "retentionInDays", nil)}, "", ""},
		{"objects that expire earlier are deleted", []change{set("s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2", "", "rules[0].expiration.days", 1)}, "Logs are kept for a shorter time", "was 90"},

		// who is let in
		{"SSH from everywhere is a way in", []change{set(group, "-load-balancer", "ingress", []any{ingress(22, "cidrBlocks", "0.0.0.0/0")})}, "The internet is let in elsewhere", "takes tcp 22 to 22 from 0.0.0.0/0"},
		{"another group is no load balancer", []change{add("aws:ec2/securityGroup:SecurityGroup", map[string]any{"ingress": []any{ingress(443, "ipv6CidrBlocks", "::/0")}})}, "The internet is let in elsewhere", "takes tcp 443 to 443 from ::/0"},
		{"the load balancer takes requests by IPv6", []change{set(group, "-load-balancer", "ingress", []any{ingress(443, "ipv6CidrBlocks", "::/0")})}, "", ""},
		{"tasks that take from the network are open to it", []change{set(group, "-tasks", "ingress", []any{ingress(5000, "cidrBlocks", "10.0.0.0/16")})}, "Tasks take requests from others", "from 10.0.0.0/16"},
		{"tasks that take from each other are open to them", []change{set(group, "-tasks", "ingress[0].self", true)}, "Tasks take requests from others", "the group itself"},
		{"tasks may take from the load balancer on another port", []change{set(group, "-tasks", "ingress[0].fromPort", 8080), set(group, "-tasks", "ingress[0].toPort", 8080)}, "", ""},
		{"tasks may take from a load balancer's group that comes", []change{set(group, "-tasks", "ingress[0].securityGroups[0]", "04da6b54-80e4-46f7-96ec-b56ff0331ba9")}, "", ""},
		{"a public address leads to a task", []change{set(service, "", "networkConfiguration.assignPublicIp", true)}, "Tasks get public addresses", "assignPublicIp"},
		{"a rule outside of its group is lost", []change{add("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", nil)}, "A rule is made outside", "is created"},

		// who may do what
		{"all actions are too many", []change{add("aws:iam/policy:Policy", statementOf("*", "arn:aws:s3:::b"))}, "A role may do everything", "allows *"},
		{"all actions of a service are too many", []change{add("aws:iam/rolePolicy:RolePolicy", statementOf("s3:*", "arn:aws:s3:::b"))}, "A role may do everything", "allows s3:*"},
		{"an action on all resources is on too many", []change{add("aws:iam/rolePolicy:RolePolicy", statementOf("s3:GetObject", "*"))}, "A role may do something to all resources", "allows s3:GetObject"},
		{"what knows no resource has to name all", []change{add("aws:iam/rolePolicy:RolePolicy", statementOf("ssmmessages:OpenDataChannel", "*"))}, "", ""},
		{"a statement that becomes wider is too wide", []change{edit("iam/rolePolicy:RolePolicy", "-execution", "policy", "ecr:BatchGetImage", "ecr:*")}, "A role may do everything", "allows ecr:*"},
		{"a statement that was as wide is none of this change", []change{was(edit("iam/rolePolicy:RolePolicy", "-execution", "policy", "ecr:BatchGetImage", "ecr:*")), edit("iam/rolePolicy:RolePolicy", "-execution", "policy", "logs:PutLogEvents", "logs:GetLogEvents")}, "", ""},
		{"an administrator may do everything", []change{add("aws:iam/rolePolicyAttachment:RolePolicyAttachment", map[string]any{"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"})}, "A role gets one of AWS's policies", "AdministratorAccess"},
		{"a policy of one's own is no administrator's", []change{add("aws:iam/rolePolicyAttachment:RolePolicyAttachment", map[string]any{"policyArn": "arn:aws:iam::123456789012:policy/AdministratorAccess"})}, "", ""},
		{"others who may take a role are let in", []change{edit("iam/role:Role", "-task", "assumeRolePolicy", "ecs-tasks.amazonaws.com", "ec2.amazonaws.com")}, "Other people or services may take a role", "assumeRolePolicy changes"},

		// how much it takes
		{"a single task is down while it is replaced", []change{set(target, "", "minCapacity", 1)}, "A protected stack has a single task", "single task"},
		{"fewer tasks take less load", []change{set(target, "", "minCapacity", 2)}, "Fewer tasks run", "minCapacity becomes 2, was 3"},
		{"fewer tasks at most take less load", []change{set(target, "", "maxCapacity", 6)}, "Fewer tasks run", "maxCapacity becomes 6, was 12"},
		{"more tasks take more load", []change{set(target, "", "minCapacity", 4)}, "", ""},
		{"without autoscaling, load meets as many tasks as there are", []change{remove("appautoscaling/policy:Policy", "-cpu")}, "The number of tasks no longer follows", "is deleted"},
		{"smaller tasks take less load", []change{was(set(definition, "", "cpu", "1024")), set(definition, "", "cpu", "512")}, "Tasks get smaller", "cpu becomes 512, was 1024"},
		{"two zones lose more with one", []change{set(balancer, "", "subnets", []any{"subnet-1", "subnet-2"})}, "The app is in fewer zones", "is in 2 zones, was in 3"},

		// what the container may do
		{"root is not to run the app", []change{edit(definition, "", "containerDefinitions", `"user":"65532:65532"`, `"user":"0:65532"`)}, "The container runs as root", "runs as root"},
		{"an image's own user may be root", []change{edit(definition, "", "containerDefinitions", `"user":"65532:65532"`, `"user":""`)}, "The container runs as root", "runs as root"},
		{"a capability is more than the app needs", []change{edit(definition, "", "containerDefinitions", `"drop":["ALL"]`, `"add":["SYS_PTRACE"]`)}, "The container runs as root", "gets capabilities"},
		{"who breaks in may write", []change{edit(definition, "", "containerDefinitions", `"readonlyRootFilesystem":true`, `"readonlyRootFilesystem":false`)}, "The container may write", "written to"},
		{"commands are run as root", []change{set(service, "", "enableExecuteCommand", true)}, "People can run commands", "enableExecuteCommand"},
		{"containers that are not known yet are not judged", []change{set(definition, "", "containerDefinitions", "04da6b54-80e4-46f7-96ec-b56ff0331ba9")}, "", ""},
	} {
		t.Run(test.statement, func(t *testing.T) {
			findings := Check(readPlan(t, "unchanged.json", test.changes...))
			if test.want == "" {
				if len(findings) > 0 {
					t.Errorf("found %+v", findings)
				}
				return
			}
			i := slices.IndexFunc(findings, func(f Finding) bool { return strings.HasPrefix(f.What, test.want) })
			if i < 0 {
				t.Fatalf("found %+v, want %q", findings, test.want)
			}
			found[findings[i].What] = true
			if !slices.ContainsFunc(findings[i].Evidence, func(e Evidence) bool { return strings.Contains(e.Change, test.evidence) }) {
				t.Errorf("the evidence is %v, want %q", findings[i].Evidence, test.evidence)
			}
		})
	}
	for _, rule := range rules {
		if !found[rule.what] {
			t.Errorf("no plan breaks the rule %q", rule.what)
		}
	}
}

func TestANewStackBreaksNoRule(t *testing.T) {
	for _, file := range []string{"create-dev.json", "create-prod.json"} {
		p := readPlan(t, file)
		if len(p.Changed()) < 40 {
			t.Errorf("%s creates only %d resources", file, len(p.Changed()))
		}
		for _, finding := range Check(p) {
			t.Errorf("%s: %+v", file, finding)
		}
	}
}

func TestDangerComesFirst(t *testing.T) {
	findings := Check(readPlan(t, "unchanged.json",
		set("ecr/repository:Repository", "", "imageTagMutability", "MUTABLE"), remove("wafv2/webAcl:WebAcl", ""), remove("wafv2/webAclAssociation:WebAclAssociation", "")))
	if len(findings) != 2 || findings[0].Level != Danger || findings[1].Level != Caution {
		t.Fatalf("found %+v", findings)
	}
	if len(findings[0].Evidence) != 2 {
		t.Errorf("one rule that is broken twice has the evidence %v", findings[0].Evidence)
	}
}
