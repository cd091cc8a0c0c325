package api

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func onSpot(provider string) []types.CapacityProviderStrategyItem {
	return []types.CapacityProviderStrategyItem{{CapacityProvider: &provider, Weight: 1}}
}

func TestCapacityProvidersOfAService(t *testing.T) {
	c := newCloud(t)
	create := func(strategy []types.CapacityProviderStrategyItem, launchType types.LaunchType) error {
		_, err := c.ecs.CreateService(t.Context(), &ecs.CreateServiceInput{
			Cluster: aws.String("main"), ServiceName: aws.String("app"), TaskDefinition: aws.String("app:1"), DesiredCount: aws.Int32(0),
			CapacityProviderStrategy: strategy, LaunchType: launchType,
		})
		return err
	}
	if err := create(onSpot("FARGATE_SPOT"), types.LaunchTypeFargate); err == nil || !strings.Contains(err.Error(), "both a launch type and") {
		t.Errorf("beside a launch type, the error is %v", err)
	}
	if err := create(onSpot("EC2_FLEET"), ""); err == nil || !strings.Contains(err.Error(), "not associated with the cluster") {
		t.Errorf("of one that the cluster has not, the error is %v", err)
	}
	if err := create(onSpot("FARGATE_SPOT"), ""); err != nil {
		t.Fatalf("of one that the cluster has, the error is %v", err)
	}
	if got := c.service().CapacityProviderStrategy; len(got) != 1 || *got[0].CapacityProvider != "FARGATE_SPOT" {
		t.Errorf("they are told of as %v", got)
	}
	_, err := c.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{
		Cluster: aws.String("main"), Service: aws.String("app"), CapacityProviderStrategy: onSpot("EC2_FLEET"),
	})
	if err == nil || !strings.Contains(err.Error(), "not associated with the cluster") {
		t.Errorf("changed to one that the cluster has not, the error is %v", err)
	}
}
