package search

import (
	"context"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// A fakeACM has two certificates for shop.example.com, of two stacks.
type fakeACM struct{}

func (fakeACM) ListCertificates(_ context.Context, input *acm.ListCertificatesInput, _ ...func(*acm.Options)) (*acm.ListCertificatesOutput, error) {
	output := &acm.ListCertificatesOutput{}
	if slices.Contains(input.CertificateStatuses, acmtypes.CertificateStatusPendingValidation) {
		for _, arn := range []string{"arn:shop", "arn:blog"} {
			output.CertificateSummaryList = append(output.CertificateSummaryList, acmtypes.CertificateSummary{CertificateArn: &arn, DomainName: aws.String("shop.example.com")})
		}
	}
	return output, nil
}

func (fakeACM) ListTagsForCertificate(_ context.Context, input *acm.ListTagsForCertificateInput, _ ...func(*acm.Options)) (*acm.ListTagsForCertificateOutput, error) {
	return &acm.ListTagsForCertificateOutput{Tags: []acmtypes.Tag{{Key: aws.String("ARN"), Value: input.CertificateArn}}}, nil
}

func TestWhatIsFoundOfACM(t *testing.T) {
	const typ = "aws:acm/certificate:Certificate"
	find(t, &Account{acm: fakeACM{}}, map[string]search{
		"a certificate, by its name and tags": {typ, `{"domainName": "shop.example.com", "tags": {"ARN": "arn:shop"}}`, sameID("arn:shop")},
		"no certificate for another name":     {typ, `{"domainName": "example.com", "tags": {"ARN": "arn:shop"}}`, nil},
		"no certificate of another stack":     {typ, `{"domainName": "shop.example.com", "tags": {"ARN": "arn:old"}}`, nil},
		"no validation, which is only a wait": {"aws:acm/certificateValidation:CertificateValidation", `{"certificateArn": "arn:shop"}`, nil},
	})
}

// A fakeRoute53 has the zone "Z1", with records that validate and that lead to
// a load balancer.
type fakeRoute53 struct{}

func (fakeRoute53) ListResourceRecordSets(_ context.Context, input *route53.ListResourceRecordSetsInput, _ ...func(*route53.Options)) (*route53.ListResourceRecordSetsOutput, error) {
	if *input.HostedZoneId != "Z1" {
		return nil, &route53types.NoSuchHostedZone{}
	}
	records := []route53types.ResourceRecordSet{
		{Name: aws.String("_1a.shop.example.com."), Type: route53types.RRTypeCname, ResourceRecords: []route53types.ResourceRecord{{Value: aws.String("_2b.acm-validations.aws.")}}},
		{Name: aws.String("shop.example.com."), Type: route53types.RRTypeA, AliasTarget: &route53types.AliasTarget{DNSName: aws.String("dualstack.web-1.elb.amazonaws.com.")}},
		{Name: aws.String("zoo.example.com."), Type: route53types.RRTypeA, AliasTarget: &route53types.AliasTarget{DNSName: aws.String("web-1.elb.amazonaws.com.")}},
	}
	for _, record := range records {
		if *record.Name >= *input.StartRecordName {
			return &route53.ListResourceRecordSetsOutput{ResourceRecordSets: []route53types.ResourceRecordSet{record}}, nil
		}
	}
	return &route53.ListResourceRecordSetsOutput{}, nil
}

func TestWhatIsFoundOfRoute53(t *testing.T) {
	const typ = "aws:route53/record:Record"
	find(t, &Account{dns: fakeRoute53{}}, map[string]search{
		"a record with a value": {typ, `{"zoneId": "Z1", "name": "_1a.shop.example.com.", "type": "CNAME", "records": ["_2b.acm-validations.aws."]}`,
			sameID("Z1__1a.shop.example.com_CNAME")},
		"an alias": {typ, `{"zoneId": "Z1", "name": "shop.example.com", "type": "A", "aliases": [{"name": "Web-1.elb.amazonaws.com"}]}`,
			sameID("Z1_shop.example.com_A")},
		"no alias of another load balancer": {typ, `{"zoneId": "Z1", "name": "shop.example.com", "type": "A", "aliases": [{"name": "web-2.elb.amazonaws.com"}]}`, nil},
		"no record of another type":         {typ, `{"zoneId": "Z1", "name": "shop.example.com", "type": "AAAA", "aliases": [{"name": "web-1.elb.amazonaws.com"}]}`, nil},
		"no record of another name":         {typ, `{"zoneId": "Z1", "name": "tea.example.com", "type": "A", "aliases": [{"name": "web-1.elb.amazonaws.com"}]}`, nil},
		"no record of a zone that is gone":  {typ, `{"zoneId": "Z2", "name": "shop.example.com", "type": "A", "aliases": [{"name": "web-1.elb.amazonaws.com"}]}`, nil},
	})
}
