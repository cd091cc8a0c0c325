package diagnosis

// A Kind is what can be wrong. Its text stays the same from version to
// version.
type Kind string

const (
	// NotDeployed is a stack without a service.
	NotDeployed Kind = "NotDeployed"
	// ResourceMissing is a resource in Pulumi's state that AWS does not have.
	ResourceMissing Kind = "ResourceMissing"
	// ImageMissing is an image that the repository does not have.
	ImageMissing Kind = "ImageMissing"
	// WrongArchitecture is an image for another processor than the tasks'.
	WrongArchitecture Kind = "WrongArchitecture"
	// RoleNotTrusted is a role that ECS may not take for a task.
	RoleNotTrusted Kind = "RoleNotTrusted"
	// ExecutionRoleDenied is an execution role that may not do what starting a
	// task takes.
	ExecutionRoleDenied Kind = "ExecutionRoleDenied"
	// SecretMissing is a secret of the tasks that is not there, or not with the
	// JSON key or the version that they ask for.
	SecretMissing Kind = "SecretMissing"
	// LogGroupMissing is a log group that tasks are to write to and can't.
	LogGroupMissing Kind = "LogGroupMissing"
	// RegistryUnreachable is a subnet or a security group of the tasks that
	// does not let them get to ECR, or to where the logs go or secrets are.
	RegistryUnreachable Kind = "RegistryUnreachable"
	// OutOfMemory is a container that was killed for the memory it took.
	OutOfMemory Kind = "OutOfMemory"
	// ContainerExits is a container that ends, or can't be started.
	ContainerExits Kind = "ContainerExits"
	// ContainerUnhealthy is a container whose own health check fails.
	ContainerUnhealthy Kind = "ContainerUnhealthy"
	// CertificateNotValid is a certificate that ACM has not issued, or that has
	// expired.
	CertificateNotValid Kind = "CertificateNotValid"
	// LoadBalancerNotActive is a load balancer that is not ready, or failed.
	LoadBalancerNotActive Kind = "LoadBalancerNotActive"
	// LoadBalancerNotPublic is a load balancer without a way from the internet.
	LoadBalancerNotPublic Kind = "LoadBalancerNotPublic"
	// NoListener is a load balancer that does not send requests to the tasks.
	NoListener Kind = "NoListener"
	// OtherVPC is a load balancer or target group in another VPC than the tasks.
	OtherVPC Kind = "OtherVPC"
	// ZoneNotEnabled is an availability zone of tasks that the load balancer is
	// not in.
	ZoneNotEnabled Kind = "ZoneNotEnabled"
	// SecurityGroupBlocks is a security group without a rule that it takes for
	// requests to get to the tasks.
	SecurityGroupBlocks Kind = "SecurityGroupBlocks"
	// HealthCheckPort is a health check on a port that nothing listens on.
	HealthCheckPort Kind = "HealthCheckPort"
	// HealthCheckPath is a health check on a path that the app does not have.
	HealthCheckPath Kind = "HealthCheckPath"
	// HealthCheckError is a health check that the app answers with an error.
	HealthCheckError Kind = "HealthCheckError"
	// HealthCheckTimeout is a health check that the app does not answer in time.
	HealthCheckTimeout Kind = "HealthCheckTimeout"
	// NoTasksWanted is a service with a desired count of zero.
	NoTasksWanted Kind = "NoTasksWanted"
	// TaskNotStarted is a task that did not start, for a reason not known here.
	TaskNotStarted Kind = "TaskNotStarted"
	// NoHealthyTarget is a target group with no target that gets requests.
	NoHealthyTarget Kind = "NoHealthyTarget"
	// AlarmSetOff is a deployment that ECS gave up because of an alarm.
	AlarmSetOff Kind = "AlarmSetOff"
	// DeploymentInProgress is a deployment that has not ended yet.
	DeploymentInProgress Kind = "DeploymentInProgress"
	// DeploymentFailed is a deployment that ECS gave up, or that took too long.
	DeploymentFailed Kind = "DeploymentFailed"
	// NoAnswer is a URL that does not answer though nothing else is wrong.
	NoAnswer Kind = "NoAnswer"
	// UpdateInterrupted is an operation of Pulumi that did not come to its end.
	UpdateInterrupted Kind = "UpdateInterrupted"
	// StateDiffers is a setting that AWS has otherwise than Pulumi's state.
	StateDiffers Kind = "StateDiffers"
)

// texts are what people read of each kind. What is particular to a stack is in
// the evidence.
var texts = map[Kind]struct{ title, mend string }{
	NotDeployed: {
		"The stack is not deployed",
		"Deploy it: pulumi up.",
	},
	ResourceMissing: {
		"AWS does not have what the stack consists of",
		"pulumi up --refresh finds what is gone and makes it again. If all of it is gone, check that these are the credentials and the region of the stack.",
	},
	ImageMissing: {
		"The image of the tasks is not in the repository",
		"Build and push it again: pulumi up --replace '**docker:index/image:Image::*'. " +
			"An image that was deleted by the repository's lifecycle policy is so old that only a new deployment brings it back.",
	},
	WrongArchitecture: {
		"The image is for another processor than the tasks run on",
		"Set architecture to what the image is built for (pulumi config set architecture arm64 or x86_64), or build it for linux/arm64 or linux/amd64 as architecture says.",
	},
	RoleNotTrusted: {
		"ECS may not take the role of the tasks",
		"The role's trust policy has to allow sts:AssumeRole to ecs-tasks.amazonaws.com, for this account and region. pulumi up --refresh writes it again.",
	},
	ExecutionRoleDenied: {
		"The execution role may not pull the image, read the secrets or write the logs",
		"Give the role what the evidence names. pulumi up --refresh writes its policy again; if that changes nothing, look for a permissions boundary or a service control policy. " +
			"A key of KMS that a secret is encrypted with has to be among secretKeyArns.",
	},
	SecretMissing: {
		"A secret of the tasks is not there, or not as they ask for it, and tasks do not start without it",
		"Create what the evidence names, or name what there is: pulumi config set --path secrets.<variable> <ARN>, with the JSON key and the version that the secret has.",
	},
	LogGroupMissing: {
		"The log group of the tasks does not exist, and tasks do not start without it",
		"pulumi up --refresh makes it again.",
	},
	RegistryUnreachable: {
		"Tasks do not reach what they need to start, such as ECR, from their subnets",
		"Their route table needs a default route to an available NAT gateway, or their VPC the endpoints ecr.api, ecr.dkr, s3 and logs, and secretsmanager or ssm for secrets; " +
			"their security group has to let TCP 443 out. pulumi up --refresh restores what natStrategy says.",
	},
	OutOfMemory: {
		"The container is killed because it takes more memory than the task has",
		"Give the task more: pulumi config set memory <MiB>, with a cpu that allows it. If it grows without end, look for a leak.",
	},
	ContainerExits: {
		"The container ends, or can't be started",
		"The last log lines say why. Run the image as the task does to see it: docker run --read-only --user 65532:65532 -e PORT=5000 <image>.",
	},
	ContainerUnhealthy: {
		"The container's own health check fails",
		"Set containerHealthCheckCommand to a command that is in the image and exits with 0 while the app is well, or to [] to leave the check to the load balancer.",
	},
	CertificateNotValid: {
		"The certificate of HTTPS is not valid",
		"The record in the evidence has to be in DNS for as long as the certificate is in use. The stack makes it; the world sees it if the registrar of the domain names the name servers of hostedZoneName in Route 53. " +
			"When it is seen, ACM issues the certificate within half an hour; then pulumi up. A CAA record of the domain has to allow amazon.com.",
	},
	LoadBalancerNotActive: {
		"The load balancer is not active",
		"Wait while it is provisioning. If it failed, make it again: pulumi up --replace '**aws:lb/loadBalancer:LoadBalancer::*'.",
	},
	LoadBalancerNotPublic: {
		"The load balancer can't be reached from the internet",
		"It has to be internet-facing, and the route tables of its subnets need a default route to an internet gateway. pulumi up --refresh restores both.",
	},
	NoListener: {
		"The load balancer does not send requests to the tasks",
		"It needs a listener on the port of the URL that forwards to the service's target group. pulumi up --refresh restores it.",
	},
	OtherVPC: {
		"Load balancer, target group and tasks are not in one VPC",
		"Put all of them into the VPC of the stack. pulumi up --refresh does so.",
	},
	ZoneNotEnabled: {
		"Tasks run in a zone that the load balancer is not in",
		"Load balancer and tasks have to be in the same zones. pulumi up --refresh restores their subnets.",
	},
	SecurityGroupBlocks: {
		"A security group does not let requests get to the tasks",
		"Add the rule that the evidence says is missing. pulumi up --refresh restores the rules of the stack.",
	},
	HealthCheckPort: {
		"Nothing in the tasks accepts connections on the port of the health check",
		"Let the app listen on the port that the variable PORT names, on all addresses (0.0.0.0) and not on localhost alone; or tell the stack its port: pulumi config set containerPort <port>.",
	},
	HealthCheckPath: {
		"The app answers on its port, but not with 200 on the health check path",
		"Tell the stack the path that answers 200 without a login or a redirect: pulumi config set healthCheckPath <path>.",
	},
	HealthCheckError: {
		"The app answers its health check with an error of its own",
		"The app says that it is not well: look at its log, and at what its health check depends on.",
	},
	HealthCheckTimeout: {
		"The app does not answer its health check in time",
		"Look at its log for what it waits for, and give it more processor if it is busy (pulumi config set cpu) or more time to start (pulumi config set healthCheckGraceSeconds).",
	},
	NoTasksWanted: {
		"No task is to run: the desired count of the service is 0",
		"If the stack has a schedule, it starts them again at its time. To start them now, or if there is none: aws ecs update-service --cluster <cluster> --service <service> --desired-count <minimumTaskCount>. " +
			"Autoscaling goes no lower than that, so look who did.",
	},
	TaskNotStarted: {
		"Tasks do not start",
		"The evidence has the reason that ECS gives; https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html explains it.",
	},
	NoHealthyTarget: {
		"No task is ready to get requests, so the load balancer answers 503",
		"Wait until a target is healthy. If none becomes so, make doctor finds more by then.",
	},
	AlarmSetOff: {
		"The last deployment set off an alarm, and ECS gave it up",
		"The end of the alarm's name says what it is on, and its graph in CloudWatch since when. Look at the app's log for the errors, or for what answers wait for. " +
			"If only the alarm is too strict, raise alarmLatencyMilliseconds.",
	},
	DeploymentInProgress: {
		"A deployment is in progress",
		"Wait for its end. If it takes longer than some minutes, make doctor finds more by then.",
	},
	DeploymentFailed: {
		"The last deployment did not succeed",
		"The evidence has what ECS says. Deploy again (pulumi up) and run make doctor while tasks start: ECS forgets a stopped task after an hour.",
	},
	NoAnswer: {
		"The URL does not answer as it should, though everything before the app is in order",
		"Look at the app's log. A 403 or 429 of which it knows nothing is the firewall's: see which of its rules in AWS WAF blocks. If the name is not known, wait for the DNS, or check that this machine reaches the internet.",
	},
	UpdateInterrupted: {
		"An operation of Pulumi was cut off, unless one is running now",
		"pulumi refresh asks what became of the resources in the evidence; then pulumi up.",
	},
	StateDiffers: {
		"AWS is not as Pulumi's state says",
		"pulumi up --refresh makes it again as the program says. If ECS went back to the revision before, mend first why its last deployment failed.",
	},
}
