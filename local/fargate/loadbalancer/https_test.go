package loadbalancer

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

const (
	testCertificate = "arn:certificate"
	testDomain      = "app.example.com"
	tls13And12      = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
)

// newHTTPSAPI returns an api whose listener speaks TLS, for the test's domain.
func newHTTPSAPI(address netip.AddrPort) *api {
	a := newAPI(address)
	secure(&a.listeners[0])
	a.certificates = map[string]acmtypes.CertificateDetail{testCertificate: {
		Status: acmtypes.CertificateStatusIssued, DomainName: aws.String(testDomain), SubjectAlternativeNames: []string{"*.app.example.com", testDomain},
	}}
	return a
}

// secure makes a listener one of HTTPS.
func secure(listener *types.Listener) {
	listener.Protocol = types.ProtocolEnumHttps
	listener.SslPolicy = aws.String(tls13And12)
	listener.Certificates = []types.Certificate{{CertificateArn: aws.String(testCertificate)}}
}

// newHTTPSClient returns a client that takes every name for the address. It
// trusts whoever issued the certificate that it is shown, if that is for the
// name.
func newHTTPSClient(t *testing.T, address netip.AddrPort) *http.Client {
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, address.String())
		},
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true, VerifyConnection: verify}, // the latter verifies
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: patience}
}

// verify verifies a server's certificates as if the last one were trusted.
func verify(state tls.ConnectionState) error {
	trusted := x509.NewCertPool()
	trusted.AddCert(state.PeerCertificates[len(state.PeerCertificates)-1])
	_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{DNSName: state.ServerName, Roots: trusted})
	return err
}

// body returns the body at a URL, or the error or status in its place.
func body(client *http.Client, url string) string {
	response, err := client.Get(url)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		return err.Error()
	}
	return string(read)
}

func TestHTTPS(t *testing.T) {
	address, n := freeAddress(t), newNetwork()
	n.serve(t, one, healthyOr(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s by %s to port %s", r.Host, r.Header.Get("X-Forwarded-Proto"), r.Header.Get("X-Forwarded-Port"))
	}))
	b, _ := run(t, newHTTPSAPI(address), n, quiet)
	b.Register(testGroup, one)
	client := newHTTPSClient(t, address)
	eventually(t, "the target is healthy", func() bool { return countHealthy(b) == 1 })

	for _, name := range []string{testDomain, "shop.app.example.com"} {
		want := fmt.Sprintf("%s by https to port %d", name, address.Port())
		if got := body(client, "https://"+name); got != want {
			t.Errorf("answered %q, want %q", got, want)
		}
	}
	if got := body(client, "https://example.com"); !strings.Contains(got, "certificate is valid for") {
		t.Errorf("under a name that is not in the certificate, answered %q", got)
	}
}

func TestHTTPSNegotiatesWhatThePolicySays(t *testing.T) {
	address := freeAddress(t)
	run(t, newHTTPSAPI(address), newNetwork(), quiet)
	negotiate := func(newest uint16, protocols ...string) (tls.ConnectionState, error) {
		connection, err := tls.Dial("tcp", address.String(), &tls.Config{
			ServerName: testDomain, InsecureSkipVerify: true, VerifyConnection: verify,
			MinVersion: tls.VersionTLS10, MaxVersion: newest, NextProtos: protocols,
		})
		if err != nil {
			return tls.ConnectionState{}, err
		}
		defer connection.Close()
		return connection.ConnectionState(), nil
	}
	eventually(t, "the listener is open", func() bool { _, err := negotiate(tls.VersionTLS13); return err == nil })

	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		if state, err := negotiate(version); err != nil || state.Version != version {
			t.Errorf("%s became %s: %v", tls.VersionName(version), tls.VersionName(state.Version), err)
		}
	}
	if _, err := negotiate(tls.VersionTLS11); err == nil {
		t.Error("TLS 1.1 is taken")
	}
	if state, err := negotiate(tls.VersionTLS13, "h2", "http/1.1"); err != nil || state.NegotiatedProtocol != "h2" {
		t.Errorf("negotiated %q: %v", state.NegotiatedProtocol, err)
	}
}

func TestHTTPSSpeaksHTTP2(t *testing.T) {
	address := freeAddress(t)
	a := newHTTPSAPI(address)
	a.rules["arn:listener"] = []types.Rule{newDefaultRule(fixedText("well"))}
	run(t, a, newNetwork(), quiet)
	transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{ServerName: testDomain, InsecureSkipVerify: true, VerifyConnection: verify}}
	t.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Transport: transport, Timeout: patience}
	eventually(t, "a request is answered by HTTP/2", func() bool {
		response, err := client.Get("https://" + address.String())
		if err != nil {
			return false
		}
		defer response.Body.Close()
		return response.ProtoMajor == 2
	})
}

func TestListenerOfHTTPBecomesOneOfHTTPS(t *testing.T) {
	address := freeAddress(t)
	a := newHTTPSAPI(address)
	a.listeners[0].Protocol = types.ProtocolEnumHttp
	a.rules["arn:listener"] = []types.Rule{newDefaultRule(fixedText("well"))}
	run(t, a, newNetwork(), quiet)
	eventually(t, "HTTP is answered", func() bool { return fetch(newClient(t), address) == "well" })
	a.change(func() { secure(&a.listeners[0]) })
	client := newHTTPSClient(t, address)
	eventually(t, "HTTPS is answered", func() bool { return body(client, "https://"+testDomain) == "well" })
}

func TestClientThatIsNotAdmittedGetsNoHandshake(t *testing.T) {
	address, n := freeAddress(t), newNetwork()
	n.refuse(netip.MustParseAddr("127.0.0.2"))
	a := newHTTPSAPI(address)
	a.rules["arn:listener"] = []types.Rule{newDefaultRule(fixedText("well"))}
	run(t, a, n, quiet)
	client := newHTTPSClient(t, address)
	eventually(t, "another client gets an answer", func() bool { return body(client, "https://"+testDomain) == "well" })

	refused := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP("127.0.0.2")}, Timeout: 200 * time.Millisecond}
	connection, err := tls.DialWithDialer(refused, "tcp", address.String(), &tls.Config{InsecureSkipVerify: true})
	if err == nil {
		connection.Close()
	}
	var timeout net.Error
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("the handshake ended with %v", err)
	}
}

func TestListenerThatCannotSpeakTLSIsNotServed(t *testing.T) {
	tests := []struct {
		statement string
		change    func(*api)
		want      string
	}{
		{"a certificate that is not issued", func(a *api) {
			a.certificates[testCertificate] = acmtypes.CertificateDetail{Status: acmtypes.CertificateStatusPendingValidation, DomainName: aws.String(testDomain)}
		}, "PENDING_VALIDATION"},
		{"a certificate that ACM does not have", func(a *api) { delete(a.certificates, testCertificate) }, "ACM does not have its certificate"},
		{"no certificate", func(a *api) { a.listeners[0].Certificates = nil }, "it has no certificate"},
		{"a policy that is none", func(a *api) { a.listeners[0].SslPolicy = aws.String("strict") }, `security policy \"strict\" is none`},
	}
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			a, log := newHTTPSAPI(freeAddress(t)), &logged{}
			test.change(a)
			run(t, a, newNetwork(), slog.New(slog.NewTextHandler(log, nil)))
			eventually(t, "the log tells why", func() bool { return log.count(test.want) == 1 })
		})
	}
}

func TestRedirectWithinHTTPSStaysThere(t *testing.T) {
	request := httptest.NewRequest(http.MethodGet, "https://app.example.com/old", nil)
	config := types.RedirectActionConfig{Path: aws.String("/new")}
	if got := location(request, config, 443); got != "https://app.example.com:443/new" {
		t.Errorf("redirected to %s", got)
	}
}

func TestCertificateStaysTheSame(t *testing.T) {
	a := newHTTPSAPI(freeAddress(t))
	certificates := newCertificates(a)
	first, err := certificates.config(t.Context(), a.listeners[0])
	if err != nil {
		t.Fatal(err)
	}
	if names := first.Certificates[0].Leaf.DNSNames; !slices.Equal(names, []string{"*.app.example.com", testDomain}) {
		t.Errorf("it is for %v", names)
	}
	again, err := certificates.config(t.Context(), a.listeners[0])
	if err != nil || again != first {
		t.Errorf("it was made again: %v", err)
	}
}

func TestVersionsOfSecurityPolicies(t *testing.T) {
	tests := []struct {
		policy         string
		oldest, newest uint16
	}{
		{"ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09", tls.VersionTLS12, tls.VersionTLS13},
		{"ELBSecurityPolicy-TLS13-1-2-2021-06", tls.VersionTLS12, tls.VersionTLS13},
		{"ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04", tls.VersionTLS13, tls.VersionTLS13},
		{"ELBSecurityPolicy-TLS13-1-0-2021-06", tls.VersionTLS10, tls.VersionTLS13},
		{"ELBSecurityPolicy-TLS-1-2-Ext-2018-06", tls.VersionTLS12, tls.VersionTLS12},
		{"ELBSecurityPolicy-TLS-1-1-2017-01", tls.VersionTLS11, tls.VersionTLS12},
		{"ELBSecurityPolicy-FS-1-2-Res-2020-10", tls.VersionTLS12, tls.VersionTLS12},
		{"ELBSecurityPolicy-FS-2018-06", tls.VersionTLS10, tls.VersionTLS12},
		{"ELBSecurityPolicy-2016-08", tls.VersionTLS10, tls.VersionTLS12},
	}
	for _, test := range tests {
		oldest, newest, err := versions(test.policy)
		if err != nil || oldest != test.oldest || newest != test.newest {
			t.Errorf("%s is %s to %s: %v", test.policy, tls.VersionName(oldest), tls.VersionName(newest), err)
		}
	}
}
