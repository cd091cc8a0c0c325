package search

import (
	"context"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	metricstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/smithy-go"
)

// A fakeCloudWatch has the alarm and the dashboard "web".
type fakeCloudWatch struct{}

func (fakeCloudWatch) DescribeAlarms(_ context.Context, input *cloudwatch.DescribeAlarmsInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.DescribeAlarmsOutput, error) {
	output := &cloudwatch.DescribeAlarmsOutput{}
	if slices.Equal(input.AlarmNames, []string{"web"}) {
		output.MetricAlarms = []metricstypes.MetricAlarm{{AlarmName: aws.String("web")}}
	}
	return output, nil
}

func (fakeCloudWatch) GetDashboard(_ context.Context, input *cloudwatch.GetDashboardInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.GetDashboardOutput, error) {
	if *input.DashboardName != "web" {
		return nil, &smithy.GenericAPIError{Code: "ResourceNotFound"} // the SDK has no type for it
	}
	return &cloudwatch.GetDashboardOutput{}, nil
}

// fakeSNS has one topic a page.
type fakeSNS struct{}

func (fakeSNS) ListTopics(_ context.Context, input *sns.ListTopicsInput, _ ...func(*sns.Options)) (*sns.ListTopicsOutput, error) {
	if input.NextToken == nil {
		return &sns.ListTopicsOutput{Topics: []snstypes.Topic{{TopicArn: aws.String("arn:sns:old-web")}}, NextToken: aws.String("2")}, nil
	}
	return &sns.ListTopicsOutput{Topics: []snstypes.Topic{{TopicArn: aws.String("arn:sns:web")}}}, nil
}

// fakeS3 has the bucket "web".
type fakeS3 struct{}

func (fakeS3) HeadBucket(_ context.Context, input *s3.HeadBucketInput, _ ...func(*s3.Options)) (*s3.HeadBucketOutput, error) {
	if *input.Bucket != "web" {
		return nil, &s3types.NotFound{}
	}
	return &s3.HeadBucketOutput{}, nil
}

func TestWhatIsFoundOfObservability(t *testing.T) {
	find(t, &Account{cloudWatch: fakeCloudWatch{}, sns: fakeSNS{}, s3: fakeS3{}}, map[string]search{
		"an alarm, by its name":        {"aws:cloudwatch/metricAlarm:MetricAlarm", `{"name": "web"}`, sameID("web")},
		"no alarm of another name":     {"aws:cloudwatch/metricAlarm:MetricAlarm", `{"name": "old"}`, nil},
		"a dashboard, by its name":     {"aws:cloudwatch/dashboard:Dashboard", `{"dashboardName": "web"}`, sameID("web")},
		"no dashboard of another name": {"aws:cloudwatch/dashboard:Dashboard", `{"dashboardName": "old"}`, nil},
		"a topic, by its name":         {"aws:sns/topic:Topic", `{"name": "web"}`, sameID("arn:sns:web")},
		"no topic of a shorter name":   {"aws:sns/topic:Topic", `{"name": "eb"}`, nil},
		"a bucket, by its name":        {"aws:s3/bucketV2:BucketV2", `{"bucket": "web"}`, sameID("web")},
		"no bucket of another name":    {"aws:s3/bucketV2:BucketV2", `{"bucket": "old"}`, nil},
	})
}
