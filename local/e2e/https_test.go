package e2e

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"maps"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

const (
	zoneName   = "example.com"
	domainName = "app.example.com"
)

// TestHTTPS deploys for a domain name that is in the emulator's Route 53 and
// nowhere else, so that the test asks there where it leads to, and dials that.
func TestHTTPS(t *testing.T) {
	t.Parallel()
	cloud := newCloud(t)
	zone := cloud.account.createZone(t)
	before, recordsBefore := cloud.account.inventory(t), len(cloud.account.records(t, zone))
	settings := maps.Clone(quick)
	settings[project+":domainName"] = domainName
	stack := newDeployment(t, cloud, "e2e-https", settings)
	result := stack.up(t)
	client := newDomainClient(t, output(t, result, "albDnsName"))

	t.Run("the domain name leads to the load balancer", func(t *testing.T) {
		want := map[route53types.RRType]string{route53types.RRTypeA: output(t, result, "albDnsName"), route53types.RRTypeAaaa: output(t, result, "albDnsName")}
		if got := cloud.account.aliases(t, zone); !maps.Equal(got, want) {
			t.Errorf("aliases are %v, want %v", got, want)
		}
	})
	t.Run("the app answers by HTTPS, under its domain name", func(t *testing.T) {
		if got := output(t, result, "url"); got != "https://"+domainName {
			t.Errorf("url is %s", got)
		}
		answer, err := client.Get(output(t, result, "url"))
		must(t, err)
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK || answer.TLS.Version < tls.VersionTLS12 {
			t.Errorf("answered %s by %s", answer.Status, tls.VersionName(answer.TLS.Version))
		}
	})
	t.Run("HTTP is redirected for ever", func(t *testing.T) {
		answer, err := client.Get("http://" + domainName + "/a/b?c=d")
		must(t, err)
		answer.Body.Close()
		if got, want := answer.Header.Get("Location"), "https://"+domainName+":443/a/b?c=d"; answer.StatusCode != http.StatusMovedPermanently || got != want {
			t.Errorf("answered %s, to %s", answer.Status, got)
		}
	})
	t.Run("a second up changes nothing, nor does what AWS says of it all", func(t *testing.T) {
		stack.refresh(t)
		expectChanges(t, stack.up(t), "same")
	})
	t.Run("destroy leaves nothing behind", func(t *testing.T) {
		stack.destroy(t)
		cloud.account.expect(t, before)
		if got := len(cloud.account.records(t, zone)); got != recordsBefore {
			t.Errorf("the zone has %d records, had %d", got, recordsBefore)
		}
		certificates, err := cloud.account.certificates.ListCertificates(t.Context(), &acm.ListCertificatesInput{})
		must(t, err)
		if len(certificates.CertificateSummaryList) > 0 {
			t.Errorf("there are certificates: %v", certificates.CertificateSummaryList)
		}
	})
}

// createZone makes the zone of the domain name, and returns its id.
func (a *account) createZone(t *testing.T) string {
	t.Helper()
	created, err := a.dns.CreateHostedZone(t.Context(), &route53.CreateHostedZoneInput{Name: aws.String(zoneName), CallerReference: aws.String(t.Name())})
	must(t, err)
	return *created.HostedZone.Id
}

func (a *account) records(t *testing.T, zone string) []route53types.ResourceRecordSet {
	t.Helper()
	listed, err := a.dns.ListResourceRecordSets(t.Context(), &route53.ListResourceRecordSetsInput{HostedZoneId: &zone})
	must(t, err)
	return listed.ResourceRecordSets
}

// aliases returns what the domain name is an alias of, by the type of record.
func (a *account) aliases(t *testing.T, zone string) map[route53types.RRType]string {
	t.Helper()
	aliases := map[route53types.RRType]string{}
	for _, record := range a.records(t, zone) {
		if *record.Name == domainName+"." && record.AliasTarget != nil {
			aliases[record.Type] = strings.TrimSuffix(*record.AliasTarget.DNSName, ".")
		}
	}
	return aliases
}

// newDomainClient returns a client to whom all names lead to one address. It
// follows no redirects, and trusts whoever issued a certificate for the name.
func newDomainClient(t *testing.T, address string) *http.Client {
	t.Helper()
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, name string) (net.Conn, error) {
			_, port, err := net.SplitHostPort(name)
			if err != nil {
				return nil, err
			}
			return (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort(address, port))
		},
		TLSClientConfig: &tls.Config{
			InsecureSkipVerify: true, // VerifyConnection does
			VerifyConnection: func(state tls.ConnectionState) error {
				trusted := x509.NewCertPool()
				trusted.AddCert(state.PeerCertificates[len(state.PeerCertificates)-1])
				_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{DNSName: state.ServerName, Roots: trusted})
				return err
			},
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Transport:     transport,
		Timeout:       answerLimit,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
