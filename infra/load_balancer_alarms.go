package infra

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const (
	// targetErrorPercent is the share of requests that the app may answer with an
	// error of its own. A share is the same at any load.
	targetErrorPercent = 5

	// loadBalancerErrorsPerMinute is how many requests the load balancer itself
	// may answer with an error. It is no share of the requests, among which it
	// does not count those that it could not pass on to anybody. A few are always
	// lost, on connections that just close.
	loadBalancerErrorsPerMinute = 5
)

// balancingMetrics is where Elastic Load Balancing tells the metrics below.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
const balancingMetrics = "AWS/ApplicationELB"

// LoadBalancerAlarms are alarms on what a load balancer sees of requests and
// targets. They don't know the service behind it, so that this can be deployed
// under their watch.
type LoadBalancerAlarms struct {
	pulumi.ResourceState

	// ARNs are the alarms.
	ARNs pulumi.StringArray
	// DeploymentAlarmNames are the names of those that a deployment is rolled
	// back for.
	DeploymentAlarmNames pulumi.StringArray
}

// LoadBalancerAlarmsArgs says what [LoadBalancerAlarms] are made of.
type LoadBalancerAlarmsArgs struct {
	// TopicARN is who is told.
	TopicARN pulumi.StringInput
	// LoadBalancer is what is watched.
	LoadBalancer *LoadBalancer
	// LatencyMilliseconds is how long 99 of 100 answers may take at most.
	LatencyMilliseconds int
	// HealthCheckGraceSeconds is how long a new target may be unhealthy.
	HealthCheckGraceSeconds int
}

// NewLoadBalancerAlarms makes [LoadBalancerAlarms].
//
// Deployments are rolled back for errors and slowness of the app only. That
// tasks don't become healthy is what the circuit breaker is for; and the load
// balancer answers with errors of its own while there are no tasks yet, for
// which the first deployment would be rolled back. An alarm that was there
// before does not count, so that what mends it can be deployed.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
func NewLoadBalancerAlarms(ctx *pulumi.Context, name string, args *LoadBalancerAlarmsArgs, opts ...pulumi.ResourceOption) (*LoadBalancerAlarms, error) {
	a := &LoadBalancerAlarms{}
	if err := ctx.RegisterComponentResource("fargate-stack:infra:LoadBalancerAlarms", name, a, opts...); err != nil {
		return nil, err
	}
	for _, alarm := range []struct {
		name           string
		args           *cloudwatch.MetricAlarmArgs
		endsDeployment bool
	}{
		{name + "-target-errors", args.targetErrors(), true},
		{name + "-latency", args.latency(), true},
		{name + "-load-balancer-errors", args.loadBalancerErrors(), false},
		{name + "-unhealthy-targets", args.unhealthyTargets(), false},
	} {
		made, err := newAlarm(ctx, alarm.name, args.TopicARN, alarm.args, pulumi.Parent(a))
		if err != nil {
			return nil, err
		}
		a.ARNs = append(a.ARNs, made.Arn)
		if alarm.endsDeployment {
			a.DeploymentAlarmNames = append(a.DeploymentAlarmNames, made.Name)
		}
	}
	return a, ctx.RegisterResourceOutputs(a, pulumi.Map{
		"arns":                 a.ARNs,
		"deploymentAlarmNames": a.DeploymentAlarmNames,
	})
}

// targetErrors goes off when the app answers too large a share of requests with
// an error. A minute without errors has no share, since CloudWatch has nothing
// of what did not happen.
func (args *LoadBalancerAlarmsArgs) targetErrors() *cloudwatch.MetricAlarmArgs {
	count := func(id, metric string) *cloudwatch.MetricAlarmMetricQueryArgs {
		return &cloudwatch.MetricAlarmMetricQueryArgs{
			Id: pulumi.String(id),
			Metric: &cloudwatch.MetricAlarmMetricQueryMetricArgs{
				Namespace:  pulumi.String(balancingMetrics),
				MetricName: pulumi.String(metric),
				Dimensions: args.LoadBalancer.targetDimensions(),
				Stat:       pulumi.String("Sum"),
				Period:     pulumi.Int(minute),
			},
		}
	}
	return &cloudwatch.MetricAlarmArgs{
		AlarmDescription: pulumi.String(fmt.Sprintf("The app answers more than %d %% of requests with 5xx. Its log says why.", targetErrorPercent)),
		MetricQueries: cloudwatch.MetricAlarmMetricQueryArray{
			&cloudwatch.MetricAlarmMetricQueryArgs{
				Id:         pulumi.String("share"),
				Expression: pulumi.String("100 * errors / requests"),
				Label:      pulumi.String("Requests answered with 5xx, in percent"),
				ReturnData: pulumi.Bool(true),
			},
			count("errors", "HTTPCode_Target_5XX_Count"),
			count("requests", "RequestCount"),
		},
		ComparisonOperator: pulumi.String("GreaterThanThreshold"),
		Threshold:          pulumi.Float64(targetErrorPercent),
		EvaluationPeriods:  pulumi.Int(watchedMinutes),
		DatapointsToAlarm:  pulumi.Int(badMinutes),
		TreatMissingData:   pulumi.String(absenceIsGood),
	}
}

// latency goes off when answers take too long. It does so with few requests
// too, where one slow answer a minute is already the 99th percentile: it takes
// one in each of [badMinutes].
func (args *LoadBalancerAlarmsArgs) latency() *cloudwatch.MetricAlarmArgs {
	return &cloudwatch.MetricAlarmArgs{
		AlarmDescription:   pulumi.String(fmt.Sprintf("The app takes longer than %d ms for 1 of 100 answers.", args.LatencyMilliseconds)),
		Namespace:          pulumi.String(balancingMetrics),
		MetricName:         pulumi.String("TargetResponseTime"),
		Dimensions:         args.LoadBalancer.targetDimensions(),
		ExtendedStatistic:  pulumi.String("p99"),
		Period:             pulumi.Int(minute),
		ComparisonOperator: pulumi.String("GreaterThanThreshold"),
		Threshold:          pulumi.Float64(float64(args.LatencyMilliseconds) / 1000), // the metric is in seconds
		EvaluationPeriods:  pulumi.Int(watchedMinutes),
		DatapointsToAlarm:  pulumi.Int(badMinutes),
		TreatMissingData:   pulumi.String(absenceIsGood),
	}
}

// loadBalancerErrors goes off when requests don't get to the app: there is no
// task, or it does not connect or answer.
func (args *LoadBalancerAlarmsArgs) loadBalancerErrors() *cloudwatch.MetricAlarmArgs {
	return &cloudwatch.MetricAlarmArgs{
		AlarmDescription: pulumi.String(fmt.Sprintf("The load balancer answers %d requests a minute or more with 5xx for lack of an answer from the app.",
			loadBalancerErrorsPerMinute)),
		Namespace:          pulumi.String(balancingMetrics),
		MetricName:         pulumi.String("HTTPCode_ELB_5XX_Count"),
		Dimensions:         pulumi.StringMap{"LoadBalancer": args.LoadBalancer.ARNSuffix},
		Statistic:          pulumi.String("Sum"),
		Period:             pulumi.Int(minute),
		ComparisonOperator: pulumi.String("GreaterThanOrEqualToThreshold"),
		Threshold:          pulumi.Float64(loadBalancerErrorsPerMinute),
		EvaluationPeriods:  pulumi.Int(watchedMinutes),
		DatapointsToAlarm:  pulumi.Int(badMinutes),
		TreatMissingData:   pulumi.String(absenceIsGood),
	}
}

// unhealthyTargets goes off when a task stays unhealthy for longer than a new
// one may. That there are no targets at all is not its matter.
func (args *LoadBalancerAlarmsArgs) unhealthyTargets() *cloudwatch.MetricAlarmArgs {
	return &cloudwatch.MetricAlarmArgs{
		AlarmDescription:   pulumi.String("Tasks fail the load balancer's health checks."),
		Namespace:          pulumi.String(balancingMetrics),
		MetricName:         pulumi.String("UnHealthyHostCount"),
		Dimensions:         args.LoadBalancer.targetDimensions(),
		Statistic:          pulumi.String("Maximum"), // of what the load balancer's nodes see
		Period:             pulumi.Int(minute),
		ComparisonOperator: pulumi.String("GreaterThanThreshold"),
		Threshold:          pulumi.Float64(0),
		EvaluationPeriods:  minutesToBeHealthy(args.HealthCheckGraceSeconds),
		TreatMissingData:   pulumi.String(absenceIsGood),
	}
}
