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

// newAutoscaling lets the number of tasks follow the load, by CPU and by
// requests. The larger of the two counts.
func newAutoscaling(ctx *pulumi.Context, name string, args *ServiceArgs, cluster *ecs.Cluster, service *ecs.Service, parent pulumi.ResourceOption) error {
	target, err := appautoscaling.NewTarget(ctx, name, &appautoscaling.TargetArgs{
		ServiceNamespace:  pulumi.String("ecs"),
		ScalableDimension: pulumi.String("ecs:service:DesiredCount"),
		ResourceId:        pulumi.Sprintf("service/%s/%s", cluster.Name, service.Name),
		MinCapacity:       pulumi.Int(args.Config.MinimumTaskCount),
		MaxCapacity:       pulumi.Int(args.Config.MaximumTaskCount),
	}, parent)
	if err != nil {
		return fmt.Errorf("autoscaling target: %w", err)
	}
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
