package main

// A property is one that the SDK and the bridge write in different ways. What
// pulumi-aws sets by hand for a property, the bridge, which knows no provider,
// derives from the Terraform schema alone.
type property struct {
	// sdk is its name in the SDK.
	sdk string
	// bridge is its name in the bridge, if that is another.
	bridge string
	form   form
	// fields are properties of the object, or the objects in the list, that
	// differ in turn.
	fields []property
}

// A form tells how the value differs.
type form int

const (
	sameForm form = iota
	// listOfOne is a list of at most one object in the SDK, and the object
	// itself in the bridge: pulumi-aws keeps as lists what Terraform limits to
	// one but AWS may not for ever.
	listOfOne
	// onlyOfList is an object in the SDK, and a list of it in the bridge:
	// Terraform has no limit in its schema, and pulumi-aws knows better.
	onlyOfList
	// numberAsText is a number in the SDK, and text in the bridge: Terraform
	// can tell 0 from nothing only in text.
	numberAsText
	// refused is a property that has no other form here. Its value is never
	// dropped in silence.
	refused
)

// resourceProperties are the properties that differ, by Terraform resource.
// TestPropertyNames finds the ones that are missing.
var resourceProperties = map[string][]property{
	"aws_appautoscaling_scheduled_action": {
		{sdk: "scalableTargetAction", fields: []property{
			{sdk: "maxCapacity", form: numberAsText},
			{sdk: "minCapacity", form: numberAsText},
		}},
	},
	"aws_cloudwatch_metric_alarm": {{sdk: "name", bridge: "alarmName"}},
	"aws_default_security_group":  securityGroupRules,
	"aws_ecs_service": {
		{sdk: "serviceConnectConfiguration", fields: []property{
			{sdk: "services", fields: []property{{sdk: "clientAlias", form: listOfOne}}},
		}},
	},
	"aws_lb_target_group": {{sdk: "deregistrationDelay", form: numberAsText}},
	"aws_route53_record": {
		{sdk: "aliases", bridge: "alias", form: listOfOne},
		{sdk: "failoverRoutingPolicies", bridge: "failoverRoutingPolicy", form: listOfOne},
		{sdk: "geolocationRoutingPolicies", bridge: "geolocationRoutingPolicy", form: listOfOne},
		{sdk: "latencyRoutingPolicies", bridge: "latencyRoutingPolicy", form: listOfOne},
		{sdk: "weightedRoutingPolicies", bridge: "weightedRoutingPolicy", form: listOfOne},
	},
	// What is refused has resources of its own, which AWS recommends.
	"aws_s3_bucket": {
		{sdk: "lifecycleRules", form: refused},
		{sdk: "loggings", bridge: "logging", form: refused},
		{sdk: "objectLockConfiguration", form: refused},
		{sdk: "replicationConfigurations", bridge: "replicationConfiguration", form: refused},
		{sdk: "serverSideEncryptionConfigurations", bridge: "serverSideEncryptionConfiguration", form: refused},
		{sdk: "versionings", bridge: "versioning", form: refused},
		{sdk: "websites", bridge: "website", form: refused},
	},
	"aws_s3_bucket_lifecycle_configuration": {
		{sdk: "rules", fields: []property{
			{sdk: "abortIncompleteMultipartUpload", bridge: "abortIncompleteMultipartUploads", form: onlyOfList},
			{sdk: "expiration", bridge: "expirations", form: onlyOfList},
			{sdk: "filter", bridge: "filters", form: onlyOfList, fields: []property{
				{sdk: "and", bridge: "ands", form: onlyOfList},
				{sdk: "tag", bridge: "tags", form: onlyOfList},
			}},
			{sdk: "noncurrentVersionExpiration", bridge: "noncurrentVersionExpirations", form: onlyOfList},
		}},
	},
	"aws_security_group":         securityGroupRules,
	"aws_sns_topic_subscription": {{sdk: "topic", bridge: "topicArn"}},
	"aws_wafv2_web_acl": {
		{sdk: "associationConfig", fields: []property{
			{sdk: "requestBodies", fields: []property{
				{sdk: "apiGateways", bridge: "apiGateway", form: listOfOne},
				{sdk: "appRunnerServices", bridge: "appRunnerService", form: listOfOne},
				{sdk: "cloudfronts", bridge: "cloudfront", form: listOfOne},
				{sdk: "cognitoUserPools", bridge: "cognitoUserPool", form: listOfOne},
				{sdk: "verifiedAccessInstances", bridge: "verifiedAccessInstance", form: listOfOne},
			}},
		}},
	},
}

var securityGroupRules = []property{
	{sdk: "egress", bridge: "egresses"},
	{sdk: "ingress", bridge: "ingresses"},
}

// functionProperties are the properties that differ, by Terraform data source.
var functionProperties = map[string][]property{
	"aws_lb": {{sdk: "accessLogs", form: onlyOfList}},
	"aws_lb_target_group": {
		{sdk: "healthCheck", bridge: "healthChecks", form: onlyOfList},
		{sdk: "stickiness", bridge: "stickinesses", form: onlyOfList},
	},
}

// providerProperties are the properties that differ in a provider's
// configuration.
var providerProperties = []property{
	{sdk: "assumeRole", bridge: "assumeRoles", form: onlyOfList},
	{sdk: "assumeRoleWithWebIdentity", bridge: "assumeRoleWithWebIdentities", form: onlyOfList},
	{sdk: "defaultTags", form: onlyOfList},
	{sdk: "ignoreTags", form: onlyOfList},
}

// An autoname is how pulumi-aws makes the name of a resource that was given
// none. It is here only for names that the bridge doesn't make: it makes the
// ones of the properties called name.
type autoname struct {
	// property is its name in the bridge.
	property  string
	maxLength int
	lowerCase bool
}

var autonames = map[string]autoname{
	"aws_cloudwatch_metric_alarm": {property: "alarmName", maxLength: 255},
	"aws_s3_bucket":               {property: "bucket", maxLength: 63, lowerCase: true},
}

// deletedBeforeReplaced are the resources that can't exist twice, not even
// while one replaces the other.
var deletedBeforeReplaced = map[string]bool{
	"aws_ecr_lifecycle_policy":       true,
	"aws_iam_role_policy_attachment": true,
}
