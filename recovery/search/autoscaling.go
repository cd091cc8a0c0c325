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
	var found []Found
	pages := applicationautoscaling.NewDescribeScalingPoliciesPaginator(a.scaling, &applicationautoscaling.DescribeScalingPoliciesInput{
		ServiceNamespace:  types.ServiceNamespace(inputs.Namespace),
		ScalableDimension: types.ScalableDimension(inputs.Dimension),
		ResourceId:        &inputs.Resource,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, policy := range page.ScalingPolicies {
			if aws.ToString(policy.PolicyName) == inputs.Name {
				found = append(found, Found{ID: inputs.Name, ImportID: inputs.importID() + "/" + inputs.Name})
			}
		}
	}
	return found, nil
}
