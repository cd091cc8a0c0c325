package guardrails

import (
	"fmt"
	"slices"
	"strings"

	"fargate-stack/preview/plan"
)

// protections are about what protects the stack, and what tells how it fares.
var protections = []rule{
	{
		Danger, "The stack is no longer protected: the next pulumi destroy deletes it.",
		"Merge it only if the stack is to be destroyed, or a part of it replaced.",
		anyOf(turnedOff(loadBalancer, "enableDeletionProtection"), protectionGone),
	},
	{
		Danger, "A bad deployment is no longer taken back.",
		"Leave the circuit breaker and the roll-back on.",
		anyOf(
			turnedOff(ecsService, "deploymentCircuitBreaker.enable"),
			turnedOff(ecsService, "deploymentCircuitBreaker.rollback"),
		),
	},
	{
		Danger, "The firewall goes, or has fewer rules: requests come in that it refused.",
		"Look in CloudWatch at what it blocks, before it is taken away.",
		anyOf(deleted(webACL, "aws:wafv2/webAclAssociation:WebAclAssociation"), fewerFirewallRules),
	},
	{
		Danger, "The app no longer answers by HTTPS only.",
		"Keep the certificate and the redirection: what goes over HTTP can be read on the way.",
		anyOf(httpsGone, redirectionGone),
	},
	{
		Danger, "The load balancer takes weaker TLS than before.",
		"Find in the access logs which clients need it, and how many there are.",
		anyOf(weakerTLS),
	},
	{
		Danger, "The bucket of the access logs can be made public.",
		"Keep all four blocks on.",
		anyOf(
			deleted(publicAccessBlock),
			turnedOff(publicAccessBlock, "blockPublicAcls"), turnedOff(publicAccessBlock, "blockPublicPolicy"),
			turnedOff(publicAccessBlock, "ignorePublicAcls"), turnedOff(publicAccessBlock, "restrictPublicBuckets"),
		),
	},
	{
		Caution, "Images can be replaced under their tag, or are no longer looked at for vulnerabilities.",
		"Keep tags immutable and the scan on: they cost nothing.",
		anyOf(mutableTags, turnedOff(repository, "imageScanningConfiguration.scanOnPush")),
	},
	{
		Caution, "Headers that are no HTTP reach the app.",
		"Keep dropInvalidHeaderFields: such headers are used to smuggle requests.",
		anyOf(turnedOff(loadBalancer, "dropInvalidHeaderFields")),
	},
	{
		Caution, "Fewer alarms: nobody is told when the app fares badly.",
		"Make sure that something else watches it.",
		anyOf(
			deleted(metricAlarm, "aws:sns/topic:Topic", "aws:sns/topicSubscription:TopicSubscription"),
			turnedOff(metricAlarm, "actionsEnabled"),
		),
	},
	{
		Caution, "Less can be seen of how the app fares.",
		"Make sure that nobody needs what goes.",
		anyOf(deleted("aws:cloudwatch/dashboard:Dashboard"), insightsGone),
	},
	{
		Caution, "Who talked to whom is no longer recorded.",
		"Ask those who have to account for it.",
		anyOf(deleted("aws:ec2/flowLog:FlowLog"), turnedOff(loadBalancer, "accessLogs.enabled")),
	},
	{
		Caution, "Logs are kept for a shorter time: the older ones are deleted.",
		"Export to another bucket what must be kept.",
		anyOf(shorterRetention, lowered("aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2", "rules[0].expiration.days")),
	},
}

// protectionGone finds what Pulumi no longer refuses to delete.
func protectionGone(s *plan.Step) string {
	if s.ProtectionChanges() && s.Old.Protect {
		return "is no longer protected by Pulumi"
	}
	return ""
}

func fewerFirewallRules(s *plan.Step) string {
	before, after := list(s.Before("rules")), list(s.After("rules"))
	if s.Type != webACL || s.New == nil || len(after) >= len(before) {
		return ""
	}
	return fmt.Sprintf("has %d rules, had %d", len(after), len(before))
}

func httpsGone(s *plan.Step) string {
	if s.Type == listener && s.Before("protocol") == "HTTPS" && s.After("protocol") != "HTTPS" {
		return "answered by HTTPS"
	}
	return ""
}

func redirectionGone(s *plan.Step) string {
	const action = "defaultActions[0].type"
	if s.Type == listener && s.New != nil && s.Before(action) == "redirect" && s.After(action) != "redirect" {
		return "led clients to HTTPS"
	}
	return ""
}

func weakerTLS(s *plan.Step) string {
	before, after := text(s.Before("sslPolicy")), text(s.After("sslPolicy"))
	if s.Type != listener || before == "" || after == "" || plan.IsUnknown(after) {
		return ""
	}
	if !slices.ContainsFunc(tlsQualities, func(has func(string) bool) bool { return has(before) && !has(after) }) {
		return ""
	}
	return fmt.Sprintf("sslPolicy becomes %s, was %s", after, before)
}

// tlsQualities are what the names of Elastic Load Balancing's policies tell.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
var tlsQualities = []func(policy string) bool{
	onlyTLS13,
	// nothing older than TLS 1.2
	func(policy string) bool { return strings.Contains(policy, "-1-2") || onlyTLS13(policy) },
	// a restricted set of ciphers
	func(policy string) bool { return strings.Contains(policy, "-Res-") || onlyTLS13(policy) },
	// key exchange that withstands quantum computers
	func(policy string) bool { return strings.Contains(policy, "-PQ-") },
}

func onlyTLS13(policy string) bool { return strings.Contains(policy, "-TLS13-1-3-") }

func mutableTags(s *plan.Step) string {
	const property = "imageTagMutability"
	if s.Type == repository && s.New != nil && s.Before(property) == "IMMUTABLE" && s.After(property) != "IMMUTABLE" {
		return "tags are no longer immutable"
	}
	return ""
}

func insightsGone(s *plan.Step) string {
	const setting = "settings[0].value"
	if s.Type == cluster && s.After(setting) == "disabled" && s.Before(setting) != nil && s.Before(setting) != "disabled" {
		return "Container Insights is turned off"
	}
	return ""
}

// shorterRetention knows that CloudWatch keeps logs forever where nothing, or
// nought, is said.
func shorterRetention(s *plan.Step) string {
	const property = "retentionInDays"
	if s.Type != logGroup || s.Old == nil || s.New == nil {
		return ""
	}
	if before := number(s.Before(property)); before > 0 {
		return lowered(s.Type, property)(s)
	}
	if after := number(s.After(property)); after > 0 {
		return fmt.Sprintf("%s becomes %g, was forever", property, after)
	}
	return ""
}
