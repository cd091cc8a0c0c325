package loadbalancer

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// quiet is a log that nobody reads.
var quiet = slog.New(slog.DiscardHandler)

// A network is where the targets of a test are. It is in memory, so that it
// works with the clock of a test.
type network struct {
	mu      sync.Mutex
	servers map[string]*memoryListener
	dropped map[string]bool // targets that no packet gets to
	refused map[netip.Addr]bool
	dials   int
}

func newNetwork() *network {
	return &network{servers: map[string]*memoryListener{}, dropped: map[string]bool{}, refused: map[netip.Addr]bool{}}
}

// serve lets a target answer requests until the test ends. It returns what
// stops it before.
func (n *network) serve(t *testing.T, which Target, handler http.HandlerFunc) (stop func()) {
	l := &memoryListener{connections: make(chan net.Conn), closed: make(chan struct{})}
	n.mu.Lock()
	n.servers[which.String()] = l
	n.mu.Unlock()
	server := &http.Server{Handler: handler}
	go server.Serve(l)
	stop = func() { server.Close() }
	t.Cleanup(stop)
	return stop
}

// drop keeps packets from a target.
func (n *network) drop(which Target) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dropped[which.String()] = true
}

// refuse keeps a client out.
func (n *network) refuse(client netip.Addr) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.refused[client] = true
}

func (n *network) dialed() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.dials
}

func (n *network) DialTarget(ctx context.Context, _ types.LoadBalancer, address string, port int) (net.Conn, error) {
	which := Target{address, port}.String()
	n.mu.Lock()
	server, dropped := n.servers[which], n.dropped[which]
	n.dials++
	n.mu.Unlock()
	if dropped {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if server == nil {
		return nil, syscall.ECONNREFUSED
	}
	return server.dial(ctx)
}

func (n *network) AdmitsClient(_ context.Context, client netip.Addr, _ types.LoadBalancer, _ int) (bool, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return !n.refused[client], nil
}

// A memoryListener takes connections from dial.
type memoryListener struct {
	connections chan net.Conn
	once        sync.Once
	closed      chan struct{}
}

func (l *memoryListener) dial(ctx context.Context) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case l.connections <- far:
		return near, nil
	case <-l.closed:
		return nil, syscall.ECONNREFUSED
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *memoryListener) Accept() (net.Conn, error) {
	select {
	case connection := <-l.connections:
		return connection, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *memoryListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *memoryListener) Addr() net.Addr { return &net.UnixAddr{} }

// answering answers all requests with the same text.
func answering(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, text) }
}

// An api is Elastic Load Balancing and ACM with what a test puts into it. A page
// has one entry.
type api struct {
	mu                 sync.Mutex
	err                error
	balancers          []types.LoadBalancer
	balancerAttributes []types.LoadBalancerAttribute
	listeners          []types.Listener
	rules              map[string][]types.Rule // by the listener's ARN
	groups             []types.TargetGroup
	groupAttributes    []types.TargetGroupAttribute
	certificates       map[string]acmtypes.CertificateDetail // by ARN
}

// change changes what there is.
func (a *api) change(change func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change()
}

// page returns the entry of a page and the marker of the next one.
func page[Entry any](all []Entry, marker *string) ([]Entry, *string) {
	i, _ := strconv.Atoi(aws.ToString(marker))
	if i >= len(all) {
		return nil, nil
	}
	if i+1 == len(all) {
		return all[i:], nil
	}
	return all[i : i+1], aws.String(strconv.Itoa(i + 1))
}

func (a *api) DescribeLoadBalancers(_ context.Context, in *elb.DescribeLoadBalancersInput, _ ...func(*elb.Options)) (*elb.DescribeLoadBalancersOutput, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	entries, next := page(a.balancers, in.Marker)
	return &elb.DescribeLoadBalancersOutput{LoadBalancers: entries, NextMarker: next}, a.err
}

func (a *api) DescribeListeners(_ context.Context, in *elb.DescribeListenersInput, _ ...func(*elb.Options)) (*elb.DescribeListenersOutput, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var own []types.Listener
	for _, l := range a.listeners {
		if *l.LoadBalancerArn == *in.LoadBalancerArn {
			own = append(own, l)
		}
	}
	entries, next := page(own, in.Marker)
	return &elb.DescribeListenersOutput{Listeners: entries, NextMarker: next}, a.err
}

func (a *api) DescribeRules(_ context.Context, in *elb.DescribeRulesInput, _ ...func(*elb.Options)) (*elb.DescribeRulesOutput, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	entries, next := page(a.rules[*in.ListenerArn], in.Marker)
	return &elb.DescribeRulesOutput{Rules: entries, NextMarker: next}, a.err
}

func (a *api) DescribeTargetGroups(_ context.Context, in *elb.DescribeTargetGroupsInput, _ ...func(*elb.Options)) (*elb.DescribeTargetGroupsOutput, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	entries, next := page(a.groups, in.Marker)
	return &elb.DescribeTargetGroupsOutput{TargetGroups: entries, NextMarker: next}, a.err
}

func (a *api) DescribeLoadBalancerAttributes(context.Context, *elb.DescribeLoadBalancerAttributesInput, ...func(*elb.Options)) (*elb.DescribeLoadBalancerAttributesOutput, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return &elb.DescribeLoadBalancerAttributesOutput{Attributes: a.balancerAttributes}, a.err
}

func (a *api) DescribeTargetGroupAttributes(context.Context, *elb.DescribeTargetGroupAttributesInput, ...func(*elb.Options)) (*elb.DescribeTargetGroupAttributesOutput, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return &elb.DescribeTargetGroupAttributesOutput{Attributes: a.groupAttributes}, a.err
}

func (a *api) DescribeCertificate(_ context.Context, in *acm.DescribeCertificateInput, _ ...func(*acm.Options)) (*acm.DescribeCertificateOutput, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	certificate, is := a.certificates[*in.CertificateArn]
	if !is {
		return nil, &acmtypes.ResourceNotFoundException{Message: aws.String("there is no such certificate")}
	}
	return &acm.DescribeCertificateOutput{Certificate: &certificate}, a.err
}

const testGroup = "arn:target-group"

// newAPI returns an api with a load balancer at an address, which forwards
// what comes on a port to the test's target group.
func newAPI(address netip.AddrPort) *api {
	return &api{
		balancers: []types.LoadBalancer{{
			LoadBalancerArn: aws.String("arn:balancer"),
			DNSName:         aws.String(address.Addr().String()),
			Type:            types.LoadBalancerTypeEnumApplication,
		}},
		listeners: []types.Listener{newListener("arn:listener", address.Port())},
		rules:     map[string][]types.Rule{"arn:listener": {newDefaultRule(forwardTo(testGroup))}},
		groups:    []types.TargetGroup{newGroup(testGroup)},
	}
}

func newListener(arn string, port uint16) types.Listener {
	return types.Listener{
		ListenerArn:     aws.String(arn),
		LoadBalancerArn: aws.String("arn:balancer"),
		Protocol:        types.ProtocolEnumHttp,
		Port:            aws.Int32(int32(port)),
	}
}

func newDefaultRule(action types.Action) types.Rule {
	return types.Rule{
		RuleArn:   aws.String("arn:default-rule"),
		Priority:  aws.String("default"),
		IsDefault: aws.Bool(true),
		Actions:   []types.Action{action},
	}
}

func newGroup(arn string) types.TargetGroup {
	return types.TargetGroup{
		TargetGroupArn:             aws.String(arn),
		Protocol:                   types.ProtocolEnumHttp,
		HealthCheckProtocol:        types.ProtocolEnumHttp,
		HealthCheckPort:            aws.String("traffic-port"),
		HealthCheckPath:            aws.String("/health?deep=no"),
		HealthCheckIntervalSeconds: aws.Int32(10),
		HealthCheckTimeoutSeconds:  aws.Int32(4),
		HealthyThresholdCount:      aws.Int32(3),
		UnhealthyThresholdCount:    aws.Int32(2),
		Matcher:                    &types.Matcher{HttpCode: aws.String("200-299")},
	}
}

func forwardTo(group string) types.Action {
	return types.Action{Type: types.ActionTypeEnumForward, TargetGroupArn: aws.String(group)}
}

func fixedText(text string) types.Action {
	return types.Action{
		Type:                types.ActionTypeEnumFixedResponse,
		FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: aws.String("200"), MessageBody: aws.String(text)},
	}
}
