package estimate

import "fmt"

// hoursPerMonth is what AWS takes for a month in its own estimates.
const hoursPerMonth = 730

// What an estimate takes for granted, beside what its usage says. It is written
// below each table.
const (
	// responseGigabytes is the size of a million answers.
	responseGigabytes = 10.
	// logGigabytes is what the app logs of a million requests.
	logGigabytes = 0.5
	// flowLogGigabytes is what the VPC logs of a million requests.
	flowLogGigabytes = 0.5
	// accessLogGigabytes is what the load balancer logs of a million requests, as
	// it compresses it.
	accessLogGigabytes = 0.1
	// outgoingGigabytes goes from the tasks to ECR, CloudWatch and elsewhere.
	outgoingGigabytes = 5.
	// imageGigabytes is the size of all images in the repository.
	imageGigabytes = 0.2

	// spotDiscount is how much cheaper Fargate Spot is. It changes from day to
	// day; AWS says up to 70 percent.
	spotDiscount = 0.65

	// keptLogShare is what is left of logs when CloudWatch has compressed them.
	// https://aws.amazon.com/cloudwatch/pricing/ (examples)
	keptLogShare = 0.15

	// accessLogWrites is how many files a load balancer writes an hour in a zone.
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html
	accessLogWrites = 12

	// insightsMetrics are those of Container Insights for a cluster with one
	// service, and insightsMetricsOfTask those beyond for each task, where it is
	// enhanced.
	// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-enhanced-observability-metrics-ECS.html
	insightsMetrics       = 38
	insightsMetricsOfTask = 24
)

// capacityUnitGigabytes is the data that a load balancer handles in an hour with
// one capacity unit. Of all that a unit is counted by, this is most where clients
// keep their connections open.
// https://aws.amazon.com/elasticloadbalancing/pricing/
const capacityUnitGigabytes = 1.

// A Usage is what an app is used for in a month.
type Usage struct {
	// Millions are the millions of requests.
	Millions float64
	// Tasks is the average number of tasks while there are any; 0 for the
	// minimum of the stack.
	Tasks float64
}

// DefaultUsage is that of an app that nobody has told anything about.
var DefaultUsage = Usage{Millions: 1}

// String says what the estimate takes for granted.
func (u Usage) String() string {
	return fmt.Sprintf("%g million requests a month, each with an answer of %g kB and %g kB of log; "+
		"%g GB a month from the tasks to elsewhere; Fargate Spot %g %% below Fargate",
		u.Millions, responseGigabytes, logGigabytes, outgoingGigabytes, spotDiscount*100)
}
