package search

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
)

type dnsAPI interface {
	ListResourceRecordSets(context.Context, *route53.ListResourceRecordSetsInput, ...func(*route53.Options)) (*route53.ListResourceRecordSetsOutput, error)
}

type recordInputs struct {
	Zone    string `json:"zoneId"`
	Name    string
	Type    types.RRType
	Records []string
	Aliases []struct{ Name string }
}

// records looks at what a record leads to as well: the name was not made unique,
// so the record may be somebody else's, and its creation was refused.
func (a *Account) records(ctx context.Context, inputs recordInputs) ([]Found, error) {
	name := plainName(inputs.Name)
	// The list is in the order of names, and begins with this one if it is there.
	listed, err := a.dns.ListResourceRecordSets(ctx, &route53.ListResourceRecordSetsInput{
		HostedZoneId: &inputs.Zone, StartRecordName: &name, StartRecordType: inputs.Type, MaxItems: aws.Int32(1),
	})
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, record := range listed.ResourceRecordSets {
		if plainName(aws.ToString(record.Name)) == name && record.Type == inputs.Type && slices.Equal(leadsTo(record), inputs.leadTo()) {
			id := strings.Join([]string{inputs.Zone, name, string(inputs.Type)}, "_")
			found = append(found, byID(&id))
		}
	}
	return found, nil
}

// leadTo returns the names or values that a record was asked for with.
func (i recordInputs) leadTo() []string {
	targets := slices.Clone(i.Records)
	for _, alias := range i.Aliases {
		targets = append(targets, plainName(alias.Name))
	}
	return targets
}

// leadsTo returns those that it has.
func leadsTo(record types.ResourceRecordSet) []string {
	var targets []string
	for _, value := range record.ResourceRecords {
		targets = append(targets, aws.ToString(value.Value))
	}
	if record.AliasTarget != nil {
		targets = append(targets, plainName(aws.ToString(record.AliasTarget.DNSName)))
	}
	return targets
}

// plainName returns a name as the AWS provider writes it. Route 53 ends each
// with a dot, and names a load balancer of both kinds of addresses by a prefix.
func plainName(name string) string {
	return strings.TrimPrefix(strings.TrimSuffix(strings.ToLower(name), "."), "dualstack.")
}
