package infra

import (
	"errors"
	"maps"
	"strings"
	"testing"
)

func TestBadConfigStopsBeforeTheFirstResource(t *testing.T) {
	tests := []struct {
		statement string
		values    values
		// want are parts of the error: the key, the value and what is allowed.
		want []string
	}{
		{"CPU that Fargate has not", values{"cpu": "300"}, []string{`fargate-stack:cpu is "300"`, "nearest: 256, 512"}},
		{"CPU below the smallest", values{"cpu": "1"}, []string{`fargate-stack:cpu is "1"`, "nearest: 256)"}},
		{"CPU above the largest", values{"cpu": "99999"}, []string{`fargate-stack:cpu is "99999"`, "nearest: 16384)"}},
		{"memory that does not go with the CPU", values{"cpu": "256", "memory": "4096"},
			[]string{`fargate-stack:memory is "4096"`, "with cpu 256: 512 to 2048", "nearest: 2048)"}},
		{"memory between two sizes", values{"cpu": "1024", "memory": "2500"}, []string{`"2500"`, "nearest: 2048, 3072)"}},
		{"port 0", values{"containerPort": "0"}, []string{`fargate-stack:containerPort is "0"`, "1 to 65535"}},
		{"port beyond the last", values{"containerPort": "70000"}, []string{`fargate-stack:containerPort is "70000"`, "1 to 65535"}},
		{"port that is a word", values{"containerPort": "abc"}, []string{`fargate-stack:containerPort is "abc"`, "1 to 65535"}},
		{"health path without slash", values{"healthCheckPath": "health"}, []string{`fargate-stack:healthCheckPath is "health"`, "begins with /"}},
		{"health path with a space", values{"healthCheckPath": "/he alth"}, []string{`"/he alth"`, "none of them a space"}},
		{"health path too long", values{"healthCheckPath": "/" + strings.Repeat("h", 1024)}, []string{"at most 1024 characters"}},
		{"share of Spot of no tasks", values{"spotPercent": "50", "minimumTaskCount": "2", "maximumTaskCount": "2"}, []string{`fargate-stack:spotPercent is "50"`, "no tasks beyond it"}},
		{"share of Spot beyond all", values{"spotPercent": "101"}, []string{`fargate-stack:spotPercent is "101"`, "0 to 100"}},
		{"minimum above maximum", values{"minimumTaskCount": "5", "maximumTaskCount": "2"},
			[]string{`fargate-stack:maximumTaskCount is "2"`, "at least minimumTaskCount, which is 5"}},
		{"maximum 0", values{"maximumTaskCount": "0"}, []string{`fargate-stack:maximumTaskCount is "0"`, "1 to 5000"}},
		{"minimum 0", values{"minimumTaskCount": "0"}, []string{`fargate-stack:minimumTaskCount is "0"`, "1 to 5000"}},
		{"range wider than a VPC", values{"vpcCidr": "10.0.0.0/8"}, []string{`fargate-stack:vpcCidr is "10.0.0.0/8"`, "/16 to /24 with 2 zones"}},
		{"range narrower than a VPC", values{"vpcCidr": "10.0.0.0/29"}, []string{`"10.0.0.0/29"`, "/16 to /24"}},
		{"range that is none", values{"vpcCidr": "300.1.1.1/16"}, []string{`"300.1.1.1/16"`, "IPv4 range"}},
		{"range in IPv6", values{"vpcCidr": "fd00::/16"}, []string{`"fd00::/16"`, "IPv4 range"}},
		{"range not from its first address", values{"vpcCidr": "10.0.1.0/16"}, []string{`"10.0.1.0/16"`, "from its first address"}},
		{"range too narrow for so many zones", values{"vpcCidr": "10.0.0.0/24", "availabilityZoneCount": "3"},
			[]string{`"10.0.0.0/24"`, "/16 to /23 with 3 zones"}},
		{"no zones", values{"availabilityZoneCount": "0"}, []string{`fargate-stack:availabilityZoneCount is "0"`, "2 to 6"}},
		{"one zone", values{"availabilityZoneCount": "1"}, []string{`fargate-stack:availabilityZoneCount is "1"`, "2 to 6"}},
		{"nine zones", values{"availabilityZoneCount": "9"}, []string{`fargate-stack:availabilityZoneCount is "9"`, "2 to 6"}},
		{"unknown NAT strategy", values{"natStrategy": "cheap"}, []string{`fargate-stack:natStrategy is "cheap"`, "none, single, onePerAz"}},
		{"unknown architecture", values{"architecture": "riscv"}, []string{`fargate-stack:architecture is "riscv"`, "arm64, x86_64"}},
		{"unknown Container Insights", values{"containerInsights": "on"}, []string{`"on"`, "disabled, enabled, enhanced"}},
		{"retention that CloudWatch has not", values{"logRetentionDays": "8"}, []string{`fargate-stack:logRetentionDays is "8"`, "nearest: 7, 14)"}},
		{"missing Dockerfile", values{"dockerfile": "Dockerfile.none"}, []string{`fargate-stack:dockerfile is "Dockerfile.none"`, "existing file"}},
		{"Dockerfile that is a directory", values{"dockerfile": "service"}, []string{`fargate-stack:dockerfile is "service"`, "existing file"}},
		{"missing app directory", values{"appDirectory": "nowhere"}, []string{`fargate-stack:appDirectory is "nowhere"`, "existing directory"}},
		{"app directory that is a file", values{"appDirectory": "main.go"}, []string{`fargate-stack:appDirectory is "main.go"`, "existing directory"}},
		{"illegal variable name", values{"environment": `{"1TOKEN":"hush"}`}, []string{"fargate-stack:environment.1TOKEN", "letters, digits and _"}},
		{"variable that the program sets", values{"environment": `{"PORT":"1"}`}, []string{"fargate-stack:environment.PORT", "the program sets it"}},
		{"variables that are a list", values{"environment": `["A"]`}, []string{"fargate-stack:environment is", "names with one string each"}},
		{"variable that holds a credential", values{"environment": `{"DATABASE":"postgres://app:hush-hush@db/shop"}`},
			[]string{"fargate-stack:environment.DATABASE must be no credential", "looks like a URL with a password", `secrets["DATABASE"]`, "publicVariables[0]"}},
		{"variable that is named like a credential", values{"environment": `{"DB_PASSWORD":"hush-hush"}`},
			[]string{"fargate-stack:environment.DB_PASSWORD must be no credential", "looks like what its name says"}},
		{"public variable that there is not", values{"publicVariables": `["API_KEY"]`},
			[]string{`fargate-stack:publicVariables is "API_KEY"`, "variables in environment"}},
		{"secret with an illegal name", values{"secrets": `{"A-B":"` + tokenSecret + `"}`}, []string{"fargate-stack:secrets.A-B", "letters, digits and _"}},
		{"secret that the program sets", values{"secrets": `{"PORT":"` + levelParameter + `"}`}, []string{"fargate-stack:secrets.PORT", "the program sets it"}},
		{"secret that is a variable too", values{"secrets": `{"LEVEL":"` + levelParameter + `"}`, "environment": `{"LEVEL":"debug"}`},
			[]string{"fargate-stack:secrets.LEVEL", "either here or in environment", `environment["LEVEL"]`}},
		{"secret that is no ARN", values{"secrets": `{"TOKEN":"hush-hush"}`}, []string{"fargate-stack:secrets.TOKEN", "the whole ARN of a secret"}},
		{"key of no secret", values{"secretKeyArns": `["` + secretKey + `"]`}, []string{"fargate-stack:secretKeyArns", "no secrets"}},
		{"key that is an alias", values{"secretKeyArns": `["arn:aws:kms:eu-central-1:123456789012:alias/shop"]`, "secrets": someSecrets["secrets"]},
			[]string{"fargate-stack:secretKeyArns", "ARNs of KMS keys", "no alias"}},
		{"policy that is a name", values{"taskPolicyArns": `["AmazonSQSFullAccess"]`}, []string{`fargate-stack:taskPolicyArns is "AmazonSQSFullAccess"`, "ARNs of IAM policies"}},
		{"policies of one name", values{"taskPolicyArns": `["arn:aws:iam::aws:policy/A", "arn:aws:iam::123456789012:policy/team/A"]`},
			[]string{"fargate-stack:taskPolicyArns", "a name each"}},
		{"health check command that is a word", values{"containerHealthCheckCommand": `curl`}, []string{`"curl"`, "a list of strings"}},
		{"stop time that Fargate refuses", values{"shutdownSeconds": "121"}, []string{`fargate-stack:shutdownSeconds is "121"`, "1 to 120"}},
		{"schedule without a start", values{"schedule": `{"stop":"cron(0 19 * * ? *)"}`},
			[]string{"fargate-stack:schedule.start must be", "both stop and start", "--path 'fargate-stack:schedule.start'"}},
		{"schedule without a stop", values{"schedule": `{"start":"cron(0 7 * * ? *)"}`}, []string{"fargate-stack:schedule.stop must be"}},
		{"schedule that is no cron expression", values{"schedule": `{"stop":"19:00","start":"cron(0 7 * * ? *)"}`},
			[]string{`fargate-stack:schedule.stop is "19:00"`, "like cron(0 19 ? * MON-FRI *)"}},
		{"schedule that starts when it stops", values{"schedule": `{"stop":"cron(0 7 * * ? *)","start":"cron(0 7 * * ? *)"}`}, []string{"another time than stop"}},
		{"schedule in an unknown time zone", values{"schedule": `{"stop":"cron(0 19 * * ? *)","start":"cron(0 7 * * ? *)","timeZone":"Berlin"}`},
			[]string{`fargate-stack:schedule.timeZone is "Berlin"`, "Europe/Berlin"}},
		{"schedule in the time zone of whoever deploys", values{"schedule": `{"stop":"cron(0 19 * * ? *)","start":"cron(0 7 * * ? *)","timeZone":"Local"}`},
			[]string{`fargate-stack:schedule.timeZone is "Local"`}},
		{"schedule of something else", values{"schedule": `{"pause":"cron(0 19 * * ? *)"}`}, []string{`fargate-stack:schedule is "pause"`, "stop, start and timeZone"}},
		{"CPU target without headroom", values{"cpuTargetPercent": "100"}, []string{`"100"`, "10 to 95"}},
		{"no requests at all", values{"requestsPerTargetPerMinute": "0"}, []string{`"0"`, "1 to 1000000"}},
		{"grace that ECS refuses", values{"healthCheckGraceSeconds": "-1"}, []string{`"-1"`, "0 to 3600"}},
		{"credentials that only the provider has", values{"aws:assumeRole": `{"roleArn":"arn:aws:iam::1:role/r"}`},
			[]string{"aws:assumeRole must be in an AWS profile", "aws:profile"}},
		{"limit of the firewall that AWS WAF refuses", values{"firewallRequestsPerAddress": "9"}, []string{`"9"`, "10 to 2000000000"}},
		{"domain name that is an address", values{"domainName": "https://app.example.com"},
			[]string{`fargate-stack:domainName is "https://app.example.com"`, "a host name like app.example.com"}},
		{"domain name without a dot", values{"domainName": "app"}, []string{`"app"`, "a host name like app.example.com"}},
		{"domain name in capitals", values{"domainName": "App.example.com"}, []string{`"App.example.com"`, "in lower case"}},
		{"domain name for many hosts", values{"domainName": "*.example.com"}, []string{`"*.example.com"`, "a host name"}},
		{"domain name with an empty label", values{"domainName": "app..example.com"}, []string{`"app..example.com"`, "a host name"}},
		{"domain name with a label too long", values{"domainName": strings.Repeat("a", 64) + ".com", "certificateArn": testCertificate}, []string{"a host name"}},
		{"domain name too long for a certificate of ACM", values{"domainName": strings.Repeat("a", 53) + ".example.com"}, []string{"of 64 characters at most"}},
		{"domain name too long for DNS", values{"domainName": strings.Repeat("a.", 125) + "com0", "certificateArn": testCertificate}, []string{"of 253 characters at most"}},
		{"domain name that no zone can be guessed for", values{"domainName": "example.com"},
			[]string{"fargate-stack:hostedZoneName must be", `"com" is nobody's`}},
		{"zone that is none", values{"domainName": "app.example.com", "hostedZoneName": "com"},
			[]string{`fargate-stack:hostedZoneName is "com"`, "the name of a Route 53 zone"}},
		{"zone that the domain name is not in", values{"domainName": "app.example.com", "hostedZoneName": "ample.com"},
			[]string{`fargate-stack:hostedZoneName is "ample.com"`, `domainName is in, which is "app.example.com"`}},
		{"zone without a domain name", values{"hostedZoneName": "example.com"}, []string{`fargate-stack:hostedZoneName is "example.com"`, "domainName"}},
		{"certificate of IAM", values{"certificateArn": "arn:aws:iam::123456789012:server-certificate/app"},
			[]string{`fargate-stack:certificateArn is "arn:aws:iam`, "a certificate in ACM"}},
		{"certificate that is only an id", values{"certificateArn": "12345678-1234-1234-1234-123456789012"}, []string{"fargate-stack:certificateArn", "the ARN of a certificate in ACM"}},
		{"alarms' address with a name", values{"alarmEmail": "Ops <ops@example.com>"}, []string{`fargate-stack:alarmEmail is "Ops <ops@example.com>"`, "without a name"}},
		{"alarms' address without alarms", values{"alarmEmail": "ops@example.com"}, []string{"fargate-stack:alarmEmail", "empty while alarms is false"}},
		{"alarm on no latency at all", values{"alarmLatencyMilliseconds": "0"}, []string{`fargate-stack:alarmLatencyMilliseconds is "0"`, "10 to 60000"}},
		{"access logs for longer than ten years", values{"accessLogDays": "3651"}, []string{`fargate-stack:accessLogDays is "3651"`, "0 to 3650"}},
		{"flow logs for a time that CloudWatch has not", values{"flowLogDays": "2"}, []string{`fargate-stack:flowLogDays is "2"`, "nearest: 1, 3)"}},
		{"boundary that is no policy", values{"permissionsBoundaryArn": "arn:aws:iam::123456789012:role/company"}, []string{"fargate-stack:permissionsBoundaryArn", "the ARN of an IAM policy"}},
		{"repository without an owner", values{"githubRepository": "shop"}, []string{`fargate-stack:githubRepository is "shop"`, "like octocat/shop"}},
		{"repository with the id of its owner alone", values{"githubRepository": "octocat@123/shop"}, []string{"fargate-stack:githubRepository", "the ids of both"}},
		{"repository that is a URL", values{"githubRepository": "https://github.com/octocat/shop"}, []string{"fargate-stack:githubRepository", "like octocat/shop"}},
		{"branch that is a pattern", values{"githubRepository": "octocat/shop", "githubBranch": "release/*"}, []string{`fargate-stack:githubBranch is "release/*"`, "a branch, like main"}},
		{"reviews of no repository", values{"githubReviews": "true"}, []string{`fargate-stack:githubReviews is "true"`, "false while githubRepository is empty"}},
		{"state's bucket that is a URL", values{"githubRepository": "octocat/shop", "stateBucket": "s3://state"}, []string{`fargate-stack:stateBucket is "s3://state"`, "without s3://"}},
		{"state's bucket for nobody", values{"stateBucket": "state"}, []string{"fargate-stack:stateBucket", "empty while githubRepository is"}},
		{"state's key that is an alias", values{"githubRepository": "octocat/shop", "stateKeyArn": "arn:aws:kms:eu-central-1:123456789012:alias/state"}, []string{"fargate-stack:stateKeyArn", "IAM takes no alias"}},
		{"state's key for nobody", values{"stateKeyArn": stateKey}, []string{"fargate-stack:stateKeyArn", "empty while githubRepository is"}},
		{"protection that is neither on nor off", values{"deletionProtection": "maybe"}, []string{`"maybe"`, "true or false"}},
	}
	all := values{}
	for _, test := range tests {
		maps.Copy(all, test.values)
		t.Run(test.statement, func(t *testing.T) {
			problems := configError(t, test.values).Problems
			if len(problems) != 1 {
				t.Fatalf("%d problems, want 1: %v", len(problems), problems)
			}
			for _, part := range append(test.want, "pulumi config ") {
				if !strings.Contains(problems[0].String(), part) {
					t.Errorf("%q does not contain %q", problems[0], part)
				}
			}
		})
	}
	t.Run("all problems are told at once", func(t *testing.T) {
		all["vpcCidr"] = "10.0.0.0/8"                           // wrong with any number of zones
		all["domainName"], all["hostedZoneName"] = "app", "com" // each wrong by itself
		all["githubRepository"], all["githubReviews"] = "shop", "maybe"
		all["stateBucket"], all["stateKeyArn"] = "s3://state", "alias/state"
		wrong := configError(t, all)
		for key := range all {
			if !strings.Contains(wrong.Error(), fullName(testProject, key)) {
				t.Errorf("nothing is said of %s:\n%s", key, wrong)
			}
		}
	})
}

// configError deploys what can't be deployed and returns why.
func configError(t *testing.T, v values) *ConfigError {
	t.Helper()
	e := &engine{}
	err := e.deploy(t, testProject, testStack, v)
	var wrong *ConfigError
	if !errors.As(err, &wrong) {
		t.Fatalf("the error is %v, want a ConfigError", err)
	}
	e.expectNothing(t)
	return wrong
}

// expectNothing checks that nothing was registered.
func (e *engine) expectNothing(t *testing.T) {
	t.Helper()
	for _, r := range e.stack.resources {
		if r.name != existing {
			t.Errorf("%s %s was registered", r.typ, r.name)
		}
	}
}

// The account and the region are known only when AWS has said them, and so
// these problems are told by themselves.
func TestCertificateElsewhereStopsBeforeTheFirstResource(t *testing.T) {
	for statement, arn := range map[string]string{
		"in another region":  "arn:aws:acm:us-east-1:123456789012:certificate/1a",
		"of another account": "arn:aws:acm:eu-central-1:210987654321:certificate/1a",
	} {
		t.Run(statement, func(t *testing.T) {
			wrong := configError(t, values{"certificateArn": arn}).Error()
			if !strings.Contains(wrong, arn) || !strings.Contains(wrong, "arn:aws:acm:eu-central-1:123456789012:certificate/") {
				t.Errorf("the error is %s", wrong)
			}
		})
	}
}

func TestWhatIsWrongWithWhereTheStackIsStopsItToo(t *testing.T) {
	const elsewhere = "arn:aws:ssm:eu-west-1:123456789012:parameter/level"
	tests := []struct {
		statement string
		values    values
		want      []string
	}{
		{"secret in another partition", values{"secrets": `{"LEVEL":"arn:aws-cn:ssm:cn-north-1:123456789012:parameter/level"}`},
			[]string{"fargate-stack:secrets", "begins with arn:aws:"}},
		{"boundary in another partition", values{"permissionsBoundaryArn": "arn:aws-cn:iam::123456789012:policy/company"},
			[]string{"fargate-stack:permissionsBoundaryArn", "begins with arn:aws:"}},
		{"policy in another partition", values{"taskPolicyArns": `["arn:aws-us-gov:iam::aws:policy/A"]`},
			[]string{"fargate-stack:taskPolicyArns", "begins with arn:aws:"}},
		{"secret in another region without NAT", values{"secrets": `{"LEVEL":"` + elsewhere + `"}`, "natStrategy": "none"},
			[]string{"fargate-stack:secrets", "in eu-central-1"}},
	}
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			wrong := configError(t, test.values)
			for _, part := range test.want {
				if len(wrong.Problems) != 1 || !strings.Contains(wrong.Error(), part) {
					t.Errorf("%q does not contain %q, and nothing else", wrong, part)
				}
			}
		})
	}
	t.Run("a secret in another region can be reached with NAT", func(t *testing.T) {
		deploy(t, values{"secrets": `{"LEVEL":"` + elsewhere + `"}`})
	})
}

func TestSecretValuesAreNotRepeated(t *testing.T) {
	for statement, test := range map[string]struct {
		values values
		secret []string
	}{
		"a secret setting":         {values{"environment": `"hush-hush"`}, []string{"environment"}},
		"a credential":             {values{"environment": `{"TOKEN":"hush-hush","URL":"ftp://me:hush-hush@host"}`}, nil},
		"a secret that is no ARN":  {values{"secrets": `{"TOKEN":"hush-hush"}`}, nil},
		"an illegally named value": {values{"environment": `{"1TOKEN":"hush-hush"}`}, nil},
	} {
		t.Run(statement, func(t *testing.T) {
			e := &engine{}
			err := e.deploy(t, testProject, testStack, test.values, test.secret...)
			if err == nil || strings.Contains(err.Error(), "hush") {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestEachDefaultIsDeployable(t *testing.T) {
	deploy(t, nil)
}

func TestEachSizeOfFargateIsDeployable(t *testing.T) {
	s := settings{}
	for cpu, sizes := range fargateMemory {
		for _, memory := range sizes {
			s.checkSize(&Config{CPU: cpu, Memory: memory})
		}
	}
	if len(s.problems) > 0 {
		t.Error(s.problems)
	}
}

func TestReviewStacksNeedNamesThatAreTheirs(t *testing.T) {
	tests := []struct {
		statement, project string
		want               bool
	}{
		{"a short name is theirs", "shop", true},
		{"the longest name is theirs", strings.Repeat("p", 14), true},
		{"a longer name would be cut", strings.Repeat("p", 15), false},
		{"a name with capitals would be changed", "Shop", false},
	}
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			e := &engine{}
			err := e.deploy(t, test.project, testStack, values{"githubRepository": "octocat/shop", "githubReviews": "true"})
			if (err == nil) != test.want || err != nil && !strings.Contains(err.Error(), "rename the project in Pulumi.yaml") {
				t.Errorf("the error is %v", err)
			}
		})
	}
}
