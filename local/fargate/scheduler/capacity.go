package scheduler

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// chooseProvider returns the capacity provider of the next task beside others:
// one whose base they don't fill, else the one that is furthest behind its
// weight. It is empty without a strategy.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html
func chooseProvider(strategy []types.CapacityProviderStrategyItem, tasks []*task) string {
	have := map[string]int32{}
	for _, t := range tasks {
		have[aws.ToString(t.Record().CapacityProviderName)]++
	}
	chosen, least := "", 0.0
	for _, item := range strategy {
		name := aws.ToString(item.CapacityProvider)
		beyond := have[name] - item.Base
		if beyond < 0 {
			return name
		}
		if item.Weight == 0 {
			continue
		}
		if after := float64(beyond+1) / float64(item.Weight); chosen == "" || after < least {
			chosen, least = name, after
		}
	}
	return chosen
}

// launchTypeBeside returns the launch type of a service with a strategy, which
// is none, or of one that had a strategy and has none any more.
func launchTypeBeside(strategy []types.CapacityProviderStrategyItem) types.LaunchType {
	if len(strategy) > 0 {
		return ""
	}
	return types.LaunchTypeFargate
}
