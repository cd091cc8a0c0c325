// Package estimate estimates what stacks cost a month, item by item, from their
// settings and a table of prices, and compares what a stack costs before and
// after a change. It asks neither Pulumi nor AWS.
package estimate

import (
	"encoding/json"
	"fmt"
	"os"

	"fargate-stack/infra"
)

// An Item is one thing that AWS charges for.
type Item struct {
	// Name is what it is, the same for all stacks.
	Name string
	// Amount is how much of it there is, empty for none.
	Amount string
	// Month is what it costs a month, in US dollars.
	Month float64
}

// An Estimate is what a stack costs.
type Estimate struct {
	// Stack is the stack's name, and Region where it is.
	Stack, Region string
	// PricesOf is the date of the prices, like 2006-01-02.
	PricesOf string
	// Usage is what the app is used for.
	Usage Usage
	// Items are in the same order for all stacks.
	Items []Item
}

// Total returns what all items cost a month.
func (e *Estimate) Total() float64 {
	sum := 0.
	for _, item := range e.Items {
		sum += item.Month
	}
	return sum
}

// Read reads an estimate from a file that `cost -json` wrote.
func Read(path string) (*Estimate, error) {
	const mend = "make it with: go run ./cost -json <stack> > %[1]s"
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading an estimate: %[2]w; "+mend, path, err)
	}
	e := &Estimate{}
	if err := json.Unmarshal(text, e); err != nil {
		return nil, fmt.Errorf("%[1]s is no estimate: %[2]w; "+mend, path, err)
	}
	if e.Stack == "" || len(e.Items) == 0 {
		return nil, fmt.Errorf("%[1]s is no estimate, it has no stack or no items; "+mend, path)
	}
	return e, nil
}

// New estimates what a stack of the project in a directory costs.
func New(directory, stack string, usage Usage) (*Estimate, error) {
	list, err := readPrices()
	if err != nil {
		return nil, err
	}
	files, err := infra.ReadStackFiles(directory, stack)
	if err != nil {
		return nil, err
	}
	config, err := infra.LoadConfig(files)
	if err != nil {
		return nil, err
	}
	region, set := files.GetConfig("aws:region")
	if !set {
		return nil, fmt.Errorf("stack %s does not say its region; set it with: pulumi config set aws:region <region>", stack)
	}
	prices, err := list.in(region)
	if err != nil {
		return nil, err
	}
	year, err := list.year()
	if err != nil {
		return nil, err
	}
	share, err := config.Schedule.RunningShare(year)
	if err != nil {
		return nil, err
	}
	b := &bill{config: config, parts: config.Parts(), prices: prices, usage: usage, hours: hoursPerMonth * share}
	if b.tasks, err = usage.tasksOf(config); err != nil {
		return nil, fmt.Errorf("stack %s: %w", stack, err)
	}
	return &Estimate{Stack: stack, Region: region, PricesOf: list.Date, Usage: usage, Items: b.items()}, nil
}

// tasksOf returns the average number of tasks of a stack.
func (u Usage) tasksOf(config *infra.Config) (float64, error) {
	minimum, maximum := float64(config.MinimumTaskCount), float64(config.MaximumTaskCount)
	switch {
	case u.Tasks == 0:
		return minimum, nil
	case u.Tasks < minimum || u.Tasks > maximum:
		return 0, fmt.Errorf("it can't have %g tasks on average, only from %g to %g", u.Tasks, minimum, maximum)
	default:
		return u.Tasks, nil
	}
}

// A bill is what the items of a stack follow from.
type bill struct {
	config *infra.Config
	parts  infra.Parts
	prices Prices
	usage  Usage
	// tasks is their average number while there are any, which is for so many
	// hours a month.
	tasks, hours float64
}

// items are all that AWS charges for. Not among them is what costs nothing
// (certificates, aliases in Route 53, a few mails), and what is not made by the
// stack: the zone of a domain, and secrets.
func (b *bill) items() []Item {
	return []Item{
		b.onDemand(), b.onSpot(),
		b.loadBalancer(), b.capacityUnits(), b.publicAddresses(), b.internet(),
		b.natGateways(), b.natData(), b.endpoints(), b.endpointData(),
		b.logs(), b.logStorage(), b.flowLogs(), b.accessLogs(),
		b.alarms(), b.dashboard(), b.insights(),
		b.firewall(), b.firewallRequests(), b.images(),
	}
}

// item returns an item of some units, each at a price.
func item(name string, units, price float64, format string, amounts ...any) Item {
	if units == 0 {
		return Item{Name: name}
	}
	return Item{Name: name, Amount: fmt.Sprintf(format, amounts...), Month: units * price}
}

// beyond is how many tasks are more than the minimum, on average.
func (b *bill) beyond() float64 { return b.tasks - float64(b.config.MinimumTaskCount) }

func (b *bill) onDemand() Item {
	spot := float64(b.config.SpotPercent) / 100
	return b.tasksAt("Tasks on Fargate", float64(b.config.MinimumTaskCount)+b.beyond()*(1-spot), 1)
}

func (b *bill) onSpot() Item {
	return b.tasksAt("Tasks on Fargate Spot", b.beyond()*float64(b.config.SpotPercent)/100, 1-spotDiscount)
}

// tasksAt returns tasks at a share of the price on demand.
func (b *bill) tasksAt(name string, count, share float64) Item {
	fargate := b.prices.Fargate[b.config.Architecture]
	vcpu, gibibytes := float64(b.config.CPU)/1024, float64(b.config.Memory)/1024
	return item(name, count*b.hours, share*(vcpu*fargate.VCPUHour+gibibytes*fargate.GibibyteHour),
		"%g × %g vCPU, %g GB, %s, %.0f h", count, vcpu, gibibytes, b.config.Architecture, b.hours)
}

func (b *bill) loadBalancer() Item {
	return item("Load balancer", hoursPerMonth, b.prices.LoadBalancerHour, "1")
}

func (b *bill) capacityUnits() Item {
	units := b.usage.Millions * responseGigabytes / hoursPerMonth / capacityUnitGigabytes
	return item("Load balancer capacity units", units*hoursPerMonth, b.prices.CapacityUnitHour, "%.3f", units)
}

func (b *bill) publicAddresses() Item {
	count := b.parts.PublicAddresses
	return item("Public IPv4 addresses", float64(count)*hoursPerMonth, b.prices.PublicAddressHour, "%d", count)
}

func (b *bill) internet() Item {
	gigabytes := b.usage.Millions * responseGigabytes
	return item("Data to the internet", gigabytes, b.prices.InternetGigabyte, "%g GB", gigabytes)
}

func (b *bill) natGateways() Item {
	count := b.parts.NATGateways
	return item("NAT gateways", float64(count)*hoursPerMonth, b.prices.NATGatewayHour, "%d", count)
}

func (b *bill) natData() Item {
	if b.parts.NATGateways == 0 {
		return Item{Name: "Data through NAT gateways"}
	}
	return item("Data through NAT gateways", outgoingGigabytes, b.prices.NATGatewayGigabyte, "%g GB", outgoingGigabytes)
}

func (b *bill) endpoints() Item {
	count := b.parts.InterfaceEndpoints
	return item("VPC endpoints", float64(count)*hoursPerMonth, b.prices.InterfaceEndpointHour, "%d", count)
}

func (b *bill) endpointData() Item {
	if b.parts.InterfaceEndpoints == 0 {
		return Item{Name: "Data through VPC endpoints"}
	}
	return item("Data through VPC endpoints", outgoingGigabytes, b.prices.InterfaceEndpointGigabyte, "%g GB", outgoingGigabytes)
}

func (b *bill) logs() Item {
	gigabytes := b.usage.Millions * logGigabytes
	return item("Logs", gigabytes, b.prices.LogGigabyte, "%g GB", gigabytes)
}

// logStorage is of logs and flow logs.
func (b *bill) logStorage() Item {
	days := logGigabytes*float64(b.config.LogRetentionDays) + flowLogGigabytes*float64(b.config.FlowLogDays)
	gigabytes := b.usage.Millions * days / 30 * keptLogShare
	return item("Stored logs", gigabytes, b.prices.LogStorageGigabyte, "%.3g GB", gigabytes)
}

// flowLogs costs what logs of apps cost: only beyond ten terabytes less.
func (b *bill) flowLogs() Item {
	if b.config.FlowLogDays == 0 {
		return Item{Name: "Flow logs"}
	}
	gigabytes := b.usage.Millions * flowLogGigabytes
	return item("Flow logs", gigabytes, b.prices.LogGigabyte, "%g GB", gigabytes)
}

func (b *bill) accessLogs() Item {
	if b.config.AccessLogDays == 0 {
		return Item{Name: "Access logs"}
	}
	gigabytes := b.usage.Millions * accessLogGigabytes * float64(b.config.AccessLogDays) / 30
	writes := float64(accessLogWrites * hoursPerMonth * b.config.AvailabilityZoneCount)
	return Item{
		Name:   "Access logs",
		Amount: fmt.Sprintf("%.3g GB", gigabytes),
		Month:  gigabytes*b.prices.BucketGigabyte + writes/1000*b.prices.BucketThousandWrites,
	}
}

func (b *bill) alarms() Item {
	count := b.parts.AlarmMetrics
	return item("Alarms, those of autoscaling included", float64(count), b.prices.AlarmMetric, "%d metrics", count)
}

func (b *bill) dashboard() Item {
	if !b.config.Dashboard {
		return Item{Name: "Dashboard"}
	}
	return item("Dashboard", 1, b.prices.Dashboard, "1")
}

func (b *bill) insights() Item {
	const name = "Container Insights"
	switch b.config.ContainerInsights {
	case "enabled":
		return item(name, insightsMetrics, b.prices.Metric, "%d metrics", insightsMetrics)
	case "enhanced":
		metrics := insightsMetrics + insightsMetricsOfTask*b.tasks
		return item(name, metrics, b.prices.EnhancedMetric, "%g metrics", metrics)
	default:
		return Item{Name: name}
	}
}

func (b *bill) firewall() Item {
	rules := b.parts.FirewallRules
	if rules == 0 {
		return Item{Name: "Firewall"}
	}
	return Item{
		Name:   "Firewall",
		Amount: fmt.Sprintf("1 web ACL, %d rules", rules),
		Month:  b.prices.WebACL + float64(rules)*b.prices.WebACLRule,
	}
}

func (b *bill) firewallRequests() Item {
	if b.parts.FirewallRules == 0 {
		return Item{Name: "Requests through the firewall"}
	}
	return item("Requests through the firewall", b.usage.Millions, b.prices.WebACLMillionRequests, "%g million", b.usage.Millions)
}

func (b *bill) images() Item {
	return item("Images", imageGigabytes, b.prices.ImageGigabyte, "%g GB", imageGigabytes)
}
