package api

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"fargate-stack/local/fargate/scheduler"
)

// The emulator hands over the tags of services only; it keeps those of
// clusters and task definitions itself.

func (s *Server) tagResource(ctx context.Context, input *ecs.TagResourceInput) (*ecs.TagResourceOutput, error) {
	return &ecs.TagResourceOutput{}, s.changeTags(input.ResourceArn, func(tags []types.Tag) []types.Tag {
		return append(without(tags, keys(input.Tags)), input.Tags...)
	})
}

func (s *Server) untagResource(ctx context.Context, input *ecs.UntagResourceInput) (*ecs.UntagResourceOutput, error) {
	return &ecs.UntagResourceOutput{}, s.changeTags(input.ResourceArn, func(tags []types.Tag) []types.Tag {
		return without(tags, input.TagKeys)
	})
}

func (s *Server) listTagsForResource(ctx context.Context, input *ecs.ListTagsForResourceInput) (*ecs.ListTagsForResourceOutput, error) {
	output := &ecs.ListTagsForResourceOutput{Tags: []types.Tag{}}
	return output, s.changeTags(input.ResourceArn, func(tags []types.Tag) []types.Tag {
		output.Tags = append(output.Tags, tags...)
		return tags
	})
}

func (s *Server) changeTags(arn *string, change func([]types.Tag) []types.Tag) error {
	if !s.Scheduler.Tag(aws.ToString(arn), change) {
		return &scheduler.Error{Code: "InvalidParameterException", Message: "The specified resource was not found: " + aws.ToString(arn)}
	}
	return nil
}

func keys(tags []types.Tag) []string {
	var named []string
	for _, tag := range tags {
		named = append(named, aws.ToString(tag.Key))
	}
	return named
}

// without returns a copy of tags that has none of some keys.
func without(tags []types.Tag, removed []string) []types.Tag {
	return slices.DeleteFunc(slices.Clone(tags), func(tag types.Tag) bool {
		return slices.Contains(removed, aws.ToString(tag.Key))
	})
}
