package infra

import "strings"

// Config is what a stack is deployed from: the settings declared in
// Pulumi.yaml, which also holds their defaults, read and checked.
type Config struct {
	// AppDirectory is the app's directory and Docker's build context.
	AppDirectory string
	// Dockerfile is the path of the app's Dockerfile.
	Dockerfile string
	// ContainerPort is the TCP port that the app listens on.
	ContainerPort int
	// HealthCheckPath is the path that answers 200 while the app is well.
	HealthCheckPath string
	// ContainerHealthCheckCommand is run in the container by ECS; empty for none.
	ContainerHealthCheckCommand []string
	// Environment holds the app's environment variables by name.
	Environment map[string]string
	// EnvironmentIsSecret tells that the stack keeps Environment encrypted.
	EnvironmentIsSecret bool
	// PublicVariables are the names of those in Environment that are no
	// credentials, though they look so.
	PublicVariables []string

	// CPU is a task's size in CPU units; 1024 are one vCPU.
	CPU int
	// Memory is a task's memory in MiB.
	Memory int
	// Architecture is the processor that tasks run on.
	Architecture Architecture

	// MinimumTaskCount is the number of tasks that always run.
	MinimumTaskCount int
	// MaximumTaskCount is the number of tasks that autoscaling stops at.
	MaximumTaskCount int
	// CPUTargetPercent is the average CPU use that autoscaling holds.
	CPUTargetPercent int
	// RequestsPerTargetPerMinute is the load of a task that autoscaling holds.
	RequestsPerTargetPerMinute int

	// ShutdownSeconds is what a task has to finish the requests in flight.
	ShutdownSeconds int
	// HealthCheckGraceSeconds is how long a new task may fail health checks.
	HealthCheckGraceSeconds int
	// ContainerInsights is the cluster's setting of that name.
	ContainerInsights string
	// LogRetentionDays is how long CloudWatch keeps the app's logs.
	LogRetentionDays int

	// VPCCIDR is the VPC's IPv4 range.
	VPCCIDR string
	// AvailabilityZoneCount is the number of zones with subnets.
	AvailabilityZoneCount int
	// NATStrategy is the way out of the private subnets.
	NATStrategy NATStrategy

	// DomainName is the app's host name, empty for the load balancer's own.
	DomainName string
	// HostedZoneName is the Route 53 zone that DomainName gets records in, empty
	// for the usual one.
	HostedZoneName string
	// CertificateARN is the certificate of HTTPS where it is not made here.
	CertificateARN string

	// Secrets are the ARNs of the values of environment variables, by name.
	Secrets map[string]string
	// SecretKeyARNs are the KMS keys that the secrets are encrypted with.
	SecretKeyARNs []string
	// TaskPolicyARNs are the IAM policies of the task role.
	TaskPolicyARNs []string
	// PermissionsBoundaryARN is what bounds all roles, empty for the boundary that
	// GitHubRepository brings, or none.
	PermissionsBoundaryARN string

	// Alarms turns alarms on.
	Alarms bool
	// AlarmEmail is the address that alarms are told to, empty for none.
	AlarmEmail string
	// AlarmLatencyMilliseconds is the response time that sets off an alarm.
	AlarmLatencyMilliseconds int
	// Dashboard turns the dashboard on.
	Dashboard bool
	// AccessLogDays is how long access logs are kept, 0 for none.
	AccessLogDays int
	// FlowLogDays is how long flow logs are kept, 0 for none.
	FlowLogDays int
	// ECSExec lets people run commands in tasks.
	ECSExec bool

	// Firewall turns the web application firewall on.
	Firewall bool
	// FirewallRequestsPerAddress is what it lets through within five minutes.
	FirewallRequestsPerAddress int

	// Schedule is when no tasks run.
	Schedule Schedule
	// SpotPercent is the share of tasks on Fargate Spot.
	SpotPercent int

	// DeletionProtection keeps the load balancer, and so the stack, from being deleted.
	DeletionProtection bool

	// GitHubRepository is whose workflows may preview and deploy the stack, as
	// GitHub writes it, empty for none.
	GitHubRepository string
	// GitHubBranch is the branch whose workflows may deploy.
	GitHubBranch string
	// GitHubReviews lets workflows deploy stacks of pull requests too.
	GitHubReviews bool
	// StateBucket is the S3 bucket of Pulumi's state, empty if it is elsewhere.
	StateBucket string
	// StateKeyARN is the KMS key of the state, empty for none.
	StateKeyARN string
}

// HTTPS tells whether the load balancer answers over TLS.
func (c *Config) HTTPS() bool { return c.DomainName != "" || c.CertificateARN != "" }

// recordsZone returns the name of the Route 53 zone that the domain name gets
// records in. It is empty if it gets none: with a certificate from elsewhere, it
// does only if the zone is named.
func (c *Config) recordsZone() string {
	if c.HostedZoneName != "" || c.CertificateARN != "" {
		return c.HostedZoneName
	}
	_, parent, _ := strings.Cut(c.DomainName, ".")
	return parent
}

// Autoscales tells whether the number of tasks follows the load.
func (c *Config) Autoscales() bool {
	return c.MaximumTaskCount > c.MinimumTaskCount
}

// ScalesItself tells whether the number of tasks is changed by AWS, after the
// load or a schedule, and so is not Pulumi's.
func (c *Config) ScalesItself() bool { return c.Autoscales() || c.Schedule.On() }

// An Architecture is a processor family as ECS settings name it here.
type Architecture string

// The architectures that Fargate runs.
const (
	ARM64 Architecture = "arm64"
	X8664 Architecture = "x86_64"
)

// Platform returns the architecture in Docker's terms.
func (a Architecture) Platform() string {
	if a == X8664 {
		return "linux/amd64"
	}
	return "linux/arm64"
}

// other returns the one that it is not.
func (a Architecture) other() Architecture {
	if a == X8664 {
		return ARM64
	}
	return X8664
}

// CPUArchitecture returns the architecture in the terms of a task definition.
func (a Architecture) CPUArchitecture() string {
	if a == X8664 {
		return "X86_64"
	}
	return "ARM64"
}

// A NATStrategy is a way out of the private subnets.
type NATStrategy string

// The ways out of the private subnets.
const (
	// NATNone gives none but VPC endpoints to what ECS itself needs.
	NATNone NATStrategy = "none"
	// NATSingle shares one NAT gateway: cheap, and lost with its zone.
	NATSingle NATStrategy = "single"
	// NATOnePerAZ has a NAT gateway in each zone.
	NATOnePerAZ NATStrategy = "onePerAz"
)

// LoadConfig reads and checks the stack's settings. It reports every problem
// that it finds, not only the first; the error is then a [*ConfigError].
func LoadConfig(source Source) (*Config, error) {
	s := settings{source: source}
	c := &Config{
		AppDirectory:                s.text("appDirectory"),
		Dockerfile:                  s.text("dockerfile"),
		ContainerPort:               s.integer("containerPort", 1, 65535),
		HealthCheckPath:             s.text("healthCheckPath"),
		ContainerHealthCheckCommand: s.list("containerHealthCheckCommand"),
		Environment:                 s.object("environment"),
		EnvironmentIsSecret:         s.isSecret("environment"),
		PublicVariables:             s.list("publicVariables"),
		CPU:                         s.anyInteger("cpu"),
		Memory:                      s.anyInteger("memory"),
		Architecture:                Architecture(s.oneOf("architecture", string(ARM64), string(X8664))),
		MinimumTaskCount:            s.integer("minimumTaskCount", 1, maximumTasksPerService),
		MaximumTaskCount:            s.integer("maximumTaskCount", 1, maximumTasksPerService),
		CPUTargetPercent:            s.integer("cpuTargetPercent", 10, 95),
		RequestsPerTargetPerMinute:  s.integer("requestsPerTargetPerMinute", 1, 1_000_000),
		ShutdownSeconds:             s.integer("shutdownSeconds", 1, maximumStopTimeoutSeconds),
		HealthCheckGraceSeconds:     s.integer("healthCheckGraceSeconds", 0, 3600),
		ContainerInsights:           s.oneOf("containerInsights", "disabled", "enabled", "enhanced"),
		LogRetentionDays:            s.anyInteger("logRetentionDays"),
		VPCCIDR:                     s.text("vpcCidr"),
		AvailabilityZoneCount:       s.integer("availabilityZoneCount", minimumZones, maximumZones),
		NATStrategy:                 NATStrategy(s.oneOf("natStrategy", string(NATNone), string(NATSingle), string(NATOnePerAZ))),
		DomainName:                  s.text("domainName"),
		HostedZoneName:              s.text("hostedZoneName"),
		CertificateARN:              s.text("certificateArn"),
		Secrets:                     s.object("secrets"),
		SecretKeyARNs:               s.list("secretKeyArns"),
		TaskPolicyARNs:              s.list("taskPolicyArns"),
		PermissionsBoundaryARN:      s.text("permissionsBoundaryArn"),
		Alarms:                      s.boolean("alarms"),
		AlarmEmail:                  s.text("alarmEmail"),
		AlarmLatencyMilliseconds:    s.integer("alarmLatencyMilliseconds", 10, 60_000),
		Dashboard:                   s.boolean("dashboard"),
		AccessLogDays:               s.integer("accessLogDays", 0, longestAccessLogs),
		FlowLogDays:                 s.anyInteger("flowLogDays"),
		ECSExec:                     s.boolean("ecsExec"),
		Firewall:                    s.boolean("firewall"),
		FirewallRequestsPerAddress:  s.integer("firewallRequestsPerAddress", 10, 2_000_000_000),
		Schedule:                    s.schedule("schedule"),
		SpotPercent:                 s.integer("spotPercent", 0, 100),
		DeletionProtection:          s.boolean("deletionProtection"),
		GitHubRepository:            s.text("githubRepository"),
		GitHubBranch:                s.text("githubBranch"),
		GitHubReviews:               s.boolean("githubReviews"),
		StateBucket:                 s.text("stateBucket"),
		StateKeyARN:                 s.text("stateKeyArn"),
	}
	s.check(c)
	if err := s.err(); err != nil {
		return nil, err
	}
	return c, nil
}

// CheckAccount checks the settings that lead to what must be in the stack's own
// account and region, when AWS has said which these are. The error is then a
// [*ConfigError].
func (c *Config) CheckAccount(source Source, account *Account) error {
	s := settings{source: source}
	s.checkCertificateIsIn(c, account)
	s.checkPartition(c, account)
	return s.err()
}
