package infra

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// AlarmTopic is the SNS topic that alarms are told to.
type AlarmTopic struct {
	pulumi.ResourceState

	// ARN is the topic's ARN. It is known when CloudWatch may publish there.
	ARN pulumi.StringOutput
}

// AlarmTopicArgs says what an [AlarmTopic] is made of.
type AlarmTopicArgs struct {
	// Email is an address that gets the alarms once it has confirmed that it
	// wants them; empty for none.
	Email string
	// Account is where the alarms are.
	Account *Account
}

// NewAlarmTopic makes an [AlarmTopic].
//
// It has no key of its own: SNS encrypts what it stores anyway, and a message
// has no more in it than a metric and its value. The key alias/aws/sns would be
// worse than none, since it does not let CloudWatch publish.
// https://repost.aws/knowledge-center/cloudwatch-configure-alarm-sns
func NewAlarmTopic(ctx *pulumi.Context, name string, args *AlarmTopicArgs, opts ...pulumi.ResourceOption) (*AlarmTopic, error) {
	t := &AlarmTopic{}
	if err := ctx.RegisterComponentResource("fargate-stack:infra:AlarmTopic", name, t, opts...); err != nil {
		return nil, err
	}
	topic, err := sns.NewTopic(ctx, name+"-alarms", &sns.TopicArgs{}, pulumi.Parent(t))
	if err != nil {
		return nil, fmt.Errorf("topic of the alarms: %w", err)
	}
	policy, err := sns.NewTopicPolicy(ctx, name+"-alarms", &sns.TopicPolicyArgs{
		Arn:    topic.Arn,
		Policy: pulumi.JSONMarshal(topic.Arn.ApplyT(args.policy)),
	}, pulumi.Parent(t))
	if err != nil {
		return nil, fmt.Errorf("policy of the topic of the alarms: %w", err)
	}
	if args.Email != "" {
		if _, err := sns.NewTopicSubscription(ctx, name+"-alarms", &sns.TopicSubscriptionArgs{
			Topic:    topic.Arn,
			Protocol: pulumi.String("email"),
			Endpoint: pulumi.String(args.Email),
		}, pulumi.Parent(t)); err != nil {
			return nil, fmt.Errorf("subscription of %s to the alarms: %w", args.Email, err)
		}
	}

	t.ARN = policy.Arn
	return t, ctx.RegisterResourceOutputs(t, pulumi.Map{"arn": t.ARN})
}

// policy lets alarms of this account and region publish.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
func (args *AlarmTopicArgs) policy(topicARN string) policyDocument {
	return policyDocument{policyVersion, []statement{{
		Sid:       "TellAlarms",
		Effect:    "Allow",
		Principal: map[string]string{"Service": "cloudwatch.amazonaws.com"},
		Action:    []string{"sns:Publish"},
		Resource:  []string{topicARN},
		Condition: conditions{
			"StringEquals": {"aws:SourceAccount": args.Account.ID},
			"ArnLike":      {"aws:SourceArn": args.Account.arn("cloudwatch", "alarm:*")},
		},
	}}}
}
