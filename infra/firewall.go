package infra

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/wafv2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const (
	// rateWindowSeconds is the time in which an address's requests are counted.
	rateWindowSeconds = 300

	// tooManyRequests is what an address gets beyond its limit. AWS WAF's own
	// answer is 403, which tells a client that to wait is of no use.
	tooManyRequests = 429

	// commonRules are AWS's own against what is tried on any web application.
	// https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html
	commonRules = "AWSManagedRulesCommonRuleSet"

	// bodySizeRule is the one of commonRules that refuses bodies of more than
	// 8 KiB, which is as far as AWS WAF looks at them.
	bodySizeRule = "SizeRestrictions_BODY"
)

// Firewall is the web application firewall before the load balancer: an AWS
// WAF web ACL with the rules that requests are held against.
type Firewall struct {
	pulumi.ResourceState

	// WebACLARN is the ARN of the web ACL.
	WebACLARN pulumi.StringOutput
}

// FirewallArgs says what a [Firewall] is made of.
type FirewallArgs struct {
	// LoadBalancerARN is the load balancer that it stands before.
	LoadBalancerARN pulumi.StringInput
	// RequestsPerAddress is how many requests an IP address may send within
	// five minutes, 10 to 2,000,000,000.
	// https://docs.aws.amazon.com/waf/latest/APIReference/API_RateBasedStatement.html
	RequestsPerAddress int
}

// NewFirewall makes a [Firewall]. What it counts and blocks is in CloudWatch,
// by rule.
func NewFirewall(ctx *pulumi.Context, name string, args *FirewallArgs, opts ...pulumi.ResourceOption) (*Firewall, error) {
	f := &Firewall{}
	if err := ctx.RegisterComponentResource("fargate-stack:infra:Firewall", name, f, opts...); err != nil {
		return nil, err
	}
	acl, err := wafv2.NewWebAcl(ctx, name, &wafv2.WebAclArgs{
		Description:   pulumi.String("Before the load balancer of " + name),
		Scope:         pulumi.String("REGIONAL"), // what load balancers take
		DefaultAction: &wafv2.WebAclDefaultActionArgs{Allow: &wafv2.WebAclDefaultActionAllowArgs{}},
		Rules:         wafv2.WebAclRuleArray{rateRule(args.RequestsPerAddress), commonRule()},
		VisibilityConfig: &wafv2.WebAclVisibilityConfigArgs{
			CloudwatchMetricsEnabled: pulumi.Bool(true),
			SampledRequestsEnabled:   pulumi.Bool(true),
			MetricName:               pulumi.String(name),
		},
	}, pulumi.Parent(f))
	if err != nil {
		return nil, fmt.Errorf("web ACL: %w", err)
	}
	if _, err := wafv2.NewWebAclAssociation(ctx, name, &wafv2.WebAclAssociationArgs{
		WebAclArn:   acl.Arn,
		ResourceArn: args.LoadBalancerARN,
	}, pulumi.Parent(f)); err != nil {
		return nil, fmt.Errorf("association of the web ACL with the load balancer: %w", err)
	}

	f.WebACLARN = acl.Arn
	return f, ctx.RegisterResourceOutputs(f, pulumi.Map{"webAclArn": f.WebACLARN})
}

// rateRule blocks addresses that send too many requests. It comes first: a
// flood is turned away before anybody looks at what is in it.
func rateRule(requestsPerAddress int) *wafv2.WebAclRuleArgs {
	return &wafv2.WebAclRuleArgs{
		Name:     pulumi.String("requests-per-address"),
		Priority: pulumi.Int(0),
		Action: &wafv2.WebAclRuleActionArgs{Block: &wafv2.WebAclRuleActionBlockArgs{
			CustomResponse: &wafv2.WebAclRuleActionBlockCustomResponseArgs{ResponseCode: pulumi.Int(tooManyRequests)},
		}},
		Statement: &wafv2.WebAclRuleStatementArgs{RateBasedStatement: &wafv2.WebAclRuleStatementRateBasedStatementArgs{
			AggregateKeyType:    pulumi.String("IP"),
			EvaluationWindowSec: pulumi.Int(rateWindowSeconds),
			Limit:               pulumi.Int(requestsPerAddress),
		}},
		VisibilityConfig: ruleMetrics("requests-per-address"),
	}
}

// commonRule blocks what AWS's common rules block, but for large bodies, which
// are only counted: most apps take some, and know best what is too large.
func commonRule() *wafv2.WebAclRuleArgs {
	return &wafv2.WebAclRuleArgs{
		Name:           pulumi.String("common"),
		Priority:       pulumi.Int(1),
		OverrideAction: &wafv2.WebAclRuleOverrideActionArgs{None: &wafv2.WebAclRuleOverrideActionNoneArgs{}},
		Statement: &wafv2.WebAclRuleStatementArgs{ManagedRuleGroupStatement: &wafv2.WebAclRuleStatementManagedRuleGroupStatementArgs{
			VendorName: pulumi.String("AWS"),
			Name:       pulumi.String(commonRules),
			RuleActionOverrides: wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideArray{
				&wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideArgs{
					Name: pulumi.String(bodySizeRule),
					ActionToUse: &wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideActionToUseArgs{
						Count: &wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideActionToUseCountArgs{},
					},
				},
			},
		}},
		VisibilityConfig: ruleMetrics("common"),
	}
}

// ruleMetrics has a rule count in CloudWatch under its name.
func ruleMetrics(rule string) *wafv2.WebAclRuleVisibilityConfigArgs {
	return &wafv2.WebAclRuleVisibilityConfigArgs{
		CloudwatchMetricsEnabled: pulumi.Bool(true),
		SampledRequestsEnabled:   pulumi.Bool(true),
		MetricName:               pulumi.String(rule),
	}
}
