package infra

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// policiesOf returns what a role for GitHub may do.
func (s stack) policiesOf(t *testing.T, role string) []statement {
	t.Helper()
	var all []statement
	for _, policy := range s.all(policyType, "") {
		if strings.HasPrefix(policy.name, testName+"-github-"+role+"-") {
			all = append(all, policy.document(t, "policy").Statement...)
		}
	}
	if len(all) == 0 {
		t.Fatalf("role %s has no policies", role)
	}
	return all
}

// document returns the policy in an input.
func (r registered) document(t *testing.T, input string) policyDocument {
	t.Helper()
	var document policyDocument
	must(t, json.Unmarshal([]byte(r.at(t, input).(string)), &document))
	return document
}

// about returns the statements on an action and a resource.
func about(statements []statement, action, resource string) []statement {
	return slices.DeleteFunc(slices.Clone(statements), func(s statement) bool {
		return !likeAny(s.Action, action) || !likeAny(s.Resource, resource)
	})
}

// likeAny tells whether a value is like a pattern, as IAM compares them.
func likeAny(patterns []string, value string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		expression := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
		return regexp.MustCompile("^" + expression + "$").MatchString(value)
	})
}

// ARNs in the account of the tests.
func globalARN(service, resource string) string {
	return "arn:aws:" + service + "::123456789012:" + resource
}
func regionalARN(service, resource string) string {
	return "arn:aws:" + service + ":eu-central-1:123456789012:" + resource
}

func TestThePreviewRoleChangesNothing(t *testing.T) {
	reads := regexp.MustCompile(`^[a-z0-9-]+:(BatchGet|Describe|Get|List)[A-Z]|^kms:Decrypt$`)
	for _, s := range deploy(t, allOfGitHub).policiesOf(t, "preview") {
		for _, action := range s.Action {
			if s.Effect != "Allow" || !reads.MatchString(action) || strings.Contains(action, "*") {
				t.Errorf("%s has the action %s", s.Sid, action)
			}
		}
	}
}

func TestThePreviewRoleSeesNothingOfTheApp(t *testing.T) {
	may := deploy(t, allOfGitHub).policiesOf(t, "preview")
	for action, resource := range map[string]string{
		"secretsmanager:GetSecretValue": databaseSecret,
		"ssm:GetParameters":             levelParameter,
		"kms:Decrypt":                   secretKey,
		"logs:GetLogEvents":             regionalARN("logs", "log-group:/ecs/"+testName+":log-stream:a"),
		"s3:GetObject":                  "arn:aws:s3:::" + testName + "-access-logs-1a2b3c4/AWSLogs/a",
		"ecs:DescribeTasks":             regionalARN("ecs", "task/"+testName+"-1a2b3c4/a"),
		"ecr:GetDownloadUrlForLayer":    regionalARN("ecr", "repository/"+testName),
	} {
		if found := about(may, action, resource); len(found) > 0 {
			t.Errorf("%s lets it %s", found[0].Sid, action)
		}
	}
}

func TestState(t *testing.T) {
	const bucket = "arn:aws:s3:::octocat-state"
	deployed := deploy(t, allOfGitHub)
	tests := []struct {
		statement      string
		role           string
		action, object string
		want           bool
	}{
		{"a preview reads the stack's", "preview", "s3:GetObject", "/.pulumi/stacks/fargate-stack/dev.json", true},
		{"a preview reads what says how it is kept", "preview", "s3:GetObject", "/.pulumi/meta.yaml", true},
		{"a preview does not read another stack's", "preview", "s3:GetObject", "/.pulumi/stacks/fargate-stack/prod.json", false},
		{"a preview does not read that of a stack whose name begins alike", "preview", "s3:GetObject", "/.pulumi/stacks/fargate-stack/dev-2.json", false},
		{"a preview writes none", "preview", "s3:PutObject", "/.pulumi/stacks/fargate-stack/dev.json", false},
		{"a preview takes no lock", "preview", "s3:PutObject", "/.pulumi/locks/organization/fargate-stack/dev/a.json", false},
		{"a deployment writes the stack's", "deploy", "s3:PutObject", "/.pulumi/stacks/fargate-stack/dev.json", true},
		{"a deployment takes a lock", "deploy", "s3:PutObject", "/.pulumi/locks/organization/fargate-stack/dev/a.json", true},
		{"a deployment gives the lock back", "deploy", "s3:DeleteObject", "/.pulumi/locks/organization/fargate-stack/dev/a.json", true},
		{"a deployment writes its history", "deploy", "s3:PutObject", "/.pulumi/history/fargate-stack/dev/dev-1.history.json", true},
		{"a deployment writes no other stack's", "deploy", "s3:PutObject", "/.pulumi/stacks/fargate-stack/prod.json", false},
		{"a deployment does not say how state is kept", "deploy", "s3:PutObject", "/.pulumi/meta.yaml", false},
		{"a review writes a review stack's", "review", "s3:PutObject", "/.pulumi/stacks/fargate-stack/pr-12.json", true},
		{"a review writes no other stack's", "review", "s3:PutObject", "/.pulumi/stacks/fargate-stack/dev.json", false},
		{"a review reads no other stack's", "review", "s3:GetObject", "/.pulumi/stacks/fargate-stack/dev.json", false},
	}
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			if got := len(about(deployed.policiesOf(t, test.role), test.action, bucket+test.object)) > 0; got != test.want {
				t.Errorf("%s of %s: %v", test.action, test.object, got)
			}
		})
	}
	t.Run("secrets in it are decrypted with its key", func(t *testing.T) {
		for role, want := range map[string][]string{
			"preview": {"kms:Decrypt"}, "deploy": {"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"},
		} {
			for _, action := range want {
				if len(about(deployed.policiesOf(t, role), action, stateKey)) != 1 {
					t.Errorf("the %s role does not %s", role, action)
				}
			}
		}
	})
	t.Run("in Pulumi Cloud is nothing of AWS", func(t *testing.T) {
		for _, s := range deploy(t, gitHub).policiesOf(t, "deploy") {
			if strings.HasSuffix(s.Sid, "State") {
				t.Errorf("there is %s", s.Sid)
			}
		}
	})
}

// The deploy role has no statement at all on what it must not change: neither
// as it is nor under another condition.
func TestTheDeployRoleMayNotGiveItselfMore(t *testing.T) {
	deployed := deploy(t, allOfGitHub)
	change := []string{
		"iam:AttachRolePolicy", "iam:CreatePolicyVersion", "iam:CreateRole", "iam:DeletePolicy", "iam:DeleteRole",
		"iam:DeleteRolePermissionsBoundary", "iam:DetachRolePolicy", "iam:PassRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy",
		"iam:SetDefaultPolicyVersion", "iam:TagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole",
		"iam:AddClientIDToOpenIDConnectProvider", "iam:CreateOpenIDConnectProvider", "iam:DeleteOpenIDConnectProvider", "iam:UpdateOpenIDConnectProviderThumbprint",
		"iam:AddUserToGroup", "iam:AttachUserPolicy", "iam:CreateAccessKey", "iam:CreatePolicy", "iam:CreateUser", "iam:PutUserPolicy", "sts:AssumeRole",
	}
	resources := []string{
		globalARN("iam", "role/"+testName+"-github-preview-1a2b3c4"), globalARN("iam", "role/"+testName+"-github-deploy-1a2b3c4"),
		globalARN("iam", "role/"+testName+"-github-review-1a2b3c4"), globalARN("iam", "role/administrator"),
		globalARN("iam", "role/"+testProject+"-prod-task-1a2b3c4"), globalARN("iam", "role/"+testName+"-2-task-1a2b3c4"),
		globalARN("iam", "policy/"+testName+"-boundary-1a2b3c4"), globalARN("iam", "policy/"+testName+"-github-deploy-roles-1a2b3c4"),
		globalARN("iam", "user/anybody"), gitHubProvider,
	}
	for _, role := range []string{"deploy", "review"} {
		may := deployed.policiesOf(t, role)
		for _, action := range change {
			for _, resource := range resources {
				if found := about(may, action, resource); len(found) > 0 {
					t.Errorf("%s lets the %s role %s on %s", found[0].Sid, role, action, resource)
				}
			}
		}
	}
}

func TestTheDeployRoleMakesRolesWithTheirBoundaryOnly(t *testing.T) {
	may := deploy(t, allOfGitHub).policiesOf(t, "deploy")
	for _, action := range []string{"iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePolicy"} {
		found := about(may, action, globalARN("iam", "role/"+testName+"-task-1a2b3c4"))
		if len(found) != 1 || found[0].Condition["StringEquals"]["iam:PermissionsBoundary"] != "arn:"+testName+"-boundary" {
			t.Errorf("%s is allowed by %+v", action, found)
		}
	}
	attach := about(may, "iam:AttachRolePolicy", globalARN("iam", "role/"+testName+"-task-1a2b3c4"))
	if got := attach[0].Condition["ArnEquals"]["iam:PolicyARN"]; len(got.([]any)) != 1 || got.([]any)[0] != taskPolicy {
		t.Errorf("policies that it may attach are %v", got)
	}
	for role, service := range map[string]string{"task": "ecs-tasks.amazonaws.com", "execution": "ecs-tasks.amazonaws.com", "flow-logs": "vpc-flow-logs.amazonaws.com"} {
		passed := about(may, "iam:PassRole", globalARN("iam", "role/"+testName+"-"+role+"-1a2b3c4"))
		if len(passed) != 1 || passed[0].Condition["StringEquals"]["iam:PassedToService"] != service {
			t.Errorf("the role %s is passed by %+v, want to %s", role, passed, service)
		}
	}
}

// What the stack has is named as Pulumi names it: with seven characters behind
// the name, where the program gives none itself.
func TestTheDeployRoleMayMakeWhatTheStackHas(t *testing.T) {
	deployed := deploy(t, allOfGitHub)
	may := deployed.policiesOf(t, "deploy")
	arns := map[string]struct {
		action string
		arn    func(name string) string
	}{
		repositoryType:     {"ecr:CreateRepository", func(name string) string { return regionalARN("ecr", "repository/"+name) }},
		clusterType:        {"ecs:CreateCluster", func(name string) string { return regionalARN("ecs", "cluster/"+name+"-1a2b3c4") }},
		serviceType:        {"ecs:CreateService", func(name string) string { return regionalARN("ecs", "service/"+name+"-1a2b3c4/"+name+"-1a2b3c4") }},
		taskDefinitionType: {"ecs:RegisterTaskDefinition", func(name string) string { return regionalARN("ecs", "task-definition/"+name+":1") }},
		loadBalancerType: {"elasticloadbalancing:CreateLoadBalancer", func(name string) string {
			return regionalARN("elasticloadbalancing", "loadbalancer/app/"+name+"-1a2b3c4/0123")
		}},
		targetGroupType: {"elasticloadbalancing:CreateTargetGroup", func(name string) string {
			return regionalARN("elasticloadbalancing", "targetgroup/"+name+"-1a2b3c4/0123")
		}},
		webACLType:    {"wafv2:CreateWebACL", func(name string) string { return regionalARN("wafv2", "regional/webacl/"+name+"-1a2b3c4/0123") }},
		topicType:     {"sns:CreateTopic", func(name string) string { return regionalARN("sns", name+"-1a2b3c4") }},
		bucketType:    {"s3:CreateBucket", func(name string) string { return "arn:aws:s3:::" + name + "-1a2b3c4" }},
		alarmType:     {"cloudwatch:PutMetricAlarm", func(name string) string { return regionalARN("cloudwatch", "alarm:"+name+"-1a2b3c4") }},
		dashboardType: {"cloudwatch:PutDashboard", func(name string) string { return globalARN("cloudwatch", "dashboard/"+name) }},
		roleType:      {"iam:CreateRole", func(name string) string { return globalARN("iam", "role/"+name+"-1a2b3c4") }},
	}
	for typ, call := range arns {
		for _, r := range deployed.all(typ, "") {
			isGitHubs := strings.Contains(r.name, "-github-")
			if got := len(about(may, call.action, call.arn(r.name))) > 0; got == isGitHubs {
				t.Errorf("%s on %s is allowed: %v", call.action, call.arn(r.name), got)
			}
		}
	}
	for _, group := range deployed.all(logGroupType, "") {
		if arn := regionalARN("logs", "log-group:"+group.at(t, "name").(string)); len(about(may, "logs:CreateLogGroup", arn)) == 0 {
			t.Errorf("logs:CreateLogGroup on %s is denied", arn)
		}
	}
}

func TestTheDeployRoleTouchesNoOtherStack(t *testing.T) {
	deployed := deploy(t, allOfGitHub)
	for role, others := range map[string][]string{
		"deploy": {testProject + "-prod", testName + "-2", testProject + "-pr-1", "other-dev"},
		"review": {testProject + "-prod", testName, "other-pr-1"},
	} {
		may := deployed.policiesOf(t, role)
		for _, other := range others {
			for action, arn := range map[string]string{
				"ecr:DeleteRepository":                    regionalARN("ecr", "repository/"+other),
				"ecs:UpdateService":                       regionalARN("ecs", "service/"+other+"-1a2b3c4/"+other+"-1a2b3c4"),
				"ecs:DeleteCluster":                       regionalARN("ecs", "cluster/"+other+"-1a2b3c4"),
				"elasticloadbalancing:DeleteLoadBalancer": regionalARN("elasticloadbalancing", "loadbalancer/app/"+other+"-1a2b3c4/0123"),
				"wafv2:DeleteWebACL":                      regionalARN("wafv2", "regional/webacl/"+other+"-1a2b3c4/0123"),
				"logs:DeleteLogGroup":                     regionalARN("logs", "log-group:/ecs/"+other),
				"sns:DeleteTopic":                         regionalARN("sns", other+"-alarms-1a2b3c4"),
				"s3:DeleteObject":                         "arn:aws:s3:::" + other + "-access-logs-1a2b3c4/a",
				"cloudwatch:DeleteDashboards":             globalARN("cloudwatch", "dashboard/"+other),
				"cloudwatch:DeleteAlarms":                 regionalARN("cloudwatch", "alarm:"+other+"-latency-1a2b3c4"),
			} {
				if found := about(may, action, arn); len(found) > 0 {
					t.Errorf("%s lets the %s role %s on %s", found[0].Sid, role, action, arn)
				}
			}
		}
	}
}

// What has no name of its own is the stack's by its tags.
func TestWhatIsTaggedIsTheStacks(t *testing.T) {
	deployed := deploy(t, allOfGitHub)
	for role, want := range map[string]struct{ operator, stack string }{"deploy": {"StringEquals", testStack}, "review": {"StringLike", "pr-*"}} {
		for _, s := range deployed.policiesOf(t, role) {
			for _, action := range s.Action {
				service, call, _ := strings.Cut(action, ":")
				if service != "ec2" && service != "application-autoscaling" && service != "acm" || strings.HasPrefix(call, "Describe") || strings.HasPrefix(call, "List") {
					continue
				}
				of := s.Condition[want.operator]
				if !slices.ContainsFunc([]string{"aws:RequestTag/", "aws:ResourceTag/"}, func(tag string) bool {
					return of[tag+"Stack"] == want.stack && of[tag+"Project"] == testProject
				}) {
					t.Errorf("%s has %s without the tags of the stack: %v", s.Sid, action, s.Condition)
				}
			}
		}
	}
}

func TestTagsComeWithWhatIsMadeOrToWhatHasNone(t *testing.T) {
	for _, s := range about(deploy(t, allOfGitHub).policiesOf(t, "deploy"), "ec2:CreateTags", regionalARN("ec2", "security-group/sg-1")) {
		own := s.Condition["StringEquals"]["aws:ResourceTag/Stack"] == testStack
		_, made := s.Condition["StringEquals"]["ec2:CreateAction"]
		untagged := s.Condition["Null"]["aws:ResourceTag/Stack"] == "true"
		if !own && !made && !untagged {
			t.Errorf("%s lets it tag what is another stack's: %v", s.Sid, s.Condition)
		}
	}
}

func TestTheDeployRoleChangesTheRecordsOfTheDomainNameOnly(t *testing.T) {
	found := about(deploy(t, allOfGitHub).policiesOf(t, "deploy"), "route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/Z-example")
	if len(found) != 1 {
		t.Fatalf("there are %d statements on records", len(found))
	}
	names := found[0].Condition["ForAllValues:StringLike"]["route53:ChangeResourceRecordSetsNormalizedRecordNames"].([]any)
	if !slices.Equal(names, array{"app.example.com", "_*.app.example.com"}) || !slices.Equal(found[0].Resource, []string{"arn:aws:route53:::hostedzone/Z-example"}) {
		t.Errorf("records are %v of %v", names, found[0].Resource)
	}
	t.Run("and none without one", func(t *testing.T) {
		for _, s := range deploy(t, gitHub).policiesOf(t, "deploy") {
			if slices.Contains(s.Action, "route53:ChangeResourceRecordSets") || slices.Contains(s.Action, "acm:RequestCertificate") {
				t.Errorf("there is %s", s.Sid)
			}
		}
	})
}

func TestTheBoundary(t *testing.T) {
	document := deploy(t, allOfGitHub).one(t, policyType, "-boundary").document(t, "policy")
	t.Run("lets the execution role read the secrets of the config, and no others", func(t *testing.T) {
		for resource, want := range map[string]int{databaseSecret: 1, strings.Replace(databaseSecret, "shop", "other", 1): 0} {
			if got := about(document.Statement, "secretsmanager:GetSecretValue", resource); len(got) != want {
				t.Errorf("%d statements let it read %s", len(got), resource)
			}
		}
	})
	t.Run("lets the app do all but give permissions", func(t *testing.T) {
		for _, s := range document.Statement {
			for _, denied := range []string{"iam:*", "sts:*", "organizations:*"} {
				if s.Sid == "RunApp" && !slices.Contains(s.NotAction, denied) {
					t.Errorf("the app may do %s", denied)
				}
			}
		}
	})
	t.Run("keeps the app from the state", func(t *testing.T) {
		for action, resource := range map[string]string{"s3:*": "arn:aws:s3:::octocat-state/.pulumi/stacks/a", "kms:*": stateKey} {
			found := about(document.Statement, action, resource)
			if !slices.ContainsFunc(found, func(s statement) bool { return s.Effect == "Deny" }) {
				t.Errorf("%s on %s is not denied", action, resource)
			}
		}
	})
	t.Run("is only for what starting tasks takes where the app has no policies", func(t *testing.T) {
		for _, s := range deploy(t, gitHub).one(t, policyType, "-boundary").document(t, "policy").Statement {
			if len(s.NotAction) > 0 {
				t.Errorf("there is %s", s.Sid)
			}
		}
	})
}

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
func TestPoliciesStayWithinTheLimitsOfIAM(t *testing.T) {
	const longestPolicy, mostPolicies, longestTrust = 6144, 10, 2048
	e := &engine{}
	long := with(allOfGitHub, values{
		"githubRepository": strings.Repeat("o", 39) + "/" + strings.Repeat("r", 100),
		"githubBranch":     strings.Repeat("b", 100),
		"stateBucket":      strings.Repeat("s", 63),
		"githubReviews":    "false",
	})
	must(t, e.deploy(t, strings.Repeat("p", 60), strings.Repeat("s", 60), long))
	e2 := &engine{}
	must(t, e2.deploy(t, strings.Repeat("p", 14), testStack, with(long, values{"githubReviews": "true"})))
	for _, deployed := range []stack{e.stack, e2.stack} {
		attached := map[any]int{}
		for _, policy := range deployed.all(policyType, "") {
			if got := len(policy.at(t, "policy").(string)); got > longestPolicy {
				t.Errorf("policy %s has %d characters", policy.name, got)
			}
		}
		for _, attachment := range deployed.all(attachmentType, "") {
			attached[attachment.at(t, "role")]++
		}
		for role, count := range attached {
			if count > mostPolicies {
				t.Errorf("role %s has %d policies", role, count)
			}
		}
		for _, role := range deployed.all(roleType, "") {
			if got := len(role.at(t, "assumeRolePolicy").(string)); got > longestTrust {
				t.Errorf("trust of %s has %d characters", role.name, got)
			}
		}
	}
}
