package search

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

type logsAPI interface {
	cloudwatchlogs.DescribeLogGroupsAPIClient
	ListTagsForResource(context.Context, *cloudwatchlogs.ListTagsForResourceInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.ListTagsForResourceOutput, error)
}

// logGroups looks at the tags too: the name was not made unique, so the log
// group may be somebody else's, and its creation was refused.
func (a *Account) logGroups(ctx context.Context, inputs namedWithTags) ([]Found, error) {
	groups, err := all(ctx, cloudwatchlogs.NewDescribeLogGroupsPaginator(a.logs, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &inputs.Name}),
		func(page *cloudwatchlogs.DescribeLogGroupsOutput) []types.LogGroup { return page.LogGroups })
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, group := range groups {
		if aws.ToString(group.LogGroupName) != inputs.Name {
			continue
		}
		listed, err := a.logs.ListTagsForResource(ctx, &cloudwatchlogs.ListTagsForResourceInput{ResourceArn: group.LogGroupArn})
		if err != nil {
			return nil, err
		}
		if inputs.areOn(listed.Tags) {
			found = append(found, byID(group.LogGroupName))
		}
	}
	return found, nil
}
