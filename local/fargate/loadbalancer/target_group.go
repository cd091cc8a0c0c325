package loadbalancer

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

var (
	errDelayElapsed = errors.New("the deregistration delay of its target has elapsed")
	errGroupClosed  = errors.New("its target group is gone")
	errNotInUse     = errors.New("no load balancer uses its target group any more")
)

// A Target is an address and a port that takes requests.
type Target struct {
	Address string
	Port    int
}

// String returns the target as address:port.
func (t Target) String() string {
	return net.JoinHostPort(t.Address, strconv.Itoa(t.Port))
}

// A targetGroup is a set of targets, of which requests go to those that are
// healthy.
type targetGroup struct {
	arn    string
	dialer Dialer
	log    *slog.Logger

	mu       sync.Mutex
	settings *groupSettings // nil until they are known
	changed  chan struct{}  // closed when settings are replaced
	targets  []*target      // registered and draining ones
	turn     int            // counts requests, which go round
}

// A target is a [Target] from its registration until it is drained. What
// changes is guarded by the target group's lock.
type target struct {
	Target
	transport *http.Transport

	// registered ends when the target is deregistered, lifetime when it is
	// drained too.
	registered context.Context
	deregister context.CancelFunc
	lifetime   context.Context
	end        context.CancelCauseFunc

	checked  bool // checks have begun
	health   health
	draining bool
	inFlight int
	deadline *time.Timer // cuts what is in flight; nil while not draining
}

func newTargetGroup(arn string, dialer Dialer, log *slog.Logger) *targetGroup {
	return &targetGroup{arn: arn, dialer: dialer, log: log.With("targetGroup", arn), changed: make(chan struct{})}
}

// newTarget makes a target. Its connections are kept: a new one for each
// request would run out of ports at thousands of requests a second.
func (g *targetGroup) newTarget(which Target) *target {
	t := &target{Target: which, health: initialHealth}
	t.lifetime, t.end = context.WithCancelCause(context.Background())
	t.registered, t.deregister = context.WithCancel(t.lifetime)
	t.transport = &http.Transport{
		DialContext:         func(ctx context.Context, _, _ string) (net.Conn, error) { return g.connect(ctx, which) },
		TLSClientConfig:     unverified,
		DisableCompression:  true,
		MaxIdleConnsPerHost: 1024,
		IdleConnTimeout:     50 * time.Second,
	}
	return t
}

// unverified takes any certificate, as a load balancer does.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html#target-group-routing-configuration
var unverified = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // see above

func (g *targetGroup) update(settings *groupSettings) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if used := g.settings != nil && g.settings.loadBalancer != nil; !used {
		for _, t := range g.targets {
			t.health = initialHealth
		}
	}
	g.settings = settings
	close(g.changed)
	g.changed = make(chan struct{})
}

// described tells whether Elastic Load Balancing has told of the target group.
func (g *targetGroup) described() bool {
	settings, _ := g.current()
	return settings != nil
}

// current returns the settings, and a channel that is closed when they are
// replaced.
func (g *targetGroup) current() (*groupSettings, <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.settings, g.changed
}

func (g *targetGroup) register(targets []Target) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, which := range targets {
		known := g.find(which)
		if known != nil && !known.draining {
			continue
		}
		// One that drains goes on to do so by itself.
		g.forget(known)
		g.targets = append(g.targets, g.newTarget(which))
	}
}

func (g *targetGroup) find(which Target) *target {
	i := slices.IndexFunc(g.targets, func(t *target) bool { return t.Target == which })
	if i < 0 {
		return nil
	}
	return g.targets[i]
}

func (g *targetGroup) forget(gone *target) {
	g.targets = slices.DeleteFunc(g.targets, func(t *target) bool { return t == gone })
}

func (g *targetGroup) deregister(targets []Target) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, which := range targets {
		t := g.find(which)
		if t == nil || t.draining {
			continue
		}
		t.draining = true
		t.deregister()
		if t.inFlight == 0 {
			g.remove(t, nil)
			continue
		}
		t.deadline = time.AfterFunc(g.settings.deregistrationDelay, func() {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.remove(t, errDelayElapsed)
		})
	}
}

// remove ends a target. What is in flight is cut, with the cause.
func (g *targetGroup) remove(t *target, cause error) {
	g.forget(t)
	t.deregister()
	if t.deadline != nil {
		t.deadline.Stop()
	}
	t.end(cause)
	t.transport.CloseIdleConnections()
}

func (g *targetGroup) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, t := range slices.Clone(g.targets) {
		g.remove(t, errGroupClosed)
	}
}

// acquire returns the target whose turn it is, nil if there is none, with the
// settings for requests to it. It must be released.
//
// If all targets are unhealthy, they take requests nevertheless.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
func (g *targetGroup) acquire() (*target, *groupSettings) {
	g.mu.Lock()
	defer g.mu.Unlock()
	able := g.inState(types.TargetHealthStateEnumHealthy)
	if len(able) == 0 {
		able = g.inState(types.TargetHealthStateEnumUnhealthy)
	}
	if len(able) == 0 || g.settings == nil {
		return nil, nil
	}
	g.turn++
	t := able[g.turn%len(able)]
	t.inFlight++
	return t, g.settings
}

// inState returns the registered targets that are in a state.
func (g *targetGroup) inState(state types.TargetHealthStateEnum) []*target {
	var found []*target
	for _, t := range g.targets {
		if !t.draining && t.health.state == state {
			found = append(found, t)
		}
	}
	return found
}

// release tells that a request to an acquired target has ended. A draining
// target without requests is drained.
func (g *targetGroup) release(t *target) {
	g.mu.Lock()
	defer g.mu.Unlock()
	t.inFlight--
	if t.draining && t.inFlight == 0 {
		g.remove(t, nil)
	}
}

func (g *targetGroup) drained(which Target) <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if t := g.find(which); t != nil {
		return t.lifetime.Done()
	}
	done := make(chan struct{})
	close(done)
	return done
}

// connectLimit is how long it may take to connect to a target.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#http-504-issues
const connectLimit = 10 * time.Second

// errNotConnected is the error of a connection that was not made in time.
var errNotConnected = fmt.Errorf("not connected within %s; do security groups let the load balancer in", connectLimit)

// connect connects the target group's load balancer to a target.
func (g *targetGroup) connect(ctx context.Context, which Target) (net.Conn, error) {
	settings, _ := g.current()
	if settings.loadBalancer == nil {
		return nil, errNotInUse
	}
	limited, cancel := context.WithTimeout(ctx, connectLimit)
	defer cancel()
	connection, err := g.dialer.DialTarget(limited, *settings.loadBalancer, which.Address, which.Port)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("%w: %w", errNotConnected, err)
	}
	return connection, err
}
