package guardrails

// Types of resources that several checks are about.
const (
	cluster           = "aws:ecs/cluster:Cluster"
	ecsService        = "aws:ecs/service:Service"
	listener          = "aws:lb/listener:Listener"
	loadBalancer      = "aws:lb/loadBalancer:LoadBalancer"
	logGroup          = "aws:cloudwatch/logGroup:LogGroup"
	metricAlarm       = "aws:cloudwatch/metricAlarm:MetricAlarm"
	publicAccessBlock = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
	repository        = "aws:ecr/repository:Repository"
	scalableTarget    = "aws:appautoscaling/target:Target"
	scheduledAction   = "aws:appautoscaling/scheduledAction:ScheduledAction"
	securityGroup     = "aws:ec2/securityGroup:SecurityGroup"
	taskDefinition    = "aws:ecs/taskDefinition:TaskDefinition"
	webACL            = "aws:wafv2/webAcl:WebAcl"
)
