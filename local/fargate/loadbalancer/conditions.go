package loadbalancer

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// A condition tells whether a request meets one condition of a rule.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
type condition func(*http.Request) bool

// newCondition makes a condition of what Elastic Load Balancing says of one.
func newCondition(described types.RuleCondition) (condition, error) {
	field, values := aws.ToString(described.Field), valuesOf(described)
	switch {
	case field == "query-string" && described.QueryStringConfig != nil:
		return queryCondition(described.QueryStringConfig.Values), nil
	case len(values) == 0:
		return nil, fmt.Errorf("its condition on %s has no values that are understood here", field)
	case field == "path-pattern":
		return pathCondition(values), nil
	case field == "host-header":
		return hostCondition(values), nil
	case field == "http-header" && described.HttpHeaderConfig != nil:
		return headerCondition(aws.ToString(described.HttpHeaderConfig.HttpHeaderName), values), nil
	case field == "http-request-method":
		return func(r *http.Request) bool { return slices.Contains(values, r.Method) }, nil
	case field == "source-ip":
		return sourceCondition(values)
	default:
		return nil, fmt.Errorf("its condition on %s is not covered here", field)
	}
}

// valuesOf returns the values of a condition, which come in a field of their
// own or, in the older form, in Values.
func valuesOf(described types.RuleCondition) []string {
	switch {
	case described.PathPatternConfig != nil:
		return described.PathPatternConfig.Values
	case described.HostHeaderConfig != nil:
		return described.HostHeaderConfig.Values
	case described.HttpHeaderConfig != nil:
		return described.HttpHeaderConfig.Values
	case described.HttpRequestMethodConfig != nil:
		return described.HttpRequestMethodConfig.Values
	case described.SourceIpConfig != nil:
		return described.SourceIpConfig.Values
	default:
		return described.Values
	}
}

func pathCondition(values []string) condition {
	paths := patterns(values, heedCase)
	return func(r *http.Request) bool { return matchesAny(paths, r.URL.EscapedPath()) }
}

func hostCondition(values []string) condition {
	hosts := patterns(values, ignoreCase)
	return func(r *http.Request) bool { return matchesAny(hosts, withoutPort(r.Host)) }
}

func headerCondition(name string, values []string) condition {
	wanted := patterns(values, ignoreCase)
	return func(r *http.Request) bool {
		return slices.ContainsFunc(r.Header.Values(name), func(value string) bool { return matchesAny(wanted, value) })
	}
}

// queryCondition is met by a request that has one of the pairs in its query.
// A pair without a key is met by its value under any key.
func queryCondition(pairs []types.QueryStringKeyValuePair) condition {
	type wanted struct{ key, value *regexp.Regexp }
	var all []wanted
	for _, pair := range pairs {
		key := "*"
		if pair.Key != nil {
			key = *pair.Key
		}
		all = append(all, wanted{pattern(key, ignoreCase), pattern(aws.ToString(pair.Value), ignoreCase)})
	}
	return func(r *http.Request) bool {
		for key, values := range r.URL.Query() {
			for _, pair := range all {
				if pair.key.MatchString(key) && slices.ContainsFunc(values, pair.value.MatchString) {
					return true
				}
			}
		}
		return false
	}
}

// sourceCondition is met by a request whose connection comes from one of the
// ranges. X-Forwarded-For is not looked at.
func sourceCondition(ranges []string) (condition, error) {
	var prefixes []netip.Prefix
	for _, value := range ranges {
		prefix, err := netip.ParsePrefix(value)
		if err != nil {
			return nil, fmt.Errorf("its condition on source-ip: %w", err)
		}
		prefixes = append(prefixes, prefix)
	}
	return func(r *http.Request) bool {
		source := clientOf(r)
		return slices.ContainsFunc(prefixes, func(prefix netip.Prefix) bool { return prefix.Contains(source) })
	}, nil
}

// clientOf returns the address that a request's connection comes from.
func clientOf(r *http.Request) netip.Addr {
	client, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{} // It is no TCP connection, and in no range.
	}
	return client.Addr().Unmap()
}

// withoutPort returns the host of a Host header.
func withoutPort(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return host
}

const (
	heedCase   = "(?s)"
	ignoreCase = "(?si)"
)

func patterns(values []string, flags string) []*regexp.Regexp {
	all := make([]*regexp.Regexp, 0, len(values))
	for _, value := range values {
		all = append(all, pattern(value, flags))
	}
	return all
}

// pattern returns the expression for a value with AWS's wildcards: * stands
// for any characters, ? for one, and a backslash takes their meaning away.
func pattern(value, flags string) *regexp.Regexp {
	var expression strings.Builder
	escaped := false
	for _, character := range value {
		switch {
		case escaped:
			expression.WriteString(regexp.QuoteMeta(string(character)))
			escaped = false
		case character == '\\':
			escaped = true
		case character == '*':
			expression.WriteString(".*")
		case character == '?':
			expression.WriteString(".")
		default:
			expression.WriteString(regexp.QuoteMeta(string(character)))
		}
	}
	return regexp.MustCompile(flags + "^" + expression.String() + "$")
}

func matchesAny(expressions []*regexp.Regexp, value string) bool {
	return slices.ContainsFunc(expressions, func(e *regexp.Regexp) bool { return e.MatchString(value) })
}
