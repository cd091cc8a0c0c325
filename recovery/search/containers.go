package search

import (
	"context"
	"path"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// active is the status of what ECS has. It goes on describing clusters and
// services that were deleted, as INACTIVE.
const active = "ACTIVE"

type ecsAPI interface {
	ecs.ListTaskDefinitionsAPIClient
	DescribeClusters(context.Context, *ecs.DescribeClustersInput, ...func(*ecs.Options)) (*ecs.DescribeClustersOutput, error)
	DescribeServices(context.Context, *ecs.DescribeServicesInput, ...func(*ecs.Options)) (*ecs.DescribeServicesOutput, error)
	DescribeTaskDefinition(context.Context, *ecs.DescribeTaskDefinitionInput, ...func(*ecs.Options)) (*ecs.DescribeTaskDefinitionOutput, error)
}

type ecrAPI interface {
	ecr.DescribeRepositoriesAPIClient
	ListTagsForResource(context.Context, *ecr.ListTagsForResourceInput, ...func(*ecr.Options)) (*ecr.ListTagsForResourceOutput, error)
}

func (a *Account) clusters(ctx context.Context, inputs named) ([]Found, error) {
	described, err := a.ecs.DescribeClusters(ctx, &ecs.DescribeClustersInput{Clusters: []string{inputs.Name}})
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, cluster := range described.Clusters {
		if aws.ToString(cluster.Status) == active {
			found = append(found, Found{ID: aws.ToString(cluster.ClusterArn), ImportID: inputs.Name})
		}
	}
	return found, nil
}

type serviceInputs struct {
	Cluster string // its name or ARN
	Name    string
}

func (a *Account) services(ctx context.Context, inputs serviceInputs) ([]Found, error) {
	described, err := a.ecs.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &inputs.Cluster, Services: []string{inputs.Name}})
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, service := range described.Services {
		if aws.ToString(service.Status) == active {
			found = append(found, Found{
				ID:       aws.ToString(service.ServiceArn),
				ImportID: path.Base(inputs.Cluster) + "/" + inputs.Name,
			})
		}
	}
	return found, nil
}

type taskDefinitionInputs struct {
	tagged
	Family string
}

// taskDefinitions finds the revisions that a service could use, by their tags.
// What is in them is not compared: it may be a secret in the stack's state,
// and ECS adds its defaults to it.
func (a *Account) taskDefinitions(ctx context.Context, inputs taskDefinitionInputs) ([]Found, error) {
	arns, err := all(ctx, ecs.NewListTaskDefinitionsPaginator(a.ecs, &ecs.ListTaskDefinitionsInput{
		FamilyPrefix: &inputs.Family, // the whole name, whatever it is called
		Status:       types.TaskDefinitionStatusActive,
	}), func(page *ecs.ListTaskDefinitionsOutput) []string { return page.TaskDefinitionArns })
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, arn := range arns {
		described, err := a.ecs.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{
			TaskDefinition: &arn,
			Include:        []types.TaskDefinitionField{types.TaskDefinitionFieldTags},
		})
		if err != nil {
			return nil, err
		}
		tags := map[string]string{}
		for _, tag := range described.Tags {
			tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
		}
		if inputs.areOn(tags) {
			found = append(found, byID(&arn))
		}
	}
	return found, nil
}

type namedWithTags struct {
	named
	tagged
}

// repositories looks at the tags too: the name was not made unique, so the
// repository may be somebody else's, and its creation was refused.
func (a *Account) repositories(ctx context.Context, inputs namedWithTags) ([]Found, error) {
	described, err := a.ecr.DescribeRepositories(ctx, &ecr.DescribeRepositoriesInput{RepositoryNames: []string{inputs.Name}})
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, repository := range described.Repositories {
		listed, err := a.ecr.ListTagsForResource(ctx, &ecr.ListTagsForResourceInput{ResourceArn: repository.RepositoryArn})
		if err != nil {
			return nil, err
		}
		tags := map[string]string{}
		for _, tag := range listed.Tags {
			tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
		}
		if inputs.areOn(tags) {
			found = append(found, byID(repository.RepositoryName))
		}
	}
	return found, nil
}
