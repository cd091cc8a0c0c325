package infra

import (
	"fmt"
	"maps"
	"math/bits"
	"net/mail"
	"net/netip"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	// maximumTasksPerService is the ECS quota "Tasks per service".
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html
	maximumTasksPerService = 5000

	// maximumStopTimeoutSeconds is what Fargate allows as stopTimeout.
	// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
	maximumStopTimeoutSeconds = 120

	// minimumZones is what an Application Load Balancer asks for.
	minimumZones = 2
	// maximumZones is what the largest AWS region has.
	maximumZones = 6

	// widestVPC is the shortest prefix that AWS takes for a VPC.
	// https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
	widestVPC = 16

	// narrowestLoadBalancerSubnet is the longest prefix that an Application
	// Load Balancer takes for a subnet.
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
	narrowestLoadBalancerSubnet = 27

	// longestAccessLogs is ten years, more than anybody looks at them for.
	longestAccessLogs = 3650

	// longestCertifiedName is what ACM takes as the first name of a certificate,
	// and longestName what DNS takes.
	// https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html
	longestCertifiedName = 64
	longestName          = 253

	// reviewStack begins the names of review stacks, which end with the number of
	// a pull request. No repository on GitHub has a longer one.
	reviewStack     = "pr-"
	lastPullRequest = "999999"

	// longestHealthCheckPath is the limit of a target group.
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
	longestHealthCheckPath = 1024
)

// logRetentionPeriods are the days that CloudWatch Logs takes.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
var logRetentionPeriods = []int{
	1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731,
	1096, 1827, 2192, 2557, 2922, 3288, 3653,
}

// environmentName is a portable name of an environment variable (POSIX).
var environmentName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// keyARN is the ARN of a KMS key, in one region or in several (mrk-).
// https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id
var keyARN = regexp.MustCompile(`^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$`)

// policyARN is the ARN of an IAM policy, AWS's own or an account's.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
var policyARN = regexp.MustCompile(`^arn:aws[a-z-]*:iam::(aws|[0-9]{12}):policy/[A-Za-z0-9_+=,.@/-]+$`)

// healthCheckPath is an absolute path, with an optional query, of the
// characters that a target group takes.
var healthCheckPath = regexp.MustCompile(`^/[A-Za-z0-9\-._~/%&?=+,;:@!$'()*]*$`)

// hostName is a name in DNS with two labels or more, as Route 53 writes it: in
// lower case, without a dot at its end.
var hostName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// certificateResource is an ARN of ACM. Its region and account are compared
// by [Config.CheckAccount].
var certificateResource = regexp.MustCompile(`^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[A-Za-z0-9-]+$`)

// repositoryName is the name of a repository on GitHub, with the ids of its
// owner and itself or without.
var repositoryName = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9_-]{0,38})(@[0-9]+)?/([A-Za-z0-9._-]{1,100})(@[0-9]+)?$`)

// branchName is the name of a branch of the characters that people use in them.
// Git takes some more, which would have to be quoted in a policy.
var branchName = regexp.MustCompile(`^[A-Za-z0-9_]+([./-][A-Za-z0-9_]+)*$`)

// bucketName is the name of a bucket in S3.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// check records the problems that take more than one setting, or the machine,
// to see.
func (s *settings) check(c *Config) {
	s.checkApp(c)
	s.checkBuild(c, thisMachine())
	s.checkHealthCheck(c)
	s.checkEnvironment(c)
	s.checkSecrets(c)
	s.checkSecretKeys(c)
	s.checkPolicies(c)
	s.checkSize(c)
	s.checkTaskCount(c)
	s.checkSchedule(c)
	s.checkSpot(c)
	s.checkLogRetention("logRetentionDays", c.LogRetentionDays, logRetentionPeriods)
	s.checkLogRetention("flowLogDays", c.FlowLogDays, slices.Concat([]int{0}, logRetentionPeriods))
	s.checkAlarmEmail(c)
	s.checkVPC(c)
	s.checkDomain(c)
	s.checkZone(c)
	s.checkCertificate(c)
	s.checkBoundary(c)
	s.checkGitHub(c)
	s.checkReviews(c)
	s.checkState(c)
	s.checkCredentials()
}

// elsewhere are settings of the AWS provider with which it may work in another
// account than the program, which asks AWS by itself how a rollout goes on.
var elsewhere = []string{
	"accessKey", "assumeRole", "assumeRoles", "assumeRoleWithWebIdentity", "endpoints",
	"secretKey", "sharedConfigFiles", "sharedCredentialsFiles", "token",
}

func (s *settings) checkCredentials() {
	for _, name := range elsewhere {
		key := "aws:" + name
		if _, set := s.source.GetConfig(key); set {
			s.problems = append(s.problems, Problem{Key: key,
				Allowed: "in an AWS profile, where all that asks AWS finds it",
				Mend:    fmt.Sprintf("name the profile with: pulumi config set aws:profile <profile>, and remove the setting with: pulumi config rm %s", key)})
		}
	}
}

func (s *settings) checkApp(c *Config) {
	if s.sound("appDirectory") {
		if info, err := os.Stat(c.AppDirectory); err != nil || !info.IsDir() {
			s.problem("appDirectory", c.AppDirectory, "an existing directory"+from())
		}
	}
	if s.sound("dockerfile") {
		if info, err := os.Stat(c.Dockerfile); err != nil || !info.Mode().IsRegular() {
			s.problem("dockerfile", c.Dockerfile, "an existing file"+from())
		}
	}
}

// from says where relative paths start: pulumi can be called from elsewhere.
func from() string {
	directory, err := filepath.Abs(".")
	if err != nil {
		return ""
	}
	return ", relative to " + directory
}

func (s *settings) checkHealthCheck(c *Config) {
	if !s.sound("healthCheckPath") {
		return
	}
	if !healthCheckPath.MatchString(c.HealthCheckPath) || len(c.HealthCheckPath) > longestHealthCheckPath {
		s.problem("healthCheckPath", c.HealthCheckPath,
			fmt.Sprintf("a path that begins with / and has at most %d characters, none of them a space", longestHealthCheckPath))
	}
}

// checkEnvironment names variables but never their values, which may be secret.
func (s *settings) checkEnvironment(c *Config) {
	for _, name := range slices.Sorted(maps.Keys(c.Environment)) {
		if !s.checkVariable("environment", name) || slices.Contains(c.PublicVariables, name) {
			continue
		}
		if what := looksLike(name, c.Environment[name]); what != "" {
			s.problems = append(s.problems, Problem{Key: s.name("environment." + name),
				Allowed: "no credential, but it looks like " + what + ", and whoever may read the task definition may read it",
				Mend: fmt.Sprintf("keep it in Secrets Manager or SSM, with another value if somebody has seen this one, then: "+
					"pulumi config set --path '%s[%q]' <ARN>, and pulumi config rm --path '%s[%q]'; if it is none: pulumi config set --path '%s[%d]' %s",
					s.name("secrets"), name, s.name("environment"), name, s.name("publicVariables"), len(c.PublicVariables), name)})
		}
	}
	for _, name := range c.PublicVariables {
		if _, ok := c.Environment[name]; !ok && s.sound("environment", "publicVariables") {
			s.problem("publicVariables", name, "names of variables in environment")
		}
	}
}

// checkVariable checks the name of a variable in environment or in secrets.
func (s *settings) checkVariable(setting, name string) bool {
	wrong := Problem{
		Key:  s.name(setting + "." + name),
		Mend: fmt.Sprintf("remove it with: pulumi config rm --path '%s[%q]'", s.name(setting), name),
	}
	switch {
	case !environmentName.MatchString(name):
		wrong.Allowed = "named with letters, digits and _ only, and not begin with a digit"
	case slices.Contains(programVariables, name):
		wrong.Allowed = "left out, the program sets it"
	default:
		return true
	}
	s.problems = append(s.problems, wrong)
	return false
}

// checkSecrets repeats no value that is no ARN, since it may be the secret.
func (s *settings) checkSecrets(c *Config) {
	for _, name := range slices.Sorted(maps.Keys(c.Secrets)) {
		if !s.checkVariable("secrets", name) {
			continue
		}
		key := s.name("secrets." + name)
		if _, ok := c.Environment[name]; ok {
			s.problems = append(s.problems, Problem{Key: key,
				Allowed: "either here or in environment",
				Mend:    fmt.Sprintf("remove it there with: pulumi config rm --path '%s[%q]'", s.name("environment"), name)})
		}
		if _, ok := parseSecret(c.Secrets[name]); !ok {
			s.problems = append(s.problems, Problem{Key: key,
				Allowed: "the whole ARN of a secret, arn:aws:secretsmanager:<region>:<account>:secret:<name>-<six characters>, " +
					"with :<JSON key>:<version stage>:<version id> behind it or nothing, or of a parameter, arn:aws:ssm:<region>:<account>:parameter/<name>",
				Mend: fmt.Sprintf("set it with: pulumi config set --path '%s[%q]' <ARN>", s.name("secrets"), name)})
		}
	}
}

func (s *settings) checkSecretKeys(c *Config) {
	for _, arn := range c.SecretKeyARNs {
		if !keyARN.MatchString(arn) {
			s.problem("secretKeyArns", arn, "ARNs of KMS keys, like arn:aws:kms:<region>:<account>:key/<id>; IAM takes no alias")
		}
	}
	if len(c.Secrets) == 0 && len(c.SecretKeyARNs) > 0 {
		s.problem("secretKeyArns", "", "empty while there are no secrets")
	}
}

// checkPolicies checks also that no two policies have one name, which is what
// their attachments are told apart by.
func (s *settings) checkPolicies(c *Config) {
	names := map[string]bool{}
	for _, arn := range c.TaskPolicyARNs {
		name := path.Base(arn)
		switch {
		case !policyARN.MatchString(arn):
			s.problem("taskPolicyArns", arn, "ARNs of IAM policies, like arn:aws:iam::<account>:policy/<name>")
		case names[name]:
			s.problem("taskPolicyArns", arn, "policies with a name each")
		}
		names[name] = true
	}
}

func (s *settings) checkSize(c *Config) {
	if !s.sound("cpu", "memory") {
		return
	}
	sizes, ok := fargateMemory[c.CPU]
	if !ok {
		s.problem("cpu", fmt.Sprint(c.CPU), fmt.Sprintf("a size that Fargate has: %s (nearest: %s)",
			list(fargateCPUs()), list(nearest(fargateCPUs(), c.CPU))))
		return
	}
	if !slices.Contains(sizes, c.Memory) {
		s.problem("memory", fmt.Sprint(c.Memory), fmt.Sprintf("a size that Fargate has with cpu %d: %d to %d (nearest: %s)",
			c.CPU, sizes[0], sizes[len(sizes)-1], list(nearest(sizes, c.Memory))))
	}
}

func (s *settings) checkTaskCount(c *Config) {
	if s.sound("minimumTaskCount", "maximumTaskCount") && c.MinimumTaskCount > c.MaximumTaskCount {
		s.problem("maximumTaskCount", fmt.Sprint(c.MaximumTaskCount),
			fmt.Sprintf("at least minimumTaskCount, which is %d", c.MinimumTaskCount))
	}
}

// checkSchedule checks that tasks that are stopped are started again.
func (s *settings) checkSchedule(c *Config) {
	if !s.sound("schedule") || !c.Schedule.On() {
		return
	}
	for _, part := range []struct{ name, value, example string }{
		{"stop", c.Schedule.Stop, "cron(0 19 ? * MON-FRI *)"},
		{"start", c.Schedule.Start, "cron(0 7 ? * MON-FRI *)"},
	} {
		if _, err := parseCron(part.value); err != nil {
			s.partProblem("schedule", part.name, part.value,
				fmt.Sprintf("a cron expression of AWS, like %s, since a schedule has both stop and start: %s", part.example, err))
		}
	}
	if c.Schedule.Start != "" && c.Schedule.Start == c.Schedule.Stop {
		s.partProblem("schedule", "start", c.Schedule.Start, "another time than stop")
	}
	if _, err := time.LoadLocation(c.Schedule.TimeZone); err != nil || c.Schedule.TimeZone == "Local" {
		s.partProblem("schedule", "timeZone", c.Schedule.TimeZone, "the IANA name of a time zone, like Europe/Berlin or UTC")
	}
}

// checkSpot checks that there can be tasks on Fargate Spot.
func (s *settings) checkSpot(c *Config) {
	if s.sound("minimumTaskCount", "maximumTaskCount", "spotPercent") && c.SpotPercent > 0 && c.MaximumTaskCount == c.MinimumTaskCount {
		s.problem("spotPercent", fmt.Sprint(c.SpotPercent),
			fmt.Sprintf("0 while maximumTaskCount is minimumTaskCount, which is %d: there are no tasks beyond it", c.MinimumTaskCount))
	}
}

func (s *settings) checkLogRetention(key string, days int, periods []int) {
	if s.sound(key) && !slices.Contains(periods, days) {
		s.problem(key, fmt.Sprint(days), fmt.Sprintf("a period that CloudWatch has: %s (nearest: %s)",
			list(periods), list(nearest(periods, days))))
	}
}

func (s *settings) checkAlarmEmail(c *Config) {
	if c.AlarmEmail == "" || !s.sound("alarms", "alarmEmail") {
		return
	}
	if address, err := mail.ParseAddress(c.AlarmEmail); err != nil || address.Address != c.AlarmEmail {
		s.problem("alarmEmail", c.AlarmEmail, "an e-mail address without a name, like ops@example.com")
	} else if !c.Alarms {
		s.problem("alarmEmail", c.AlarmEmail, "empty while alarms is false, since there is nothing to tell")
	}
}

// checkVPC checks that the range is one that AWS takes and that each public
// subnet cut from it can hold a load balancer. awsx gives each zone an equal
// power-of-two share, half of it to the private subnet and a quarter to the
// public one.
func (s *settings) checkVPC(c *Config) {
	if !s.sound("vpcCidr") {
		return
	}
	zones := c.AvailabilityZoneCount
	if !s.sound("availabilityZoneCount") {
		zones = minimumZones
	}
	zoneBits := bits.Len(uint(zones - 1))
	narrowest := narrowestLoadBalancerSubnet - zoneBits - 2
	block, err := netip.ParsePrefix(c.VPCCIDR)
	if err != nil || !block.Addr().Is4() || block != block.Masked() || block.Bits() < widestVPC || block.Bits() > narrowest {
		s.problem("vpcCidr", c.VPCCIDR, fmt.Sprintf(
			"an IPv4 range in CIDR notation from its first address, /%d to /%d with %d zones (like 10.0.0.0/16)",
			widestVPC, narrowest, zones))
	}
}

func (s *settings) checkDomain(c *Config) {
	longest := longestCertifiedName
	if c.CertificateARN != "" {
		longest = longestName
	}
	if c.DomainName != "" && (!hostName.MatchString(c.DomainName) || len(c.DomainName) > longest) {
		s.problem("domainName", c.DomainName,
			fmt.Sprintf("a host name like app.example.com, in lower case and of %d characters at most", longest))
	}
}

// checkZone checks that the domain name is in its zone. A zone that is not
// named is looked for above the domain name.
func (s *settings) checkZone(c *Config) {
	zone := c.recordsZone()
	switch {
	case c.HostedZoneName != "" && !hostName.MatchString(zone):
		s.problem("hostedZoneName", zone, "the name of a Route 53 zone, like example.com")
	case !s.sound("domainName") || zone == "":
	case !hostName.MatchString(zone):
		s.problem("hostedZoneName", "", fmt.Sprintf("the Route 53 zone that domainName is in, since %q is nobody's", zone))
	case c.DomainName != zone && !strings.HasSuffix(c.DomainName, "."+zone):
		s.problem("hostedZoneName", zone, fmt.Sprintf("a zone that domainName is in, which is %q", c.DomainName))
	}
}

func (s *settings) checkCertificate(c *Config) {
	if c.CertificateARN != "" && !certificateResource.MatchString(c.CertificateARN) {
		s.problem("certificateArn", c.CertificateARN, "the ARN of a certificate in ACM, like arn:aws:acm:<region>:<account>:certificate/<id>")
	}
}

func (s *settings) checkBoundary(c *Config) {
	if c.PermissionsBoundaryARN != "" && !policyARN.MatchString(c.PermissionsBoundaryARN) {
		s.problem("permissionsBoundaryArn", c.PermissionsBoundaryARN, "the ARN of an IAM policy, like arn:aws:iam::<account>:policy/<name>")
	}
}

func (s *settings) checkGitHub(c *Config) {
	if c.GitHubRepository == "" {
		return
	}
	if parts := repositoryName.FindStringSubmatch(c.GitHubRepository); parts == nil || (parts[2] == "") != (parts[4] == "") {
		s.problem("githubRepository", c.GitHubRepository, "a repository on GitHub, like octocat/shop, or with the ids of both like octocat@123456/shop@456789")
	}
	if s.sound("githubBranch") && !branchName.MatchString(c.GitHubBranch) {
		s.problem("githubBranch", c.GitHubBranch, "a branch, like main, of letters, digits and single . / - or _ between them")
	}
}

// checkReviews checks that review stacks can be told by their names from all
// other stacks, as their role does.
func (s *settings) checkReviews(c *Config) {
	if !c.GitHubReviews {
		return
	}
	if c.GitHubRepository == "" {
		s.problem("githubReviews", "true", "false while githubRepository is empty, since review stacks are of its pull requests")
	}
	project := s.source.Project()
	if last := reviewStack + lastPullRequest; baseName(project, last) != project+"-"+last {
		s.problems = append(s.problems, Problem{Key: s.name("githubReviews"), Value: "true",
			Allowed: fmt.Sprintf("false in a project named %s, since the names of its review stacks would be changed: they take lower-case letters, digits and hyphens, and %d characters at most",
				project, longestBaseName-len("-"+last)),
			Mend: fmt.Sprintf("rename the project in Pulumi.yaml, or turn it off with: pulumi config set %s false", s.name("githubReviews"))})
	}
}

// checkState checks what the roles for GitHub may read and write of the state.
func (s *settings) checkState(c *Config) {
	for _, setting := range []struct {
		key, value string
		legal      bool
		allowed    string
	}{
		{"stateBucket", c.StateBucket, bucketName.MatchString(c.StateBucket) && !strings.Contains(c.StateBucket, ".."),
			"the name of an S3 bucket, without s3://"},
		{"stateKeyArn", c.StateKeyARN, keyARN.MatchString(c.StateKeyARN),
			"the ARN of a KMS key, like arn:aws:kms:<region>:<account>:key/<id>; IAM takes no alias"},
	} {
		switch {
		case setting.value == "":
		case !setting.legal:
			s.problem(setting.key, setting.value, setting.allowed)
		case c.GitHubRepository == "":
			s.problem(setting.key, setting.value, "empty while githubRepository is, whose roles it is for")
		}
	}
}

// checkCertificateIsIn checks that the load balancer can use the certificate.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/https-listener-certificates.html
func (s *settings) checkCertificateIsIn(c *Config, account *Account) {
	if own := account.arn("acm", "certificate/"); c.CertificateARN != "" && !strings.HasPrefix(c.CertificateARN, own) {
		s.problem("certificateArn", c.CertificateARN, "in the account and the region of the stack, so that it begins with "+own)
	}
}

// checkPartition checks that ARNs are in the stack's partition, beyond which
// nobody's permissions reach, and that secrets can be reached from the tasks'
// subnets.
func (s *settings) checkPartition(c *Config, account *Account) {
	own := "arn:" + account.Partition + ":"
	for _, setting := range []struct {
		key  string
		arns []string
	}{
		{"secrets", slices.Sorted(maps.Values(c.Secrets))},
		{"secretKeyArns", c.SecretKeyARNs},
		{"taskPolicyArns", c.TaskPolicyARNs},
		{"permissionsBoundaryArn", []string{c.PermissionsBoundaryARN}},
		{"stateKeyArn", []string{c.StateKeyARN}},
	} {
		for _, arn := range setting.arns {
			if arn != "" && !strings.HasPrefix(arn, own) {
				s.problem(setting.key, arn, "in the partition of the stack, so that it begins with "+own)
			}
		}
	}
	for _, arn := range slices.Sorted(maps.Values(c.Secrets)) {
		if secret, _ := parseSecret(arn); c.NATStrategy == NATNone && secret.region != account.Region {
			s.problem("secrets", arn, "in "+account.Region+" with natStrategy none, since a VPC endpoint leads to no other region")
		}
	}
}
