package architecture

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// A rule says that resources of a type have no box of their own.
type rule struct {
	kind string
	// partOf is the type of what they are drawn as a part of, which gets their
	// arrows: their parent, or what they depend on. Without one they are left out.
	partOf string
	why    string
}

// rules have what is too small for a diagram. Types that are not in it are drawn.
var rules = []rule{
	{"aws:ec2/routeTable:RouteTable", "aws:ec2/subnet:Subnet", "the routes of a subnet are arrows from it to gateways"},
	{"aws:ec2/route:Route", "aws:ec2/routeTable:RouteTable", "the same"},
	{"aws:ec2/routeTableAssociation:RouteTableAssociation", "aws:ec2/routeTable:RouteTable", "the same"},
	{"aws:ec2/eip:Eip", "aws:ec2/subnet:Subnet", "it is the address of a NAT gateway, which is drawn"},
	{"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "", "it is emptied, so that nothing can use it"},
	{"aws:ecr/lifecyclePolicy:LifecyclePolicy", "aws:ecr/repository:Repository", "it is a setting of the repository"},
	{"aws:ecs/clusterCapacityProviders:ClusterCapacityProviders", "aws:ecs/cluster:Cluster", "it is a setting of the cluster"},
	{"aws:appautoscaling/target:Target", "aws:ecs/service:Service", "it makes the service known to autoscaling; the policies are drawn"},
	{"aws:iam/rolePolicy:RolePolicy", "aws:iam/role:Role", "what a role may use are arrows from it"},
	{"aws:iam/rolePolicyAttachment:RolePolicyAttachment", "aws:iam/role:Role", "the same"},
	{"aws:s3/bucketPolicy:BucketPolicy", "aws:s3/bucketV2:BucketV2", "it is a setting of the bucket"},
	{"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "aws:s3/bucketV2:BucketV2", "the same"},
	{"aws:sns/topicPolicy:TopicPolicy", "aws:sns/topic:Topic", "it is a setting of the topic"},
	{"aws:acm/certificateValidation:CertificateValidation", "aws:acm/certificate:Certificate", "it waits until the certificate is issued"},
	{"aws:wafv2/webAclAssociation:WebAclAssociation", "aws:wafv2/webAcl:WebAcl", "what a web ACL is before is an arrow from it"},
}

func ruleOf(kind tokens.Type) (rule, bool) {
	for _, r := range rules {
		if r.kind == string(kind) {
			return r, true
		}
	}
	return rule{}, false
}

// inherent has types that get no arrows, and why.
var inherent = map[string]string{
	"aws:ec2/vpc:Vpc": "all that has to do with the network is in the VPC",
}

// A step is a part of the way that requests take, between the types of a
// resource and of one that it depends on.
type step struct {
	dependent, on string
	// back is true where requests go against the dependency.
	back bool
}

var steps = []step{
	{"aws:route53/record:Record", "aws:lb/loadBalancer:LoadBalancer", false},
	{"aws:wafv2/webAcl:WebAcl", "aws:lb/loadBalancer:LoadBalancer", false},
	{"aws:lb/listener:Listener", "aws:lb/loadBalancer:LoadBalancer", true},
	{"aws:lb/listener:Listener", "aws:lb/targetGroup:TargetGroup", false},
	{"aws:ecs/service:Service", "aws:lb/targetGroup:TargetGroup", true},
}

// shown has the properties that are shown, by type.
var shown = map[string][]string{
	"aws:lb/listener:Listener":       {"protocol", "port"},
	"aws:lb/targetGroup:TargetGroup": {"protocol", "port"},
	"aws:ecs/service:Service":        {"launchType"},
	"aws:ec2/vpc:Vpc":                {"cidrBlock"},
}

// titles has the types whose last part does not say what they are.
var titles = map[string]string{
	"aws:appautoscaling/policy:Policy":                   "Scaling policy",
	"aws:appautoscaling/scheduledAction:ScheduledAction": "Scheduled scaling",
	"aws:route53/record:Record":                          "DNS record",
	"aws:s3/bucketV2:BucketV2":                           "Bucket",
}

// acronyms are words of types that are written in capitals.
var acronyms = map[string]string{"Vpc": "VPC", "Nat": "NAT", "Acl": "ACL", "Dns": "DNS"}

// The colors of the categories that AWS has its architecture icons in.
// https://aws.amazon.com/architecture/icons/
const (
	networking = "#8c4fff"
	containers = "#ed7100"
	security   = "#dd344c"
	management = "#e7157b"
	storage    = "#7aa116"
)

// colors has the color of each service, by what its types begin with. Those of
// other services have the theme's.
var colors = map[string]string{
	"aws:ec2/": networking, "aws:lb/": networking, "aws:route53/": networking,
	"aws:ecs/": containers, "aws:ecr/": containers, "docker:": containers,
	"aws:iam/": security, "aws:acm/": security, "aws:wafv2/": security,
	"aws:cloudwatch/": management, "aws:appautoscaling/": management, "aws:sns/": management,
	"aws:s3/": storage,
}
