// Package loadbalancer carries the traffic of Application Load Balancers.
//
// It asks Elastic Load Balancing which load balancers, listeners, rules and
// target groups there are, and does what a load balancer does with them:
// listen, check the health of targets, forward requests to those that are
// healthy, and drain those that are deregistered. Which targets there are it
// is told by [Balancers.Register] and [Balancers.Deregister].
//
// A load balancer listens on this machine, at the loopback address that is its
// DNS name. HTTPS listeners have a certificate for the names of the one in ACM,
// but from an authority of their own. Further certificates of a listener, HTTP/2
// to targets, sticky sessions and rule transforms are not covered.
package loadbalancer

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

const (
	// pollInterval is how often Elastic Load Balancing is asked what there is.
	pollInterval = time.Second

	// askLimit is how long all answers together may take.
	askLimit = 10 * time.Second
)

// A Dialer reaches a target as a load balancer does. It waits until the
// context ends while security groups drop the packets.
type Dialer interface {
	// DialTarget connects a load balancer to a target.
	DialTarget(ctx context.Context, from types.LoadBalancer, address string, port int) (net.Conn, error)

	// AdmitsClient tells whether the load balancer's security groups let a
	// client in on a listener's port.
	AdmitsClient(ctx context.Context, client netip.Addr, to types.LoadBalancer, port int) (bool, error)
}

// Options says what [Balancers] work with.
type Options struct {
	// Client asks Elastic Load Balancing.
	Client Client
	// Certificates asks ACM for the certificates of HTTPS listeners.
	Certificates CertificateClient
	// Dialer reaches the targets.
	Dialer Dialer
	// Log takes what changes: listeners, the health of targets, and requests
	// that no target answered.
	Log *slog.Logger
}

// Balancers are all load balancers of an account in a region. Its methods may
// be called from any goroutine.
type Balancers struct {
	client Client
	dialer Dialer
	log    *slog.Logger

	// registered tells Run that there are targets to check.
	registered chan struct{}

	mu     sync.Mutex
	groups map[string]*targetGroup // by ARN

	// These belong to Run.
	certificates *certificates
	listeners    map[netip.AddrPort]*listener
	reported     map[string]bool // the subjects of problems
}

// New returns Balancers that do nothing until [Balancers.Run] is called.
func New(options Options) *Balancers {
	return &Balancers{
		client:       options.Client,
		dialer:       options.Dialer,
		log:          options.Log,
		registered:   make(chan struct{}, 1),
		groups:       map[string]*targetGroup{},
		certificates: newCertificates(options.Certificates),
		listeners:    map[netip.AddrPort]*listener{},
	}
}

// Run carries traffic, as Elastic Load Balancing says it every second, until
// ctx ends. All listeners and connections are closed then. It is called once.
func (b *Balancers) Run(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	defer b.close()

	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for ctx.Err() == nil {
		b.follow(ctx, &running)
		select {
		case <-ctx.Done():
		case <-ticker.C:
		case <-b.registered:
		}
	}
}

// follow makes listeners and target groups what AWS says they are. What they
// were stays while it does not answer.
func (b *Balancers) follow(ctx context.Context, running *sync.WaitGroup) {
	asking, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	described, err := describe(asking, b.client, b.certificates)
	if err != nil {
		b.report(ctx, problem{"AWS", fmt.Errorf("it is asked again every %s, and load balancers stay as they are: %w", pollInterval, err)})
	} else {
		b.updateGroups(described.groups)
		b.report(ctx, append(described.problems, b.updateListeners(ctx, described.listeners, running)...)...)
	}
	for _, group := range b.allGroups() {
		group.startChecks(running)
	}
}

// A problem keeps something from being served. It is logged once for as long
// as its subject has one.
type problem struct {
	subject string
	err     error
}

func (b *Balancers) report(ctx context.Context, problems ...problem) {
	if ctx.Err() != nil {
		return // Everything ends, and so do the questions that are under way.
	}
	reported := map[string]bool{}
	for _, p := range problems {
		if !b.reported[p.subject] {
			b.log.Warn("not served", "what", p.subject, "reason", p.err)
		}
		reported[p.subject] = true
	}
	b.reported = reported
}

func (b *Balancers) updateGroups(described map[string]*groupSettings) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for arn, settings := range described {
		if settings != nil {
			b.group(arn).update(settings)
		}
	}
	for arn, group := range b.groups {
		if _, exists := described[arn]; !exists && group.described() {
			delete(b.groups, arn)
			group.close()
		}
	}
}

// group returns the target group with an ARN, which may not be described yet.
// The lock is held.
func (b *Balancers) group(arn string) *targetGroup {
	if b.groups[arn] == nil {
		b.groups[arn] = newTargetGroup(arn, b.dialer, b.log)
	}
	return b.groups[arn]
}

// find returns the target group with an ARN: one without targets if it is not
// known.
func (b *Balancers) find(arn string) *targetGroup {
	b.mu.Lock()
	defer b.mu.Unlock()
	if known, is := b.groups[arn]; is {
		return known
	}
	return newTargetGroup(arn, b.dialer, b.log)
}

func (b *Balancers) allGroups() []*targetGroup {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make([]*targetGroup, 0, len(b.groups))
	for _, group := range b.groups {
		all = append(all, group)
	}
	return all
}

func (b *Balancers) close() {
	for _, l := range b.listeners {
		l.close()
	}
	for _, group := range b.allGroups() {
		group.close()
	}
}

// Register makes targets part of the target group with an ARN. Their health is
// checked at once. A target that drains begins anew; one that is registered
// already stays as it is.
func (b *Balancers) Register(group string, targets ...Target) {
	b.mu.Lock()
	b.group(group).register(targets)
	b.mu.Unlock()
	select {
	case b.registered <- struct{}{}:
	default: // Run has been told already.
	}
}

// Deregister gives targets no new requests. They drain: what is in flight may
// end within the target group's deregistration delay.
func (b *Balancers) Deregister(group string, targets ...Target) {
	b.find(group).deregister(targets)
}

// Health returns the targets of a target group, draining ones too, in the
// order of their registration.
func (b *Balancers) Health(group string) []TargetHealth {
	return b.find(group).health()
}

// Drained returns a channel that is closed when a target is neither registered
// nor draining.
func (b *Balancers) Drained(group string, target Target) <-chan struct{} {
	return b.find(group).drained(target)
}
