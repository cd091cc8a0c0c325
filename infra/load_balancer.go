package infra

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lb"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const (
	// loadBalancerIdleSeconds is AWS's own default, written down because the
	// app must keep its connections open for longer: else the load balancer
	// sends a request on one that is just closing, and answers 502.
	loadBalancerIdleSeconds = 60

	// A target is asked every healthCheckSeconds. It gets requests after
	// healthyAnswers in a row, and none after unhealthyAnswers.
	healthCheckSeconds        = 10
	healthCheckTimeoutSeconds = 5
	healthyAnswers            = 2
	unhealthyAnswers          = 3
)

// LoadBalancer is the Application Load Balancer with its listeners and the
// target group that tasks are registered in.
type LoadBalancer struct {
	pulumi.ResourceState

	// ARN is the load balancer's ARN.
	ARN pulumi.StringOutput
	// DNSName is the load balancer's own name.
	DNSName pulumi.StringOutput
	// ZoneID is the Route 53 zone of that name, for records that are aliases.
	ZoneID pulumi.StringOutput
	// URL is where the app answers.
	URL pulumi.StringOutput
	// TargetGroupARN is the target group's ARN.
	TargetGroupARN pulumi.StringOutput
	// ARNSuffix names the load balancer in metrics.
	ARNSuffix pulumi.StringOutput
	// TargetGroupARNSuffix names the target group in metrics.
	TargetGroupARNSuffix pulumi.StringOutput

	// listener connects the two; ECS takes only target groups that one uses.
	listener *lb.Listener
}

// LoadBalancerArgs says what a [LoadBalancer] is made of.
type LoadBalancerArgs struct {
	// VPCID is the VPC of the targets.
	VPCID pulumi.StringInput
	// SubnetIDs are public subnets in two or more zones, each a /27 or wider.
	SubnetIDs pulumi.StringArrayInput
	// SecurityGroupID is the security group of the load balancer.
	SecurityGroupID pulumi.StringInput
	// TargetPort is the TCP port of the tasks, 1 to 65535.
	TargetPort int
	// HealthCheckPath is the path that answers 200 while a task is well.
	HealthCheckPath string
	// DeregistrationDelaySeconds is how long a task that is to be stopped may
	// finish what is in flight, 0 to 3600.
	DeregistrationDelaySeconds int
	// CertificateARN is the certificate of HTTPS, nil for HTTP only.
	CertificateARN pulumi.StringInput
	// DomainName is a name that leads to the load balancer, empty if there is
	// none but its own.
	DomainName string
	// AccessLogBucket is the bucket that the load balancer writes who asked it
	// for what to, nil for none.
	AccessLogBucket pulumi.StringInput
	// DeletionProtection makes AWS and Pulumi refuse to delete the load balancer.
	DeletionProtection bool
}

// NewLoadBalancer makes a [LoadBalancer].
func NewLoadBalancer(ctx *pulumi.Context, name string, args *LoadBalancerArgs, opts ...pulumi.ResourceOption) (*LoadBalancer, error) {
	l := &LoadBalancer{}
	if err := ctx.RegisterComponentResource("fargate-stack:infra:LoadBalancer", name, l, opts...); err != nil {
		return nil, err
	}
	// AWS refuses to delete a protected load balancer, but only when Pulumi
	// has deleted the service before it; Protect refuses at the beginning.
	balancer, err := lb.NewLoadBalancer(ctx, name, &lb.LoadBalancerArgs{
		LoadBalancerType:         pulumi.String("application"),
		Internal:                 pulumi.Bool(false),
		Subnets:                  args.SubnetIDs,
		SecurityGroups:           pulumi.StringArray{args.SecurityGroupID},
		DropInvalidHeaderFields:  pulumi.Bool(true),
		IdleTimeout:              pulumi.Int(loadBalancerIdleSeconds),
		EnableDeletionProtection: pulumi.Bool(args.DeletionProtection),
		AccessLogs:               args.accessLogs(),
	}, pulumi.Parent(l), pulumi.Protect(args.DeletionProtection))
	if err != nil {
		return nil, fmt.Errorf("load balancer: %w", err)
	}
	targets, err := newTargetGroup(ctx, name, args, pulumi.Parent(l))
	if err != nil {
		return nil, err
	}
	l.listener, err = newListeners(ctx, name, args, balancer, targets, pulumi.Parent(l))
	if err != nil {
		return nil, err
	}

	l.ARN = balancer.Arn
	l.DNSName = balancer.DnsName
	l.ZoneID = balancer.ZoneId
	l.URL = args.url(balancer)
	l.TargetGroupARN = targets.Arn
	l.ARNSuffix = balancer.ArnSuffix
	l.TargetGroupARNSuffix = targets.ArnSuffix
	return l, ctx.RegisterResourceOutputs(l, pulumi.Map{
		"arn":            l.ARN,
		"dnsName":        l.DNSName,
		"url":            l.URL,
		"targetGroupArn": l.TargetGroupARN,
	})
}

// url returns where clients find the load balancer.
func (args *LoadBalancerArgs) url(balancer *lb.LoadBalancer) pulumi.StringOutput {
	switch {
	case args.CertificateARN == nil:
		return pulumi.Sprintf("http://%s", balancer.DnsName)
	case args.DomainName == "":
		return pulumi.Sprintf("https://%s", balancer.DnsName)
	default:
		return pulumi.Sprintf("https://%s", args.DomainName)
	}
}

// accessLogs returns where access logs go. That they are off is written down
// too: where nothing is, the provider leaves them as they were.
func (args *LoadBalancerArgs) accessLogs() *lb.LoadBalancerAccessLogsArgs {
	if args.AccessLogBucket == nil {
		return &lb.LoadBalancerAccessLogsArgs{Enabled: pulumi.Bool(false), Bucket: pulumi.String("")}
	}
	return &lb.LoadBalancerAccessLogsArgs{Enabled: pulumi.Bool(true), Bucket: args.AccessLogBucket}
}

// targetDimensions are those of the metrics of a target group behind a load
// balancer.
func (l *LoadBalancer) targetDimensions() pulumi.StringMap {
	return pulumi.StringMap{"LoadBalancer": l.ARNSuffix, "TargetGroup": l.TargetGroupARNSuffix}
}

func newTargetGroup(ctx *pulumi.Context, name string, args *LoadBalancerArgs, parent pulumi.ResourceOption) (*lb.TargetGroup, error) {
	targets, err := lb.NewTargetGroup(ctx, name, &lb.TargetGroupArgs{
		VpcId:               args.VPCID,
		TargetType:          pulumi.String("ip"), // what awsvpc tasks, and so Fargate, take
		Port:                pulumi.Int(args.TargetPort),
		Protocol:            pulumi.String("HTTP"),
		DeregistrationDelay: pulumi.Int(args.DeregistrationDelaySeconds),
		HealthCheck: &lb.TargetGroupHealthCheckArgs{
			Path:               pulumi.String(args.HealthCheckPath),
			Port:               pulumi.String("traffic-port"),
			Protocol:           pulumi.String("HTTP"),
			Matcher:            pulumi.String("200"),
			Interval:           pulumi.Int(healthCheckSeconds),
			Timeout:            pulumi.Int(healthCheckTimeoutSeconds),
			HealthyThreshold:   pulumi.Int(healthyAnswers),
			UnhealthyThreshold: pulumi.Int(unhealthyAnswers),
		},
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("target group: %w", err)
	}
	return targets, nil
}
