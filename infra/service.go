package infra

import (
	"context"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const (
	// With 100 and 200 percent a deployment starts new tasks beside all of the
	// old ones, and stops these when the new ones are healthy.
	minimumHealthyPercent = 100
	maximumPercent        = 200
)

// Service is the ECS service with what it runs in and on: cluster, log group,
// roles, task definition and autoscaling.
type Service struct {
	pulumi.ResourceState

	// ClusterName is the cluster's name.
	ClusterName pulumi.StringOutput
	// ServiceName is the service's name.
	ServiceName pulumi.StringOutput
	// TaskDefinitionARN is the ARN of the revision that runs. It is known when
	// the tasks are healthy.
	TaskDefinitionARN pulumi.StringOutput
	// LogGroupName is the log group of the app.
	LogGroupName pulumi.StringOutput

	// deployed is the ECS service, once its tasks are healthy.
	deployed pulumi.ResourceArrayOutput
}

// ServiceArgs says what a [Service] is made of.
type ServiceArgs struct {
	// Config has the size, number and settings of the tasks.
	Config *Config
	// Account is where it all is.
	Account *Account
	// Network has the subnets and the security group of the tasks.
	Network *Network
	// Image is what the tasks run.
	Image *Image
	// LoadBalancer has the target group that the tasks are registered in.
	LoadBalancer *LoadBalancer
	// DeploymentAlarmNames are the alarms that a deployment is rolled back for;
	// none if there are none.
	DeploymentAlarmNames pulumi.StringArray
	// BoundaryARN is the permissions boundary of the roles, nil for none.
	BoundaryARN pulumi.StringPtrInput
	// Follow waits for the tasks of a deployment.
	Follow FollowRollout
}

// NewService makes a [Service]. It is ready when its tasks are healthy behind
// the load balancer; if they don't become so, ECS goes back to the last
// deployment that worked, and the error says why.
func NewService(ctx *pulumi.Context, name string, args *ServiceArgs, opts ...pulumi.ResourceOption) (*Service, error) {
	s := &Service{}
	if err := ctx.RegisterComponentResource("fargate-stack:infra:Service", name, s, opts...); err != nil {
		return nil, err
	}
	parent := pulumi.Parent(s)
	cluster, err := newCluster(ctx, name, args.Config.ContainerInsights, parent)
	if err != nil {
		return nil, err
	}
	logs, err := newLogGroup(ctx, name, args.Config.LogRetentionDays, parent)
	if err != nil {
		return nil, err
	}
	roles, err := newRoles(ctx, name, args, logs.Arn, parent)
	if err != nil {
		return nil, err
	}
	definition, err := newTaskDefinition(ctx, name, args, roles, logs.Name, parent)
	if err != nil {
		return nil, err
	}
	ready, err := newPrerequisites(ctx, name, args, cluster, roles, parent)
	if err != nil {
		return nil, err
	}
	service, err := newECSService(ctx, name, args, cluster, definition, parent, pulumi.DependsOn(ready))
	if err != nil {
		return nil, err
	}
	if args.Config.ScalesItself() {
		if err := newAutoscaling(ctx, name, args, cluster, service, parent); err != nil {
			return nil, err
		}
	}

	s.ClusterName = cluster.Name
	s.ServiceName = service.Name
	s.TaskDefinitionARN = deployed(ctx, args.Follow, cluster.Name, service, definition)
	s.LogGroupName = logs.Name
	s.deployed = s.TaskDefinitionARN.ApplyT(func(string) []pulumi.Resource {
		return []pulumi.Resource{service}
	}).(pulumi.ResourceArrayOutput)
	return s, ctx.RegisterResourceOutputs(s, pulumi.Map{
		"clusterName":       s.ClusterName,
		"serviceName":       s.ServiceName,
		"taskDefinitionArn": s.TaskDefinitionARN,
		"logGroupName":      s.LogGroupName,
	})
}

// dimensions are those of the metrics of a service.
func (s *Service) dimensions() pulumi.StringMap {
	return pulumi.StringMap{"ClusterName": s.ClusterName, "ServiceName": s.ServiceName}
}

func newCluster(ctx *pulumi.Context, name, containerInsights string, parent pulumi.ResourceOption) (*ecs.Cluster, error) {
	cluster, err := ecs.NewCluster(ctx, name, &ecs.ClusterArgs{
		Settings: ecs.ClusterSettingArray{
			&ecs.ClusterSettingArgs{
				Name:  pulumi.String("containerInsights"),
				Value: pulumi.String(containerInsights),
			},
		},
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("cluster: %w", err)
	}
	return cluster, nil
}

// newLogGroup makes the log group. It has a name of its own, so that people
// who search for it find it where the logs of ECS usually are.
func newLogGroup(ctx *pulumi.Context, name string, retentionDays int, parent pulumi.ResourceOption) (*cloudwatch.LogGroup, error) {
	logs, err := cloudwatch.NewLogGroup(ctx, name, &cloudwatch.LogGroupArgs{
		Name:            pulumi.String("/ecs/" + name),
		RetentionInDays: pulumi.Int(retentionDays),
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("log group: %w", err)
	}
	return logs, nil
}

// newPrerequisites returns what has to be there before the service. ECS refuses
// a target group without a listener, and a strategy without its capacity
// providers. Tasks can't start before the way to the registry is open and the
// roles may do what they have to; and at the end they must be gone before any of
// it goes.
func newPrerequisites(ctx *pulumi.Context, name string, args *ServiceArgs, cluster *ecs.Cluster, roles *roles, parent pulumi.ResourceOption) ([]pulumi.Resource, error) {
	ready := append([]pulumi.Resource{args.Network, args.LoadBalancer.listener}, roles.policies...)
	if args.Config.SpotPercent == 0 {
		return ready, nil
	}
	providers, err := newCapacityProviders(ctx, name, cluster, parent)
	if err != nil {
		return nil, err
	}
	return append(ready, providers), nil
}

func newECSService(ctx *pulumi.Context, name string, args *ServiceArgs, cluster *ecs.Cluster, definition *ecs.TaskDefinition, opts ...pulumi.ResourceOption) (*ecs.Service, error) {
	if args.Config.ScalesItself() {
		// The number of tasks is autoscaling's from then on: a deployment at
		// noon must not take the stack back to its size at night.
		opts = append(opts, pulumi.IgnoreChanges([]string{"desiredCount"}))
	}
	if len(args.DeploymentAlarmNames) == 0 {
		// The provider can't take alarms away: it would ask ECS to have none in a
		// way that its own client refuses. They are taken away by hand.
		opts = append(opts, pulumi.IgnoreChanges([]string{"alarms"}))
	}
	settings := &ecs.ServiceArgs{
		Cluster:        cluster.Arn,
		TaskDefinition: definition.Arn,
		DesiredCount:   pulumi.Int(args.Config.MinimumTaskCount),
		NetworkConfiguration: &ecs.ServiceNetworkConfigurationArgs{
			Subnets:        args.Network.PrivateSubnetIDs,
			SecurityGroups: pulumi.StringArray{args.Network.TaskSecurityGroupID},
			AssignPublicIp: pulumi.Bool(false),
		},
		LoadBalancers: ecs.ServiceLoadBalancerArray{
			&ecs.ServiceLoadBalancerArgs{
				TargetGroupArn: args.LoadBalancer.TargetGroupARN,
				ContainerName:  pulumi.String(containerName),
				ContainerPort:  pulumi.Int(args.Config.ContainerPort),
			},
		},
		HealthCheckGracePeriodSeconds:   pulumi.Int(args.Config.HealthCheckGraceSeconds),
		DeploymentMinimumHealthyPercent: pulumi.Int(minimumHealthyPercent),
		DeploymentMaximumPercent:        pulumi.Int(maximumPercent),
		DeploymentCircuitBreaker: &ecs.ServiceDeploymentCircuitBreakerArgs{
			Enable:   pulumi.Bool(true),
			Rollback: pulumi.Bool(true),
		},
		Alarms: args.deploymentAlarms(),
		// The provider's default is not to: tasks would stay in the zones that
		// were left after a zone was lost and is back.
		AvailabilityZoneRebalancing: pulumi.String("ENABLED"),
		// The program waits by itself: see [rollout].
		WaitForSteadyState:   pulumi.Bool(false),
		EnableEcsManagedTags: pulumi.Bool(true),
		PropagateTags:        pulumi.String("SERVICE"),
		EnableExecuteCommand: pulumi.Bool(args.Config.ECSExec),
	}
	setCapacity(settings, args.Config)
	service, err := ecs.NewService(ctx, name, settings, opts...)
	if err != nil {
		return nil, fmt.Errorf("service: %w", err)
	}
	return service, nil
}

// deploymentAlarms has ECS give up a deployment that sets off an alarm.
func (args *ServiceArgs) deploymentAlarms() ecs.ServiceAlarmsPtrInput {
	if len(args.DeploymentAlarmNames) == 0 {
		return nil
	}
	return &ecs.ServiceAlarmsArgs{
		Enable:     pulumi.Bool(true),
		Rollback:   pulumi.Bool(true),
		AlarmNames: args.DeploymentAlarmNames,
	}
}

// deployed returns the ARN of the task definition when a service runs its
// tasks.
func deployed(ctx *pulumi.Context, follow FollowRollout, cluster pulumi.StringOutput, service *ecs.Service, definition *ecs.TaskDefinition) pulumi.StringOutput {
	return pulumi.All(cluster, service.Name, definition.Arn).ApplyTWithContext(ctx.Context(), func(followed context.Context, v []any) (string, error) {
		arn := v[2].(string)
		if ctx.DryRun() {
			return arn, nil
		}
		err := follow(followed, v[0].(string), v[1].(string), arn, func(progress string) {
			// Progress that can't be shown is no reason to fail.
			_ = ctx.Log.Info(progress, &pulumi.LogArgs{Resource: service, Ephemeral: true})
		})
		if err == nil {
			return arn, nil
		}
		if problem := ctx.Log.Error(err.Error(), &pulumi.LogArgs{Resource: service}); problem != nil {
			return "", errors.Join(err, problem)
		}
		return "", errors.New("the deployment failed; what is said of the service tells why")
	}).(pulumi.StringOutput)
}
