package search

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
)

type cloudWatchAPI interface {
	DescribeAlarms(context.Context, *cloudwatch.DescribeAlarmsInput, ...func(*cloudwatch.Options)) (*cloudwatch.DescribeAlarmsOutput, error)
	GetDashboard(context.Context, *cloudwatch.GetDashboardInput, ...func(*cloudwatch.Options)) (*cloudwatch.GetDashboardOutput, error)
}

type snsAPI interface{ sns.ListTopicsAPIClient }

type s3API interface {
	HeadBucket(context.Context, *s3.HeadBucketInput, ...func(*s3.Options)) (*s3.HeadBucketOutput, error)
}

func (a *Account) alarms(ctx context.Context, inputs named) ([]Found, error) {
	described, err := a.cloudWatch.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{inputs.Name}})
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, alarm := range described.MetricAlarms {
		found = append(found, byID(alarm.AlarmName))
	}
	return found, nil
}

type dashboardInputs struct {
	Name string `json:"dashboardName"`
}

func (a *Account) dashboards(ctx context.Context, inputs dashboardInputs) ([]Found, error) {
	if _, err := a.cloudWatch.GetDashboard(ctx, &cloudwatch.GetDashboardInput{DashboardName: &inputs.Name}); err != nil {
		return nil, err
	}
	return []Found{byID(&inputs.Name)}, nil
}

// topics looks through all of them, since a topic is asked for by its ARN only.
func (a *Account) topics(ctx context.Context, inputs named) ([]Found, error) {
	topics, err := all(ctx, sns.NewListTopicsPaginator(a.sns, &sns.ListTopicsInput{}),
		func(page *sns.ListTopicsOutput) []types.Topic { return page.Topics })
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, topic := range topics {
		if strings.HasSuffix(aws.ToString(topic.TopicArn), ":"+inputs.Name) {
			found = append(found, byID(topic.TopicArn))
		}
	}
	return found, nil
}

type bucketInputs struct{ Bucket string }

func (a *Account) buckets(ctx context.Context, inputs bucketInputs) ([]Found, error) {
	if _, err := a.s3.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &inputs.Bucket}); err != nil {
		return nil, err
	}
	return []Found{byID(&inputs.Bucket)}, nil
}
