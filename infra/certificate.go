package infra

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/acm"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const (
	// issueLimit is how long ACM may take to issue a certificate. It does so
	// within minutes of the record's being there; the provider would wait for
	// 75 for a zone that nobody's DNS leads to.
	// https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
	issueLimit = "30m"

	// validationTTLSeconds is short, so that a record with a mistake in it is
	// soon forgotten.
	validationTTLSeconds = 60
)

// Certificate is a certificate of ACM for a host name, and the DNS record that
// proves to ACM whose the name is. While the record is there, ACM renews the
// certificate by itself.
type Certificate struct {
	pulumi.ResourceState

	// ARN is the certificate's ARN. It is known when ACM has issued it.
	ARN pulumi.StringOutput
}

// CertificateArgs says what a [Certificate] is made of.
type CertificateArgs struct {
	// DomainName is the host name, of 64 characters at most.
	DomainName string
	// ZoneID is the public Route 53 zone that the name is in.
	ZoneID string
}

// NewCertificate makes a [Certificate].
func NewCertificate(ctx *pulumi.Context, name string, args *CertificateArgs, opts ...pulumi.ResourceOption) (*Certificate, error) {
	c := &Certificate{}
	if err := ctx.RegisterComponentResource("fargate-stack:infra:Certificate", name, c, opts...); err != nil {
		return nil, err
	}
	parent := pulumi.Parent(c)
	certificate, err := acm.NewCertificate(ctx, name, &acm.CertificateArgs{
		DomainName:       pulumi.String(args.DomainName),
		ValidationMethod: pulumi.String("DNS"),
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	record, err := newValidationRecord(ctx, name, args.ZoneID, certificate, parent)
	if err != nil {
		return nil, err
	}
	issued, err := acm.NewCertificateValidation(ctx, name, &acm.CertificateValidationArgs{
		CertificateArn:        certificate.Arn,
		ValidationRecordFqdns: pulumi.StringArray{record.Fqdn},
	}, parent, pulumi.Timeouts(&pulumi.CustomTimeouts{Create: issueLimit}))
	if err != nil {
		return nil, fmt.Errorf("validation of the certificate: %w", err)
	}

	c.ARN = issued.CertificateArn
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"arn": c.ARN})
}

// newValidationRecord makes the record that ACM looks for.
func newValidationRecord(ctx *pulumi.Context, name, zoneID string, certificate *acm.Certificate, parent pulumi.ResourceOption) (*route53.Record, error) {
	wanted := certificate.DomainValidationOptions.Index(pulumi.Int(0))
	record, err := route53.NewRecord(ctx, name+"-validation", &route53.RecordArgs{
		ZoneId:  pulumi.String(zoneID),
		Name:    wanted.ResourceRecordName().Elem(),
		Type:    wanted.ResourceRecordType().Elem(),
		Records: pulumi.StringArray{wanted.ResourceRecordValue().Elem()},
		Ttl:     pulumi.Int(validationTTLSeconds),
		// All certificates of an account for a name are proven by the same
		// record, so that another one may have left it.
		AllowOverwrite: pulumi.Bool(true),
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("DNS record that validates the certificate: %w", err)
	}
	return record, nil
}

// certificateARN returns the ARN of the load balancer's certificate: the one
// that is set, or one that is made for the domain name. It is nil for a load
// balancer that has none.
func certificateARN(ctx *pulumi.Context, name string, config *Config, zoneID string) (pulumi.StringInput, error) {
	switch {
	case config.CertificateARN != "":
		return pulumi.String(config.CertificateARN), nil
	case config.DomainName != "":
		certificate, err := NewCertificate(ctx, name, &CertificateArgs{DomainName: config.DomainName, ZoneID: zoneID})
		if err != nil {
			return nil, err
		}
		return certificate.ARN, nil
	default:
		return nil, nil
	}
}
