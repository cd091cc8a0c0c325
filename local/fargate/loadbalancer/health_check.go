package loadbalancer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// A healthCheck says how the health of targets is checked.
type healthCheck struct {
	scheme             string
	port               int // 0 is the port of the target itself
	path               *url.URL
	interval           time.Duration
	timeout            time.Duration
	healthyThreshold   int
	unhealthyThreshold int
	codes              []codeRange
}

// A codeRange is a range of HTTP codes, both ends included.
type codeRange struct{ first, last int }

// A failure says why a target failed a check.
type failure struct {
	reason      types.TargetHealthReasonEnum
	description string
}

// newHealthCheck makes the check that a target group has.
func newHealthCheck(group types.TargetGroup) (healthCheck, error) {
	check := healthCheck{
		scheme:             strings.ToLower(string(group.HealthCheckProtocol)),
		interval:           time.Duration(aws.ToInt32(group.HealthCheckIntervalSeconds)) * time.Second,
		timeout:            time.Duration(aws.ToInt32(group.HealthCheckTimeoutSeconds)) * time.Second,
		healthyThreshold:   int(aws.ToInt32(group.HealthyThresholdCount)),
		unhealthyThreshold: int(aws.ToInt32(group.UnhealthyThresholdCount)),
	}
	if check.scheme != "http" && check.scheme != "https" {
		return check, fmt.Errorf("its health is checked by %s; only HTTP and HTTPS are covered here", group.HealthCheckProtocol)
	}
	var err error
	if port := aws.ToString(group.HealthCheckPort); port != "traffic-port" {
		if check.port, err = strconv.Atoi(port); err != nil {
			return check, fmt.Errorf("its health check port is %q, which is neither a number nor traffic-port", port)
		}
	}
	if check.path, err = url.ParseRequestURI(aws.ToString(group.HealthCheckPath)); err != nil {
		return check, fmt.Errorf("its health check path: %w", err)
	}
	if group.Matcher != nil {
		check.codes, err = parseCodes(aws.ToString(group.Matcher.HttpCode))
	}
	return check, err
}

// parseCodes reads the codes of a matcher, like 200, 200,202 and 200-299.
func parseCodes(matcher string) ([]codeRange, error) {
	var codes []codeRange
	for part := range strings.SplitSeq(matcher, ",") {
		first, last, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			last = first
		}
		from, err := strconv.Atoi(first)
		to, err2 := strconv.Atoi(last)
		if err := errors.Join(err, err2); err != nil {
			return nil, fmt.Errorf("its matcher %q has no HTTP codes like 200,202 or 200-299: %w", matcher, err)
		}
		codes = append(codes, codeRange{from, to})
	}
	return codes, nil
}

// startChecks begins to check the targets that are new.
func (g *targetGroup) startChecks(running *sync.WaitGroup) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, t := range g.targets {
		if !t.checked {
			t.checked = true
			running.Go(func() { g.keepChecking(t) })
		}
	}
}

// keepChecking checks a target until it is deregistered.
func (g *targetGroup) keepChecking(t *target) {
	var started time.Time
	for {
		settings := g.waitUntilDue(t.registered, started)
		if settings == nil {
			return
		}
		started = time.Now()
		g.record(t, g.check(t.registered, settings, t.Target))
	}
}

// waitUntilDue waits until the next check is due, by what the settings are
// meanwhile, and returns them. Targets of a group that is not in use are not
// checked. It returns nil if ctx ends.
func (g *targetGroup) waitUntilDue(ctx context.Context, last time.Time) *groupSettings {
	for {
		settings, changed := g.current()
		var due <-chan time.Time
		if settings != nil && settings.loadBalancer != nil {
			due = time.After(time.Until(last.Add(settings.check.interval)))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-due:
			return settings
		case <-changed:
		}
	}
}

// check checks a target once. It returns nil if the target is well.
func (g *targetGroup) check(ctx context.Context, settings *groupSettings, which Target) *failure {
	check := settings.check
	if check.port != 0 {
		which.Port = check.port
	}
	ctx, cancel := context.WithTimeout(ctx, check.timeout)
	defer cancel()
	// Each check has a connection of its own, as AWS's have. A transport would
	// go on connecting after the check has ended, for the sake of the next one.
	transport := &http.Transport{
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			return g.dialer.DialTarget(ctx, *settings.loadBalancer, which.Address, which.Port)
		},
		TLSClientConfig:   unverified,
		DisableKeepAlives: true,
	}
	location := *check.path
	location.Scheme, location.Host = check.scheme, which.String()
	request := (&http.Request{Method: http.MethodGet, URL: &location, Header: http.Header{"User-Agent": {"ELB-HealthChecker/2.0"}}}).WithContext(ctx)
	response, err := transport.RoundTrip(request)
	if err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return &failure{types.TargetHealthReasonEnumTimeout, "Request timed out"}
		}
		return &failure{types.TargetHealthReasonEnumFailedHealthChecks, "Health checks failed"}
	}
	response.Body.Close()
	if slices.ContainsFunc(check.codes, func(r codeRange) bool { return r.first <= response.StatusCode && response.StatusCode <= r.last }) {
		return nil
	}
	return &failure{types.TargetHealthReasonEnumResponseCodeMismatch, fmt.Sprintf("Health checks failed with these codes: [%d]", response.StatusCode)}
}

// record takes the result of a check, unless the target was deregistered or
// the group went out of use meanwhile.
func (g *targetGroup) record(t *target, failed *failure) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if t.registered.Err() != nil || g.settings.loadBalancer == nil {
		return
	}
	before := t.health.state
	t.health = t.health.after(failed, g.settings.check)
	if t.health.state != before {
		g.log.Info("target is "+string(t.health.state), "target", t.Target, "reason", t.health.description)
	}
}
