package infra

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const (
	// minute is the period of alarms: ECS and Elastic Load Balancing tell their
	// metrics once a minute.
	minute = 60

	// Where load or errors set off an alarm, that is 3 minutes out of 5. One bad
	// minute is none, and one good minute in between does not end it.
	watchedMinutes = 5
	badMinutes     = 3

	// settlingMinutes is what a task may take from its start until the load
	// balancer sees it healthy, beside its grace: a place to run, the image, the
	// first health checks, and metrics that come late.
	settlingMinutes = 4
)

// What the absence of a metric means to an alarm.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
const (
	// absenceIsGood is for what is told only where there is some of it, like
	// errors, or response times of requests.
	absenceIsGood = "notBreaching"
	// absenceIsBad is for what must always be there.
	absenceIsBad = "breaching"
)

// newAlarm makes an alarm that tells a topic when it begins and when it is over.
func newAlarm(ctx *pulumi.Context, name string, topicARN pulumi.StringInput, args *cloudwatch.MetricAlarmArgs, opts ...pulumi.ResourceOption) (*cloudwatch.MetricAlarm, error) {
	args.AlarmActions = pulumi.Array{topicARN}
	args.OkActions = pulumi.Array{topicARN}
	alarm, err := cloudwatch.NewMetricAlarm(ctx, name, args, opts...)
	if err != nil {
		return nil, fmt.Errorf("alarm %s: %w", name, err)
	}
	return alarm, nil
}

// minutesToBeHealthy is how long tasks may be unhealthy or too few before that
// is an alarm: as long as new ones may take.
func minutesToBeHealthy(graceSeconds int) pulumi.Int {
	return pulumi.Int(settlingMinutes + (graceSeconds+minute-1)/minute)
}
