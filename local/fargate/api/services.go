package api

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func (s *Server) createService(ctx context.Context, input *ecs.CreateServiceInput) (*ecs.CreateServiceOutput, error) {
	if err := errors.Join(require("serviceName", input.ServiceName), require("taskDefinition", input.TaskDefinition)); err != nil {
		return nil, err
	}
	name, _, err := s.cluster(ctx, input.Cluster)
	if err != nil {
		return nil, err
	}
	if input.TaskDefinition, err = s.taskDefinition(ctx, input.TaskDefinition); err != nil {
		return nil, err
	}
	if len(input.CapacityProviderStrategy) > 0 && input.LaunchType != "" {
		return nil, errLaunchTypeAndStrategy
	}
	if err := s.checkStrategy(ctx, name, input.CapacityProviderStrategy); err != nil {
		return nil, err
	}
	input.Cluster = &name
	created, err := s.Scheduler.Create(input)
	if err != nil {
		return nil, err
	}
	return &ecs.CreateServiceOutput{Service: &created}, nil
}

func (s *Server) updateService(ctx context.Context, input *ecs.UpdateServiceInput) (*ecs.UpdateServiceOutput, error) {
	if err := require("service", input.Service); err != nil {
		return nil, err
	}
	name, _, err := s.cluster(ctx, input.Cluster)
	if err != nil {
		return nil, err
	}
	if input.TaskDefinition != nil {
		if input.TaskDefinition, err = s.taskDefinition(ctx, input.TaskDefinition); err != nil {
			return nil, err
		}
	}
	if err := s.checkStrategy(ctx, name, input.CapacityProviderStrategy); err != nil {
		return nil, err
	}
	input.Cluster = &name
	updated, err := s.Scheduler.Update(input)
	if err != nil {
		return nil, err
	}
	return &ecs.UpdateServiceOutput{Service: &updated}, nil
}

func (s *Server) deleteService(ctx context.Context, input *ecs.DeleteServiceInput) (*ecs.DeleteServiceOutput, error) {
	name, _, err := s.cluster(ctx, input.Cluster)
	if err != nil {
		return nil, err
	}
	deleted, err := s.Scheduler.Delete(name, aws.ToString(input.Service), aws.ToBool(input.Force))
	if err != nil {
		return nil, err
	}
	return &ecs.DeleteServiceOutput{Service: &deleted}, nil
}

func (s *Server) describeServices(ctx context.Context, input *ecs.DescribeServicesInput) (*ecs.DescribeServicesOutput, error) {
	name, _, err := s.cluster(ctx, input.Cluster)
	if err != nil {
		return nil, err
	}
	output := &ecs.DescribeServicesOutput{Services: []types.Service{}, Failures: []types.Failure{}}
	for _, reference := range input.Services {
		found, ok := s.Scheduler.Describe(name, reference)
		if !ok {
			output.Failures = append(output.Failures, types.Failure{Arn: &reference, Reason: aws.String("MISSING")})
			continue
		}
		if !slices.Contains(input.Include, types.ServiceFieldTags) {
			found.Tags = nil
		}
		output.Services = append(output.Services, found)
	}
	return output, nil
}

func (s *Server) listServices(ctx context.Context, input *ecs.ListServicesInput) (*ecs.ListServicesOutput, error) {
	name, _, err := s.cluster(ctx, input.Cluster)
	if err != nil {
		return nil, err
	}
	output := &ecs.ListServicesOutput{ServiceArns: []string{}}
	for _, found := range s.Scheduler.List(name) {
		output.ServiceArns = append(output.ServiceArns, aws.ToString(found.ServiceArn))
	}
	return output, nil
}
