package loadbalancer

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"time"
)

// validity is longer than any program runs.
const validity = 10 * 365 * 24 * time.Hour

// An authority issues certificates, which nobody trusts who was not given the
// authority's own: the keys of ACM's certificates are not to be had.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority() (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making the key of the certificate authority: %w", err)
	}
	a := &authority{key: key}
	template := newTemplate("fargate-stack, load balancers of this machine")
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign
	a.certificate, err = sign(template, template, &key.PublicKey, key)
	return a, err
}

// issue returns a certificate for host names, followed by the authority's own.
func (a *authority) issue(names []string) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making the key of the certificate for %v: %w", names, err)
	}
	template := newTemplate(names[0])
	template.DNSNames = names
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	issued, err := sign(template, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{issued.Raw, a.certificate.Raw}, PrivateKey: key, Leaf: issued}, nil
}

func newTemplate(name string) *x509.Certificate {
	return &x509.Certificate{
		Subject:   pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), // clocks differ
		NotAfter:  time.Now().Add(validity),
	}
}

func sign(template, parent *x509.Certificate, public *ecdsa.PublicKey, key *ecdsa.PrivateKey) (*x509.Certificate, error) {
	raw, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		return nil, fmt.Errorf("making the certificate for %s: %w", template.Subject.CommonName, err)
	}
	return x509.ParseCertificate(raw)
}
