package loadbalancer

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// A CertificateClient asks ACM for certificates. It is what is used of an
// [acm.Client].
type CertificateClient interface {
	DescribeCertificate(context.Context, *acm.DescribeCertificateInput, ...func(*acm.Options)) (*acm.DescribeCertificateOutput, error)
}

// certificates are what HTTPS listeners show to clients: certificates for the
// same names as those in ACM.
type certificates struct {
	client    CertificateClient
	authority func() (*authority, error)

	// configs are those of listeners, by security policy and names. A listener
	// keeps its own for as long as these are the same, and with it what clients
	// resume their sessions by.
	configs map[string]*tls.Config
}

func newCertificates(client CertificateClient) *certificates {
	return &certificates{client: client, authority: sync.OnceValues(newAuthority), configs: map[string]*tls.Config{}}
}

// An unusableError says why a listener can't carry traffic as it is.
type unusableError struct{ error }

// config returns how an HTTPS listener speaks TLS. The error is an
// unusableError if that is for the listener to change.
func (c *certificates) config(ctx context.Context, listener types.Listener) (*tls.Config, error) {
	oldest, newest, err := versions(aws.ToString(listener.SslPolicy))
	if err != nil {
		return nil, unusableError{err}
	}
	if len(listener.Certificates) == 0 {
		return nil, unusableError{errors.New("it has no certificate")}
	}
	names, err := c.names(ctx, listener.Certificates[0].CertificateArn)
	if err != nil {
		return nil, err
	}
	key := aws.ToString(listener.SslPolicy) + " " + strings.Join(names, " ")
	if c.configs[key] == nil {
		authority, err := c.authority()
		if err != nil {
			return nil, err
		}
		issued, err := authority.issue(names)
		if err != nil {
			return nil, err
		}
		c.configs[key] = &tls.Config{
			Certificates: []tls.Certificate{*issued},
			MinVersion:   oldest,
			MaxVersion:   newest,
			NextProtos:   []string{"h2", "http/1.1"},
		}
	}
	return c.configs[key], nil
}

// names returns the names that a certificate in ACM is for.
func (c *certificates) names(ctx context.Context, arn *string) ([]string, error) {
	described, err := c.client.DescribeCertificate(ctx, &acm.DescribeCertificateInput{CertificateArn: arn})
	if _, ok := errors.AsType[*acmtypes.ResourceNotFoundException](err); ok {
		return nil, unusableError{fmt.Errorf("ACM does not have its certificate: %w", err)}
	}
	if err != nil {
		return nil, fmt.Errorf("asking ACM for certificate %s: %w", aws.ToString(arn), err)
	}
	certificate := described.Certificate
	if certificate.Status != acmtypes.CertificateStatusIssued {
		return nil, unusableError{fmt.Errorf("its certificate %s is %s", aws.ToString(arn), certificate.Status)}
	}
	names := append([]string{aws.ToString(certificate.DomainName)}, certificate.SubjectAlternativeNames...)
	slices.Sort(names)
	return slices.Compact(names), nil
}
