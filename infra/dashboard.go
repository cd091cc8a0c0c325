package infra

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// The size of a widget: two are beside each other, a dashboard is 24 wide.
const (
	widgetWidth  = 12
	widgetHeight = 6
)

// consoles are the hosts of the AWS console, by partition.
// https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html
var consoles = map[string]string{
	"aws":        "console.aws.amazon.com",
	"aws-cn":     "console.amazonaws.cn",
	"aws-us-gov": "console.amazonaws-us-gov.com",
}

// Dashboard is a CloudWatch dashboard of requests, tasks and log of a service.
type Dashboard struct {
	pulumi.ResourceState

	// URL is where people with access to the account see it.
	URL pulumi.StringOutput
}

// DashboardArgs says what a [Dashboard] is made of.
type DashboardArgs struct {
	// Account is where the service is.
	Account *Account
	// LoadBalancer has the metrics of requests and targets.
	LoadBalancer *LoadBalancer
	// Service has the metrics of tasks, and the log.
	Service *Service
	// AlarmARNs are the alarms that are shown; none if there are none.
	AlarmARNs pulumi.StringArray
}

// NewDashboard makes a [Dashboard].
func NewDashboard(ctx *pulumi.Context, name string, args *DashboardArgs, opts ...pulumi.ResourceOption) (*Dashboard, error) {
	d := &Dashboard{}
	if err := ctx.RegisterComponentResource("fargate-stack:infra:Dashboard", name, d, opts...); err != nil {
		return nil, err
	}
	shown := pulumi.All(args.LoadBalancer.ARNSuffix, args.LoadBalancer.TargetGroupARNSuffix,
		args.Service.ClusterName, args.Service.ServiceName, args.Service.LogGroupName, args.AlarmARNs)
	dashboard, err := cloudwatch.NewDashboard(ctx, name, &cloudwatch.DashboardArgs{
		DashboardName: pulumi.String(name),
		DashboardBody: pulumi.JSONMarshal(shown.ApplyT(func(v []any) dashboardBody {
			return args.body(&shownMetrics{
				loadBalancer: []any{"LoadBalancer", v[0]},
				targets:      []any{"LoadBalancer", v[0], "TargetGroup", v[1]},
				tasks:        []any{"ClusterName", v[2], "ServiceName", v[3]},
			}, v[4].(string), v[5].([]string))
		})),
	}, pulumi.Parent(d))
	if err != nil {
		return nil, fmt.Errorf("dashboard: %w", err)
	}

	region := args.Account.Region
	d.URL = pulumi.Sprintf("https://%s.%s/cloudwatch/home?region=%s#dashboards:name=%s",
		region, consoles[args.Account.Partition], region, dashboard.DashboardName)
	return d, ctx.RegisterResourceOutputs(d, pulumi.Map{"url": d.URL})
}

// dashboardBody is a dashboard as CloudWatch has it.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
type dashboardBody struct {
	Widgets []widget `json:"widgets"`
}

type widget struct {
	Type       string         `json:"type"`
	X          int            `json:"x"`
	Y          int            `json:"y"`
	Width      int            `json:"width"`
	Height     int            `json:"height"`
	Properties map[string]any `json:"properties"`
}

// shownMetrics are the dimensions of the metrics, as names and values.
type shownMetrics struct{ loadBalancer, targets, tasks []any }

// body lays out the dashboard: what people ask first is at the top.
func (args *DashboardArgs) body(of *shownMetrics, logGroup string, alarms []string) dashboardBody {
	widgets := []widget{
		args.graph("Requests a minute",
			metric(balancingMetrics, "RequestCount", of.targets, "Sum", "requests")),
		args.graph("Answers with an error a minute",
			metric(balancingMetrics, "HTTPCode_Target_5XX_Count", of.targets, "Sum", "5xx of the app"),
			metric(balancingMetrics, "HTTPCode_Target_4XX_Count", of.targets, "Sum", "4xx of the app"),
			metric(balancingMetrics, "HTTPCode_ELB_5XX_Count", of.loadBalancer, "Sum", "5xx of the load balancer")),
		args.graph("Seconds until the app answers",
			metric(balancingMetrics, "TargetResponseTime", of.targets, "p50", "half of the answers"),
			metric(balancingMetrics, "TargetResponseTime", of.targets, "p99", "99 of 100")),
		args.graph("Tasks",
			metric(balancingMetrics, "HealthyHostCount", of.targets, "Minimum", "healthy"),
			metric(balancingMetrics, "UnHealthyHostCount", of.targets, "Maximum", "unhealthy")),
		args.graph("CPU in percent",
			metric(serviceMetrics, "CPUUtilization", of.tasks, "Average", "on average"),
			metric(serviceMetrics, "CPUUtilization", of.tasks, "Maximum", "of the busiest task")),
		args.graph("Memory in percent",
			metric(serviceMetrics, "MemoryUtilization", of.tasks, "Average", "on average"),
			metric(serviceMetrics, "MemoryUtilization", of.tasks, "Maximum", "of the fullest task")),
		{Type: "log", Properties: map[string]any{
			"title": "Log", "region": args.Account.Region, "view": "table",
			"query": fmt.Sprintf("SOURCE '%s' | fields @timestamp, @message | sort @timestamp desc | limit 100", logGroup),
		}},
	}
	if len(alarms) > 0 {
		widgets = append(widgets, widget{Type: "alarm", Properties: map[string]any{"title": "Alarms", "alarms": alarms}})
	}
	for i := range widgets {
		widgets[i].X, widgets[i].Y = i%2*widgetWidth, i/2*widgetHeight
		widgets[i].Width, widgets[i].Height = widgetWidth, widgetHeight
	}
	return dashboardBody{Widgets: widgets}
}

func (args *DashboardArgs) graph(title string, metrics ...[]any) widget {
	return widget{Type: "metric", Properties: map[string]any{
		"title": title, "region": args.Account.Region, "view": "timeSeries", "period": minute,
		"metrics": metrics, "yAxis": map[string]any{"left": map[string]any{"min": 0}},
	}}
}

// metric returns a metric as a widget has it.
func metric(namespace, name string, dimensions []any, statistic, label string) []any {
	return append(append([]any{namespace, name}, dimensions...), map[string]any{"stat": statistic, "label": label})
}
