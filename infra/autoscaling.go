package infra

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/appautoscaling"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const (
	// Growing late costs users their time, shrinking late costs little money.
	scaleOutCooldownSeconds = 60
	scaleInCooldownSeconds  = 300
)

// newAutoscaling lets the number of tasks follow the load and the schedule, as
// far as there are bounds between which it may, and a schedule.
func newAutoscaling(ctx *pulumi.Context, name string, args *ServiceArgs, cluster *ecs.Cluster, service *ecs.Service, parent pulumi.ResourceOption) error {
	target, err := newScalableTarget(ctx, name, args.Config, cluster, service, parent)
	if err != nil {
		return err
	}
	if args.Config.Autoscales() {
		if err := newScalingPolicies(ctx, name, args, target, parent); err != nil {
			return err
		}
	}
	if args.Config.Schedule.On() {
		return newSchedule(ctx, name, args.Config, target, parent)
	}
	return nil
}

// newScalableTarget makes the bounds of the number of tasks. With a schedule
// they are the schedule's from then on: a deployment at night must not start
// what was stopped in the evening. Bounds that change are in its next start.
func newScalableTarget(ctx *pulumi.Context, name string, config *Config, cluster *ecs.Cluster, service *ecs.Service, parent pulumi.ResourceOption) (*appautoscaling.Target, error) {
	opts := []pulumi.ResourceOption{parent}
	if config.Schedule.On() {
		opts = append(opts, pulumi.IgnoreChanges([]string{"minCapacity", "maxCapacity"}))
	}
	target, err := appautoscaling.NewTarget(ctx, name, &appautoscaling.TargetArgs{
		ServiceNamespace:  pulumi.String("ecs"),
		ScalableDimension: pulumi.String("ecs:service:DesiredCount"),
		ResourceId:        pulumi.Sprintf("service/%s/%s", cluster.Name, service.Name),
		MinCapacity:       pulumi.Int(config.MinimumTaskCount),
		MaxCapacity:       pulumi.Int(config.MaximumTaskCount),
	}, opts...)
	if err != nil {
		return nil, fmt.Errorf("autoscaling target: %w", err)
	}
	return target, nil
}

// newScalingPolicies lets the number of tasks follow the load, by CPU and by
// requests. The larger of the two counts.
func newScalingPolicies(ctx *pulumi.Context, name string, args *ServiceArgs, target *appautoscaling.Target, parent pulumi.ResourceOption) error {
	policies := []struct {
		name   string
		metric appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgs
		hold   int
	}{
		{
			name: name + "-cpu",
			metric: appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgs{
				PredefinedMetricType: pulumi.String("ECSServiceAverageCPUUtilization"),
			},
			hold: args.Config.CPUTargetPercent,
		},
		{
			name: name + "-requests",
			metric: appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgs{
				PredefinedMetricType: pulumi.String("ALBRequestCountPerTarget"),
				ResourceLabel:        pulumi.Sprintf("%s/%s", args.LoadBalancer.ARNSuffix, args.LoadBalancer.TargetGroupARNSuffix),
			},
			hold: args.Config.RequestsPerTargetPerMinute,
		},
	}
	for _, p := range policies {
		if _, err := appautoscaling.NewPolicy(ctx, p.name, &appautoscaling.PolicyArgs{
			PolicyType:        pulumi.String("TargetTrackingScaling"),
			ServiceNamespace:  target.ServiceNamespace,
			ScalableDimension: target.ScalableDimension,
			ResourceId:        target.ResourceId,
			TargetTrackingScalingPolicyConfiguration: &appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgs{
				PredefinedMetricSpecification: p.metric,
				TargetValue:                   pulumi.Float64(p.hold),
				ScaleOutCooldown:              pulumi.Int(scaleOutCooldownSeconds),
				ScaleInCooldown:               pulumi.Int(scaleInCooldownSeconds),
			},
		}, parent); err != nil {
			return fmt.Errorf("autoscaling policy %s: %w", p.name, err)
		}
	}
	return nil
}
