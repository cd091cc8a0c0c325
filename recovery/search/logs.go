package search

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
)

type logsAPI interface {
	cloudwatchlogs.DescribeLogGroupsAPIClient
	ListTagsForResource(context.Context, *cloudwatchlogs.ListTagsForResourceInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.ListTagsForResourceOutput, error)
}

// logGroups looks at the tags too: the name was not made unique, so the log
// group may be somebody else's, and its creation was refused.
func (a *Account) logGroups(ctx context.Context, inputs namedWithTags) ([]Found, error) {
	var found []Found
	pages := cloudwatchlogs.NewDescribeLogGroupsPaginator(a.logs, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &inputs.Name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, group := range page.LogGroups {
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
	}
	return found, nil
}
