package infra

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// The capacity providers that each account has.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html
const (
	onDemand = "FARGATE"
	spot     = "FARGATE_SPOT"
)

// newCapacityProviders lets services of a cluster choose between Fargate and
// Fargate Spot.
func newCapacityProviders(ctx *pulumi.Context, name string, cluster *ecs.Cluster, parent pulumi.ResourceOption) (*ecs.ClusterCapacityProviders, error) {
	providers, err := ecs.NewClusterCapacityProviders(ctx, name, &ecs.ClusterCapacityProvidersArgs{
		ClusterName:       cluster.Name,
		CapacityProviders: pulumi.StringArray{pulumi.String(onDemand), pulumi.String(spot)},
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("capacity providers of the cluster: %w", err)
	}
	return providers, nil
}

// setCapacity says what the tasks of a service run on. AWS takes either a
// launch type or a strategy.
//
// The strategy has a base of as many tasks as must always run: AWS takes none
// of these away. What comes beyond is shared by weight.
func setCapacity(service *ecs.ServiceArgs, config *Config) {
	if config.SpotPercent == 0 {
		service.LaunchType = pulumi.String(onDemand)
		return
	}
	service.CapacityProviderStrategies = ecs.ServiceCapacityProviderStrategyArray{
		&ecs.ServiceCapacityProviderStrategyArgs{
			CapacityProvider: pulumi.String(onDemand),
			Base:             pulumi.Int(config.MinimumTaskCount),
			Weight:           pulumi.Int(100 - config.SpotPercent),
		},
		&ecs.ServiceCapacityProviderStrategyArgs{
			CapacityProvider: pulumi.String(spot),
			Weight:           pulumi.Int(config.SpotPercent),
		},
	}
	// Without it, the provider makes a new service of one whose strategy changes,
	// as it does in any case where a strategy comes or goes. The old service is
	// deleted when the tasks of the new one are healthy.
	service.ForceNewDeployment = pulumi.Bool(true)
}
