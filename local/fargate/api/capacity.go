package api

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"fargate-stack/local/fargate/scheduler"
)

var errLaunchTypeAndStrategy = &scheduler.Error{
	Code:    "InvalidParameterException",
	Message: "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.",
}

// checkStrategy refuses a strategy with capacity providers that the cluster
// does not have.
func (s *Server) checkStrategy(ctx context.Context, cluster string, strategy []types.CapacityProviderStrategyItem) error {
	if len(strategy) == 0 {
		return nil
	}
	found, err := s.ECS.DescribeClusters(ctx, &ecs.DescribeClustersInput{Clusters: []string{cluster}})
	if err != nil {
		return fmt.Errorf("looking for the capacity providers of cluster %s: %w", cluster, err)
	}
	for _, item := range strategy {
		if !slices.Contains(found.Clusters[0].CapacityProviders, aws.ToString(item.CapacityProvider)) {
			return &scheduler.Error{
				Code:    "InvalidParameterException",
				Message: "The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. Associate the capacity provider with the cluster and try again.",
			}
		}
	}
	return nil
}
