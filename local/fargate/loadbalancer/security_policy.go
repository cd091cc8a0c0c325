package loadbalancer

import (
	"crypto/tls"
	"fmt"
	"regexp"
)

// securityPolicy is the name of one, with the oldest TLS version in it: those
// from before names had one begin with TLS 1.0.
var securityPolicy = regexp.MustCompile(`^ELBSecurityPolicy-(?:(TLS13|TLS|FS)-)?(?:1-([0-3])-)?[A-Za-z0-9-]+$`)

// oldestVersions are TLS versions by their last digit.
var oldestVersions = map[string]uint16{
	"":  tls.VersionTLS10,
	"0": tls.VersionTLS10,
	"1": tls.VersionTLS11,
	"2": tls.VersionTLS12,
	"3": tls.VersionTLS13,
}

// versions returns the oldest and the newest TLS version of a security policy.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
func versions(policy string) (oldest, newest uint16, err error) {
	parts := securityPolicy.FindStringSubmatch(policy)
	if parts == nil {
		return 0, 0, fmt.Errorf("its security policy %q is none", policy)
	}
	newest = tls.VersionTLS12
	if parts[1] == "TLS13" {
		newest = tls.VersionTLS13
	}
	return oldestVersions[parts[2]], newest, nil
}
