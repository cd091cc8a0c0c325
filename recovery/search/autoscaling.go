package search

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
)

type scalingAPI interface {
	applicationautoscaling.DescribeScalableTargetsAPIClient
	applicationautoscaling.DescribeScalingPoliciesAPIClient
}

type scalableTargetInputs struct {
	Namespace string `json:"serviceNamespace"`
	Resource  string `json:"resourceId"`
	Dimension string `json:"scalableDimension"`
}

func (i scalableTargetInputs) importID() string {
	return strings.Join([]string{i.Namespace, i.Resource, i.Dimension}, "/")
}

func (a *Account) scalableTargets(ctx context.Context, inputs scalableTargetInputs) ([]Found, error) {
	described, err := a.scaling.DescribeScalableTargets(ctx, &applicationautoscaling.DescribeScalableTargetsInput{
		ServiceNamespace:  types.ServiceNamespace(inputs.Namespace),
		ScalableDimension: types.ScalableDimension(inputs.Dimension),
		ResourceIds:       []string{inputs.Resource},
	})
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, target := range described.ScalableTargets {
		found = append(found, Found{ID: aws.ToString(target.ResourceId), ImportID: inputs.importID()})
	}
	return found, nil
}

type scalingPolicyInputs struct {
	scalableTargetInputs
	Name string
}

func (a *Account) scalingPolicies(ctx context.Context, inputs scalingPolicyInputs) ([]Found, error) {
	policies, err := all(ctx, applicationautoscaling.NewDescribeScalingPoliciesPaginator(a.scaling, &applicationautoscaling.DescribeScalingPoliciesInput{
		ServiceNamespace:  types.ServiceNamespace(inputs.Namespace),
		ScalableDimension: types.ScalableDimension(inputs.Dimension),
		ResourceId:        &inputs.Resource,
	}), func(page *applicationautoscaling.DescribeScalingPoliciesOutput) []types.ScalingPolicy {
		return page.ScalingPolicies
	})
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, policy := range policies {
		if aws.ToString(policy.PolicyName) == inputs.Name {
			found = append(found, Found{ID: inputs.Name, ImportID: inputs.importID() + "/" + inputs.Name})
		}
	}
	return found, nil
}
