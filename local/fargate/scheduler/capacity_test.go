package scheduler

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func strategy(base, onDemand, spot int32) []types.CapacityProviderStrategyItem {
	return []types.CapacityProviderStrategyItem{
		{CapacityProvider: aws.String("FARGATE"), Base: base, Weight: onDemand},
		{CapacityProvider: aws.String("FARGATE_SPOT"), Weight: spot},
	}
}

// providers counts the tasks that are to run, by what they run on.
func (w *world) providers() map[string]int {
	counted := map[string]int{}
	for _, f := range w.tasks {
		if *f.record.DesiredStatus == statusRunning {
			counted[aws.ToString(f.record.CapacityProviderName)]++
		}
	}
	return counted
}

func TestTasksAreSharedBetweenCapacityProviders(t *testing.T) {
	tests := []struct {
		statement      string
		strategy       []types.CapacityProviderStrategyItem
		desired        int32
		onDemand, spot int
	}{
		{"the base comes first", strategy(2, 1, 1), 2, 2, 0},
		{"what is beyond the base is shared by weight", strategy(2, 25, 75), 10, 4, 6},
		{"a weight of zero gets the base and no more", strategy(2, 0, 100), 5, 2, 3},
		{"without a base all is shared by weight", strategy(0, 1, 3), 8, 2, 6},
	}
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			w := newWorld(t)
			settings := input(good, test.desired)
			settings.CapacityProviderStrategy = test.strategy
			w.deployed(settings)
			if got := w.providers(); got["FARGATE"] != test.onDemand || got["FARGATE_SPOT"] != test.spot {
				t.Errorf("tasks run on %v, want %d on demand and %d on Spot", got, test.onDemand, test.spot)
			}
		})
	}
}

func TestAChangedStrategyIsDeployed(t *testing.T) {
	w := newWorld(t)
	settings := input(good, 4)
	settings.LaunchType = types.LaunchTypeFargate
	w.deployed(settings)
	if got := w.providers(); got[""] != 4 {
		t.Errorf("without a strategy, tasks run on %v", got)
	}
	service := w.update(ecs.UpdateServiceInput{CapacityProviderStrategy: strategy(2, 0, 1)})
	if service.LaunchType != "" {
		t.Errorf("the launch type beside a strategy is %s", service.LaunchType)
	}
	w.until("the strategy is deployed", isDone)
	if got := w.providers(); got["FARGATE"] != 2 || got["FARGATE_SPOT"] != 2 {
		t.Errorf("with a strategy, tasks run on %v", got)
	}
	service = w.update(ecs.UpdateServiceInput{CapacityProviderStrategy: []types.CapacityProviderStrategyItem{}})
	if service.LaunchType != types.LaunchTypeFargate {
		t.Errorf("the launch type of a service without a strategy is %q", service.LaunchType)
	}
	w.until("no strategy is deployed", isDone)
	if got := w.providers(); got[""] != 4 {
		t.Errorf("without a strategy again, tasks run on %v", got)
	}
}
