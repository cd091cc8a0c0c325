// Package search finds in AWS what a stack asked for when its deployment was
// cut off: the resource is there, but nobody has written down its id.
//
// What a resource is known by are the inputs that it was asked for with: its
// name if it has one, else its tags and what it is part of.
package search

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	loadbalancing "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/aws/smithy-go"
)

// An Account is an AWS account in one region.
type Account struct {
	ec2           ec2API
	loadBalancing loadBalancingAPI
	ecs           ecsAPI
	ecr           ecrAPI
	logs          logsAPI
	iam           iamAPI
	scaling       scalingAPI
	firewall      firewallAPI
	acm           certificatesAPI
	dns           dnsAPI
	cloudWatch    cloudWatchAPI
	sns           snsAPI
	s3            s3API
}

// NewAccount returns the account and region that a configuration leads to.
func NewAccount(config aws.Config) *Account {
	return &Account{
		ec2:           ec2.NewFromConfig(config),
		loadBalancing: loadbalancing.NewFromConfig(config),
		ecs:           ecs.NewFromConfig(config),
		ecr:           ecr.NewFromConfig(config),
		logs:          cloudwatchlogs.NewFromConfig(config),
		iam:           iam.NewFromConfig(config),
		scaling:       applicationautoscaling.NewFromConfig(config),
		firewall:      wafv2.NewFromConfig(config),
		acm:           acm.NewFromConfig(config),
		dns:           route53.NewFromConfig(config),
		cloudWatch:    cloudwatch.NewFromConfig(config),
		sns:           sns.NewFromConfig(config),
		s3:            s3.NewFromConfig(config),
	}
}

// Found is a resource that AWS has.
type Found struct {
	// ID tells it from others of its type: the id or the ARN that a stack's
	// state has of it.
	ID string
	// ImportID is what the AWS provider imports it by.
	ImportID string
}

// byID is found under the id that it is imported by.
func byID(id *string) Found { return Found{ID: aws.ToString(id), ImportID: aws.ToString(id)} }

// Find returns what the account has of a type, as Pulumi names it, that is as
// the inputs say. It is more than one if they don't tell it from others.
func (a *Account) Find(ctx context.Context, typ string, inputs json.RawMessage) ([]Found, error) {
	find, ok := finders[typ]
	if !ok {
		return nil, fmt.Errorf("how to find a resource of type %s in AWS is not known; look for it there and delete it if it exists, then run: pulumi refresh --clear-pending-creates (to have it found from now on, add the type to recovery/search)", typ)
	}
	found, err := find(a, ctx, inputs)
	if isAbsent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking in AWS for a resource of type %s: %w", typ, err)
	}
	return found, nil
}

// A finder returns what is as the inputs of one type of resource say.
type finder func(*Account, context.Context, json.RawMessage) ([]Found, error)

// finders are the types that a stack of this program is made of. The ids to
// import by are described with each type in https://www.pulumi.com/registry/packages/aws/api-docs/
var finders = map[string]finder{
	"aws:acm/certificate:Certificate":                     byTags((*Account).certificates),
	"aws:appautoscaling/policy:Policy":                    by((*Account).scalingPolicies),
	"aws:appautoscaling/target:Target":                    by((*Account).scalableTargets),
	"aws:cloudwatch/dashboard:Dashboard":                  by((*Account).dashboards),
	"aws:cloudwatch/metricAlarm:MetricAlarm":              by((*Account).alarms),
	"aws:cloudwatch/logGroup:LogGroup":                    by((*Account).logGroups),
	"aws:ec2/eip:Eip":                                     byTags((*Account).elasticIPs),
	"aws:ec2/flowLog:FlowLog":                             byTags((*Account).flowLogs),
	"aws:ec2/internetGateway:InternetGateway":             byTags((*Account).internetGateways),
	"aws:ec2/natGateway:NatGateway":                       byTags((*Account).natGateways),
	"aws:ec2/route:Route":                                 by((*Account).routes),
	"aws:ec2/routeTable:RouteTable":                       byTags((*Account).routeTables),
	"aws:ec2/routeTableAssociation:RouteTableAssociation": by((*Account).routeTableAssociations),
	"aws:ec2/securityGroup:SecurityGroup":                 by((*Account).securityGroups),
	"aws:ec2/subnet:Subnet":                               byTags((*Account).subnets),
	"aws:ec2/vpc:Vpc":                                     byTags((*Account).vpcs),
	"aws:ec2/vpcEndpoint:VpcEndpoint":                     byTags((*Account).vpcEndpoints),
	"aws:ecr/repository:Repository":                       by((*Account).repositories),
	"aws:ecs/cluster:Cluster":                             by((*Account).clusters),
	"aws:ecs/service:Service":                             by((*Account).services),
	"aws:ecs/taskDefinition:TaskDefinition":               byTags((*Account).taskDefinitions),
	"aws:iam/openIdConnectProvider:OpenIdConnectProvider": by((*Account).identityProviders),
	"aws:iam/policy:Policy":                               by((*Account).policies),
	"aws:iam/role:Role":                                   by((*Account).roles),
	"aws:iam/rolePolicy:RolePolicy":                       by((*Account).rolePolicies),
	"aws:iam/rolePolicyAttachment:RolePolicyAttachment":   by((*Account).rolePolicyAttachments),
	"aws:lb/listener:Listener":                            by((*Account).listeners),
	"aws:lb/loadBalancer:LoadBalancer":                    by((*Account).loadBalancers),
	"aws:lb/targetGroup:TargetGroup":                      by((*Account).targetGroups),
	"aws:route53/record:Record":                           by((*Account).records),
	"aws:s3/bucketV2:BucketV2":                            by((*Account).buckets),
	"aws:sns/topic:Topic":                                 by((*Account).topics),
	"aws:wafv2/webAcl:WebAcl":                             by((*Account).webACLs),

	// These are part of a resource that the stack has, and go with it, or only
	// wait for it. To make them again does no harm.
	"aws:acm/certificateValidation:CertificateValidation":                                        nothing,
	"aws:appautoscaling/scheduledAction:ScheduledAction":                                         nothing,
	"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup":                                          nothing,
	"aws:ecr/lifecyclePolicy:LifecyclePolicy":                                                    nothing,
	"aws:ecs/clusterCapacityProviders:ClusterCapacityProviders":                                  nothing,
	"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2":                       nothing,
	"aws:s3/bucketPolicy:BucketPolicy":                                                           nothing,
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock":                                     nothing,
	"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2": nothing,
	"aws:sns/topicPolicy:TopicPolicy":                                                            nothing,
	"aws:sns/topicSubscription:TopicSubscription":                                                nothing,
	"aws:wafv2/webAclAssociation:WebAclAssociation":                                              nothing,
	"docker:index/image:Image":                                                                   nothing,
}

// by decodes the inputs of a resource.
func by[Inputs any](find func(*Account, context.Context, Inputs) ([]Found, error)) finder {
	return func(a *Account, ctx context.Context, encoded json.RawMessage) ([]Found, error) {
		var inputs Inputs
		if err := json.Unmarshal(encoded, &inputs); err != nil {
			return nil, fmt.Errorf("reading its inputs: %w", err)
		}
		return find(a, ctx, inputs)
	}
}

// byTags does so for a resource without a name of its own. With no tags, that
// of any other stack would be as good.
func byTags[Inputs interface{ tagCount() int }](find func(*Account, context.Context, Inputs) ([]Found, error)) finder {
	return by(func(a *Account, ctx context.Context, inputs Inputs) ([]Found, error) {
		if inputs.tagCount() == 0 {
			return nil, errors.New("it has no tags to be known by; look for it in AWS and delete it if it exists, then run: pulumi refresh --clear-pending-creates")
		}
		return find(a, ctx, inputs)
	})
}

func nothing(*Account, context.Context, json.RawMessage) ([]Found, error) { return nil, nil }

// tagged are the tags in a resource's inputs.
type tagged struct{ Tags map[string]string }

func (t tagged) tagCount() int { return len(t.Tags) }

// areOn tells whether a resource has all the tags. It may have more: those of
// the provider's defaultTags, and AWS's own.
func (t tagged) areOn(tags map[string]string) bool {
	for key, value := range t.Tags {
		if actual, ok := tags[key]; !ok || actual != value {
			return false
		}
	}
	return true
}

// all collects what is on all pages of an answer.
func all[Page, Options, Item any](ctx context.Context, pages pages[Page, Options], items func(Page) []Item) ([]Item, error) {
	var collected []Item
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		collected = append(collected, items(page)...)
	}
	return collected, nil
}

// pages are what the SDK's paginators have in common.
type pages[Page, Options any] interface {
	HasMorePages() bool
	NextPage(context.Context, ...func(*Options)) (Page, error)
}

// isAbsent tells whether AWS says that there is no such thing, or that what it
// would be part of is not there. Each service has codes of its own for it.
func isAbsent(err error) bool {
	var refused smithy.APIError
	if !errors.As(err, &refused) {
		return false
	}
	code := refused.ErrorCode()
	return strings.Contains(code, "NotFound") || strings.HasPrefix(code, "NoSuch") // IAM's and Route 53's
}
