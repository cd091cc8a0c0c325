package diagnosis

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
)

const certificateARN = "arn:aws:acm:eu-central-1:123456789012:certificate/1a"

// useCertificate gives the stack HTTPS, with a certificate in a status.
func (a *account) useCertificate(status acmtypes.CertificateStatus) {
	a.state(listenerType)["certificateArn"] = certificateARN
	a.addResource(certificateType, certificateARN, map[string]any{"arn": certificateARN})
	a.certificate = &acmtypes.CertificateDetail{DomainName: aws.String("app.example.com"), Status: status}
}

// wantRecord has ACM look for a record in DNS.
func (a *account) wantRecord() {
	a.certificate.DomainValidationOptions = []acmtypes.DomainValidation{{
		DomainName: aws.String("app.example.com"), ValidationStatus: acmtypes.DomainStatusPendingValidation,
		ResourceRecord: &acmtypes.ResourceRecord{Name: aws.String("_1a.app.example.com."), Type: acmtypes.RecordTypeCname, Value: aws.String("_2b.acm-validations.aws.")},
	}}
}

func TestCertificates(t *testing.T) {
	examineEach(t, []failure{
		{
			"a certificate that is issued is well",
			func(a *account) { a.useCertificate(acmtypes.CertificateStatusIssued) },
			nil, "",
		},
		{
			"a certificate that is not issued waits for its record",
			func(a *account) { a.useCertificate(acmtypes.CertificateStatusPendingValidation); a.wantRecord() },
			[]Kind{CertificateNotValid}, "ACM looks in DNS for the record _1a.app.example.com. CNAME _2b.acm-validations.aws.",
		},
		{
			"a certificate that ACM refused tells why",
			func(a *account) {
				a.useCertificate(acmtypes.CertificateStatusFailed)
				a.certificate.FailureReason = acmtypes.FailureReasonCaaError
			},
			[]Kind{CertificateNotValid}, "the certificate for app.example.com is FAILED: CAA_ERROR",
		},
		{
			"a certificate that was not renewed is not valid",
			func(a *account) { a.useCertificate(acmtypes.CertificateStatusExpired) },
			[]Kind{CertificateNotValid}, "the certificate for app.example.com is EXPIRED",
		},
		{
			"a certificate that was deleted is missing",
			func(a *account) { a.useCertificate(acmtypes.CertificateStatusIssued); a.certificate = nil },
			[]Kind{ResourceMissing}, "certificate " + certificateARN + ": Could not find certificate",
		},
		{
			"a certificate that keeps the stack from being deployed is the cause",
			func(a *account) {
				a.resources = nil
				a.addResource(certificateType, certificateARN, map[string]any{"arn": certificateARN})
				a.certificate = &acmtypes.CertificateDetail{DomainName: aws.String("app.example.com"), Status: acmtypes.CertificateStatusPendingValidation}
				a.wantRecord()
			},
			[]Kind{CertificateNotValid}, "the certificate for app.example.com is PENDING_VALIDATION",
		},
	})
}

func TestRegionOfAStackWithoutAServiceIsThatOfItsCertificate(t *testing.T) {
	a := newAccount(t)
	a.resources = nil
	a.addResource(certificateType, certificateARN, map[string]any{"arn": certificateARN})
	if got := a.stack(t).Region; got != "eu-central-1" {
		t.Errorf("region is %q", got)
	}
}

func TestNameInTheCertificateIsThatOfTheURL(t *testing.T) {
	tests := []struct {
		statement    string
		loadBalancer string
		want         []Kind
	}{
		{"a domain name has to be in it", "app.elb.amazonaws.com", []Kind{NoAnswer}},
		{"the load balancer's own name can't be", "127.0.0.1", nil},
	}
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			server := httptest.NewTLSServer(http.NotFoundHandler())
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			defer server.Close()
			a := newAccount(t)
			a.useCertificate(acmtypes.CertificateStatusIssued)
			a.state("pulumi:pulumi:Stack")["url"] = server.URL
			a.state(loadBalancerType)["dnsName"] = test.loadBalancer
			report, err := a.examiner().Examine(t.Context(), a.stack(t))
			if err != nil {
				t.Fatal(err)
			}
			failure{want: test.want, evidence: "certificate"}.check(t, report.Findings)
		})
	}
}

func TestURLOfAStackWithACertificate(t *testing.T) {
	tests := []struct {
		statement string
		outputs   map[string]any // of the certificate
		want      string
	}{
		{"is the name that it was made for", map[string]any{"arn": certificateARN, "domainName": "app.example.com"}, "https://app.example.com"},
		{"is the load balancer's own if it was made elsewhere", nil, "https://app.elb.amazonaws.com"},
	}
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			a := newAccount(t)
			a.resources = a.resources[1:] // the outputs of the stack
			a.state(listenerType)["certificateArn"] = certificateARN
			if test.outputs != nil {
				a.addResource(certificateType, certificateARN, test.outputs)
			}
			if got := a.stack(t).URL; got != test.want {
				t.Errorf("URL is %q, want %q", got, test.want)
			}
		})
	}
}
