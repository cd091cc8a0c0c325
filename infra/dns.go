package infra

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// DNSRecords lead a host name to the load balancer.
type DNSRecords struct {
	pulumi.ResourceState
}

// DNSRecordsArgs says what [DNSRecords] are made of.
type DNSRecordsArgs struct {
	// DomainName is the host name.
	DomainName string
	// ZoneID is the Route 53 zone that the name is in.
	ZoneID string
	// LoadBalancer is where the name leads to.
	LoadBalancer *LoadBalancer
}

// NewDNSRecords makes [DNSRecords]: one for IPv4 and one for IPv6. The load
// balancer has no addresses but in IPv4 while its VPC has none, and so Route 53
// answers questions for the other one with no address, upon which clients use
// the first. When the load balancer is made dual-stack, the name is already.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#ip-address-type
func NewDNSRecords(ctx *pulumi.Context, name string, args *DNSRecordsArgs, opts ...pulumi.ResourceOption) (*DNSRecords, error) {
	d := &DNSRecords{}
	if err := ctx.RegisterComponentResource("fargate-stack:infra:DNSRecords", name, d, opts...); err != nil {
		return nil, err
	}
	for _, typ := range []string{"A", "AAAA"} {
		if _, err := route53.NewRecord(ctx, name+"-"+strings.ToLower(typ), &route53.RecordArgs{
			ZoneId: pulumi.String(args.ZoneID),
			Name:   pulumi.String(args.DomainName),
			Type:   pulumi.String(typ),
			Aliases: route53.RecordAliasArray{&route53.RecordAliasArgs{
				Name:   args.LoadBalancer.DNSName,
				ZoneId: args.LoadBalancer.ZoneID,
				// There is no other place to send clients to.
				EvaluateTargetHealth: pulumi.Bool(false),
			}},
		}, pulumi.Parent(d)); err != nil {
			return nil, fmt.Errorf("DNS record %s of %s: %w", typ, args.DomainName, err)
		}
	}
	return d, ctx.RegisterResourceOutputs(d, pulumi.Map{})
}

// lookupZone returns the id of the Route 53 zone that the stack's records are
// made in. It is empty where none are.
func lookupZone(ctx *pulumi.Context, config *Config) (string, error) {
	name := config.recordsZone()
	if name == "" {
		return "", nil
	}
	zone, err := route53.LookupZone(ctx, &route53.LookupZoneArgs{Name: &name})
	if err != nil {
		return "", fmt.Errorf("looking for the public Route 53 zone %s, in which %s is to be: %w; set hostedZoneName to the zone's name, or make it in this account",
			name, config.DomainName, err)
	}
	return zone.ZoneId, nil
}
