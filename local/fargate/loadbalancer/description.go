package loadbalancer

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// A Client asks Elastic Load Balancing what there is. It is what is used of an
// [elb.Client].
type Client interface {
	elb.DescribeLoadBalancersAPIClient
	elb.DescribeListenersAPIClient
	elb.DescribeRulesAPIClient
	elb.DescribeTargetGroupsAPIClient
	DescribeLoadBalancerAttributes(context.Context, *elb.DescribeLoadBalancerAttributesInput, ...func(*elb.Options)) (*elb.DescribeLoadBalancerAttributesOutput, error)
	DescribeTargetGroupAttributes(context.Context, *elb.DescribeTargetGroupAttributesInput, ...func(*elb.Options)) (*elb.DescribeTargetGroupAttributesOutput, error)
}

// A description is what AWS says at one moment.
type description struct {
	certificates *certificates

	listeners map[netip.AddrPort]*listenerSettings
	groups    map[string]*groupSettings // by ARN; nil if there is a problem
	problems  []problem

	// users are the load balancers that forward to a target group, by the
	// group's ARN.
	users map[string]*types.LoadBalancer
}

// listenerSettings says how a listener handles requests. It does not change.
type listenerSettings struct {
	loadBalancer       types.LoadBalancer
	port               int
	tls                *tls.Config // nil for HTTP
	rules              []rule
	idleTimeout        time.Duration
	dropInvalidHeaders bool
}

// groupSettings says how the targets of a target group are treated. It does
// not change.
type groupSettings struct {
	// loadBalancer forwards to the target group; nil if none does.
	loadBalancer        *types.LoadBalancer
	scheme              string
	deregistrationDelay time.Duration
	check               healthCheck
}

// describe asks for everything. Load balancers come first: a target group that
// a rule names was made before the rule.
func describe(ctx context.Context, client Client, certificates *certificates) (*description, error) {
	d := &description{
		certificates: certificates,
		listeners:    map[netip.AddrPort]*listenerSettings{},
		groups:       map[string]*groupSettings{},
		users:        map[string]*types.LoadBalancer{},
	}
	balancers := elb.NewDescribeLoadBalancersPaginator(client, &elb.DescribeLoadBalancersInput{})
	for balancers.HasMorePages() {
		page, err := balancers.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, balancer := range page.LoadBalancers {
			if err := d.addLoadBalancer(ctx, client, balancer); err != nil {
				return nil, err
			}
		}
	}
	groups := elb.NewDescribeTargetGroupsPaginator(client, &elb.DescribeTargetGroupsInput{})
	for groups.HasMorePages() {
		page, err := groups.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, group := range page.TargetGroups {
			if err := d.addGroup(ctx, client, group); err != nil {
				return nil, err
			}
		}
	}
	return d, nil
}

func (d *description) addProblem(subject *string, format string, arguments ...any) {
	d.problems = append(d.problems, problem{aws.ToString(subject), fmt.Errorf(format, arguments...)})
}

func (d *description) addLoadBalancer(ctx context.Context, client Client, balancer types.LoadBalancer) error {
	if balancer.Type != types.LoadBalancerTypeEnumApplication {
		d.addProblem(balancer.LoadBalancerArn, "it is a %s load balancer; only application load balancers carry traffic here", balancer.Type)
		return nil
	}
	address, err := netip.ParseAddr(aws.ToString(balancer.DNSName))
	if err != nil || !address.IsLoopback() {
		d.addProblem(balancer.LoadBalancerArn, "its DNS name %q is no loopback address to listen on", aws.ToString(balancer.DNSName))
		return nil
	}
	answer, err := client.DescribeLoadBalancerAttributes(ctx, &elb.DescribeLoadBalancerAttributesInput{LoadBalancerArn: balancer.LoadBalancerArn})
	if err != nil {
		return err
	}
	attributes := map[string]string{}
	for _, attribute := range answer.Attributes {
		attributes[aws.ToString(attribute.Key)] = aws.ToString(attribute.Value)
	}
	idleTimeout, err := seconds(attributes, "idle_timeout.timeout_seconds", time.Minute)
	if err != nil {
		d.addProblem(balancer.LoadBalancerArn, "%w", err)
		return nil
	}
	return d.addListeners(ctx, client, address, listenerSettings{
		loadBalancer:       balancer,
		idleTimeout:        idleTimeout,
		dropInvalidHeaders: attributes["routing.http.drop_invalid_header_fields.enabled"] == "true",
	})
}

// addListeners adds the listeners of a load balancer, whose settings are given.
func (d *description) addListeners(ctx context.Context, client Client, address netip.Addr, common listenerSettings) error {
	listeners := elb.NewDescribeListenersPaginator(client, &elb.DescribeListenersInput{LoadBalancerArn: common.loadBalancer.LoadBalancerArn})
	for listeners.HasMorePages() {
		page, err := listeners.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, listener := range page.Listeners {
			if err := d.addListener(ctx, client, address, common, listener); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *description) addListener(ctx context.Context, client Client, address netip.Addr, settings listenerSettings, listener types.Listener) (err error) {
	settings.port = int(aws.ToInt32(listener.Port))
	settings.rules, err = d.rules(ctx, client, listener.ListenerArn)
	if err != nil {
		return err
	}
	d.addUsers(settings)
	switch listener.Protocol {
	case types.ProtocolEnumHttp:
	case types.ProtocolEnumHttps:
		settings.tls, err = d.certificates.config(ctx, listener)
	default:
		err = unusableError{fmt.Errorf("its protocol is %s; only HTTP and HTTPS listeners carry traffic here", listener.Protocol)}
	}
	if unusable := (unusableError{}); errors.As(err, &unusable) {
		d.addProblem(listener.ListenerArn, "%w", err)
		return nil
	}
	if err != nil {
		return err
	}
	d.listeners[netip.AddrPortFrom(address, uint16(settings.port))] = &settings
	return nil
}

// rules returns the rules of a listener in the order in which they are tried.
func (d *description) rules(ctx context.Context, client Client, listener *string) ([]rule, error) {
	var described []types.Rule
	pages := elb.NewDescribeRulesPaginator(client, &elb.DescribeRulesInput{ListenerArn: listener})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		described = append(described, page.Rules...)
	}
	sortRules(described)
	var rules []rule
	for _, r := range described {
		made, err := newRule(r)
		if err != nil {
			d.addProblem(r.RuleArn, "%w", err)
			continue
		}
		rules = append(rules, made)
	}
	return rules, nil
}

// addUsers notes which target groups a listener forwards to.
func (d *description) addUsers(settings listenerSettings) {
	for _, r := range settings.rules {
		for _, group := range r.groups {
			d.users[aws.ToString(group.TargetGroupArn)] = &settings.loadBalancer
		}
	}
}

func (d *description) addGroup(ctx context.Context, client Client, group types.TargetGroup) error {
	answer, err := client.DescribeTargetGroupAttributes(ctx, &elb.DescribeTargetGroupAttributesInput{TargetGroupArn: group.TargetGroupArn})
	if err != nil {
		return err
	}
	attributes := map[string]string{}
	for _, attribute := range answer.Attributes {
		attributes[aws.ToString(attribute.Key)] = aws.ToString(attribute.Value)
	}
	arn := aws.ToString(group.TargetGroupArn)
	delay, delayProblem := seconds(attributes, "deregistration_delay.timeout_seconds", 5*time.Minute)
	check, checkProblem := newHealthCheck(group)
	if err := errors.Join(delayProblem, checkProblem); err != nil {
		d.addProblem(group.TargetGroupArn, "%w", err)
		d.groups[arn] = nil
		return nil
	}
	d.groups[arn] = &groupSettings{
		loadBalancer:        d.users[arn],
		scheme:              strings.ToLower(string(group.Protocol)),
		deregistrationDelay: delay,
		check:               check,
	}
	return nil
}

// seconds returns an attribute that is a number of seconds, or what AWS takes
// if it is not set.
func seconds(attributes map[string]string, name string, otherwise time.Duration) (time.Duration, error) {
	value, set := attributes[name]
	if !set {
		return otherwise, nil
	}
	number, err := strconv.Atoi(value)
	if err != nil {
		return 0, fmt.Errorf("its attribute %s is %q, which is no number of seconds", name, value)
	}
	return time.Duration(number) * time.Second, nil
}
