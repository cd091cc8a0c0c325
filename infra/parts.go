package infra

// Parts counts what AWS charges for in a stack beside its tasks and its load
// balancer, by what its configuration has made.
type Parts struct {
	// NATGateways are those of all zones.
	NATGateways int
	// InterfaceEndpoints are VPC endpoints that are charged for, each once a
	// zone that it is in.
	InterfaceEndpoints int
	// PublicAddresses are public IPv4 addresses: one of the load balancer in each
	// zone, and one of each NAT gateway.
	PublicAddresses int
	// AlarmMetrics are the metrics that alarms look at, the alarms of autoscaling
	// included.
	AlarmMetrics int
	// FirewallRules are the rules of the web ACL.
	FirewallRules int
}

const (
	// watchedMetrics are those of a stack's own alarms: one of each, but two of
	// the one on the share of errors in requests.
	watchedMetrics = 8

	// metricsOfPolicy are those of the two alarms that Application Auto Scaling
	// makes for a policy, one on each side of what it holds.
	// https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
	metricsOfPolicy = 2
	scalingPolicies = 2

	firewallRules = 2
)

// Parts returns what the configuration has made.
func (c *Config) Parts() Parts {
	p := Parts{}
	switch c.NATStrategy {
	case NATNone:
		p.InterfaceEndpoints = (len(interfaceEndpoints) + len(servicesBeside(c))) * c.AvailabilityZoneCount
	case NATSingle:
		p.NATGateways = 1
	case NATOnePerAZ:
		p.NATGateways = c.AvailabilityZoneCount
	}
	p.PublicAddresses = c.AvailabilityZoneCount + p.NATGateways
	if c.Alarms {
		p.AlarmMetrics = watchedMetrics
	}
	if c.Autoscales() {
		p.AlarmMetrics += scalingPolicies * metricsOfPolicy
	}
	if c.Firewall {
		p.FirewallRules = firewallRules
	}
	return p
}
