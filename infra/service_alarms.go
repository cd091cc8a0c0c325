package infra

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const (
	// loadMinutes is how long tasks may be busier than autoscaling wants them.
	// It needs about five for the first new task, and may start several in turn.
	loadMinutes = 15

	// memoryPercent is how much of its memory a task may use. At 100 it is
	// killed.
	memoryPercent = 90
)

// serviceMetrics is where ECS tells the metrics of services. Container Insights
// are not needed for them.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html
const serviceMetrics = "AWS/ECS"

// ServiceAlarms are alarms on the tasks of a service. They are there when it has
// been deployed: tasks that are yet to come are not missing.
type ServiceAlarms struct {
	pulumi.ResourceState

	// ARNs are the alarms.
	ARNs pulumi.StringArray
}

// ServiceAlarmsArgs says what [ServiceAlarms] are made of.
type ServiceAlarmsArgs struct {
	// TopicARN is who is told.
	TopicARN pulumi.StringInput
	// Config has the load and the number of tasks, and when there are none.
	Config *Config
	// LoadBalancer counts the tasks that are healthy.
	LoadBalancer *LoadBalancer
	// Service is what is watched.
	Service *Service
}

// NewServiceAlarms makes [ServiceAlarms].
func NewServiceAlarms(ctx *pulumi.Context, name string, args *ServiceAlarmsArgs, opts ...pulumi.ResourceOption) (*ServiceAlarms, error) {
	a := &ServiceAlarms{}
	if err := ctx.RegisterComponentResource("fargate-stack:infra:ServiceAlarms", name, a, opts...); err != nil {
		return nil, err
	}
	for _, alarm := range []struct {
		name string
		args *cloudwatch.MetricAlarmArgs
	}{
		{name + "-missing-tasks", args.missingTasks()},
		{name + "-cpu", args.cpu()},
		{name + "-memory", args.memory()},
	} {
		made, err := newAlarm(ctx, alarm.name, args.TopicARN, alarm.args,
			pulumi.Parent(a), pulumi.DependsOnInputs(args.Service.deployed))
		if err != nil {
			return nil, err
		}
		a.ARNs = append(a.ARNs, made.Arn)
	}
	return a, ctx.RegisterResourceOutputs(a, pulumi.Map{"arns": a.ARNs})
}

// missingTasks goes off when fewer tasks are healthy than have to run. The load
// balancer has no number where there are no tasks at all, which is the worst
// case; but with a schedule it is also what every night is like, and ECS tells
// the wanted number only to Container Insights. Then the load balancer's errors
// tell of it, if anybody asks.
func (args *ServiceAlarmsArgs) missingTasks() *cloudwatch.MetricAlarmArgs {
	absence := absenceIsBad
	if args.Config.Schedule.On() {
		absence = absenceIsGood
	}
	return &cloudwatch.MetricAlarmArgs{
		AlarmDescription:   pulumi.String(fmt.Sprintf("Fewer than %d tasks are healthy. The events of the ECS service say why.", args.Config.MinimumTaskCount)),
		Namespace:          pulumi.String(balancingMetrics),
		MetricName:         pulumi.String("HealthyHostCount"),
		Dimensions:         args.LoadBalancer.targetDimensions(),
		Statistic:          pulumi.String("Minimum"), // of what the load balancer's nodes see
		Period:             pulumi.Int(minute),
		ComparisonOperator: pulumi.String("LessThanThreshold"),
		Threshold:          pulumi.Float64(args.Config.MinimumTaskCount),
		EvaluationPeriods:  minutesToBeHealthy(args.Config.HealthCheckGraceSeconds),
		TreatMissingData:   pulumi.String(absence),
	}
}

// cpu goes off when tasks stay busy half-way between what autoscaling holds and
// all they have: it has come to its maximum, or is off.
func (args *ServiceAlarmsArgs) cpu() *cloudwatch.MetricAlarmArgs {
	threshold := float64(args.Config.CPUTargetPercent+100) / 2
	return &cloudwatch.MetricAlarmArgs{
		AlarmDescription:   pulumi.String(fmt.Sprintf("Tasks use more than %g %% of their CPU on average. More of them (maximumTaskCount) or larger ones (cpu) help.", threshold)),
		Namespace:          pulumi.String(serviceMetrics),
		MetricName:         pulumi.String("CPUUtilization"),
		Dimensions:         args.Service.dimensions(),
		Statistic:          pulumi.String("Average"),
		Period:             pulumi.Int(minute),
		ComparisonOperator: pulumi.String("GreaterThanThreshold"),
		Threshold:          pulumi.Float64(threshold),
		EvaluationPeriods:  pulumi.Int(loadMinutes),
		TreatMissingData:   pulumi.String(absenceIsGood), // no tasks, no load
	}
}

// memory goes off before a task is killed for its memory. Only the fullest
// counts: the memory of the others does not help it.
func (args *ServiceAlarmsArgs) memory() *cloudwatch.MetricAlarmArgs {
	return &cloudwatch.MetricAlarmArgs{
		AlarmDescription:   pulumi.String(fmt.Sprintf("A task uses more than %d %% of its memory, and is killed at 100. Give tasks more (memory), or look for a leak.", memoryPercent)),
		Namespace:          pulumi.String(serviceMetrics),
		MetricName:         pulumi.String("MemoryUtilization"),
		Dimensions:         args.Service.dimensions(),
		Statistic:          pulumi.String("Maximum"),
		Period:             pulumi.Int(minute),
		ComparisonOperator: pulumi.String("GreaterThanThreshold"),
		Threshold:          pulumi.Float64(memoryPercent),
		EvaluationPeriods:  pulumi.Int(watchedMinutes),
		DatapointsToAlarm:  pulumi.Int(badMinutes),
		TreatMissingData:   pulumi.String(absenceIsGood),
	}
}
