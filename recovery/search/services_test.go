package search

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	scalingtypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	loadbalancing "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	lbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// A fakeLoadBalancing has the load balancer and the target group "web".
type fakeLoadBalancing struct{}

func (fakeLoadBalancing) DescribeLoadBalancers(_ context.Context, input *loadbalancing.DescribeLoadBalancersInput, _ ...func(*loadbalancing.Options)) (*loadbalancing.DescribeLoadBalancersOutput, error) {
	if !slices.Equal(input.Names, []string{"web"}) {
		return nil, &lbtypes.LoadBalancerNotFoundException{}
	}
	return &loadbalancing.DescribeLoadBalancersOutput{LoadBalancers: []lbtypes.LoadBalancer{{LoadBalancerArn: aws.String("arn:lb/web")}}}, nil
}

func (fakeLoadBalancing) DescribeTargetGroups(_ context.Context, input *loadbalancing.DescribeTargetGroupsInput, _ ...func(*loadbalancing.Options)) (*loadbalancing.DescribeTargetGroupsOutput, error) {
	if !slices.Equal(input.Names, []string{"web"}) {
		return nil, &lbtypes.TargetGroupNotFoundException{}
	}
	return &loadbalancing.DescribeTargetGroupsOutput{TargetGroups: []lbtypes.TargetGroup{{TargetGroupArn: aws.String("arn:tg/web")}}}, nil
}

func (fakeLoadBalancing) DescribeListeners(_ context.Context, input *loadbalancing.DescribeListenersInput, _ ...func(*loadbalancing.Options)) (*loadbalancing.DescribeListenersOutput, error) {
	if *input.LoadBalancerArn != "arn:lb/web" {
		return nil, &lbtypes.LoadBalancerNotFoundException{}
	}
	return &loadbalancing.DescribeListenersOutput{Listeners: []lbtypes.Listener{
		{ListenerArn: aws.String("arn:listener/80"), Port: aws.Int32(80)},
		{ListenerArn: aws.String("arn:listener/443"), Port: aws.Int32(443)},
	}}, nil
}

func TestWhatIsFoundOfLoadBalancing(t *testing.T) {
	find(t, &Account{loadBalancing: fakeLoadBalancing{}}, map[string]search{
		"a load balancer, by its name":             {"aws:lb/loadBalancer:LoadBalancer", `{"name": "web"}`, sameID("arn:lb/web")},
		"no load balancer of another name":         {"aws:lb/loadBalancer:LoadBalancer", `{"name": "old"}`, nil},
		"a target group, by its name":              {"aws:lb/targetGroup:TargetGroup", `{"name": "web"}`, sameID("arn:tg/web")},
		"no target group of another name":          {"aws:lb/targetGroup:TargetGroup", `{"name": "old"}`, nil},
		"a listener, by its port":                  {"aws:lb/listener:Listener", `{"loadBalancerArn": "arn:lb/web", "port": 443}`, sameID("arn:listener/443")},
		"no listener of a load balancer that went": {"aws:lb/listener:Listener", `{"loadBalancerArn": "arn:lb/old", "port": 443}`, nil},
	})
}

// A fakeECS has a cluster and a service "web", both also as they were before
// they were deleted, and three revisions of a task definition.
type fakeECS struct{}

func (fakeECS) DescribeClusters(_ context.Context, input *ecs.DescribeClustersInput, _ ...func(*ecs.Options)) (*ecs.DescribeClustersOutput, error) {
	status := map[string]string{"web": "ACTIVE", "old": "INACTIVE"}[input.Clusters[0]]
	return &ecs.DescribeClustersOutput{Clusters: []ecstypes.Cluster{{ClusterArn: aws.String("arn:cluster/" + input.Clusters[0]), Status: &status}}}, nil
}

func (fakeECS) DescribeServices(_ context.Context, input *ecs.DescribeServicesInput, _ ...func(*ecs.Options)) (*ecs.DescribeServicesOutput, error) {
	if *input.Cluster != "arn:cluster/web" {
		return nil, &ecstypes.ClusterNotFoundException{}
	}
	status := map[string]string{"web": "ACTIVE", "old": "DRAINING"}[input.Services[0]]
	return &ecs.DescribeServicesOutput{Services: []ecstypes.Service{{ServiceArn: aws.String("arn:service/" + input.Services[0]), Status: &status}}}, nil
}

func (fakeECS) ListTaskDefinitions(_ context.Context, input *ecs.ListTaskDefinitionsInput, _ ...func(*ecs.Options)) (*ecs.ListTaskDefinitionsOutput, error) {
	arns := []string{"arn:" + *input.FamilyPrefix + ":1"}
	if input.Status != ecstypes.TaskDefinitionStatusActive {
		arns = append(arns, "arn:"+*input.FamilyPrefix+":0")
	}
	return &ecs.ListTaskDefinitionsOutput{TaskDefinitionArns: append(arns, "arn:"+*input.FamilyPrefix+":2")}, nil
}

func (fakeECS) DescribeTaskDefinition(_ context.Context, input *ecs.DescribeTaskDefinitionInput, _ ...func(*ecs.Options)) (*ecs.DescribeTaskDefinitionOutput, error) {
	stack := "shop"
	if strings.HasSuffix(*input.TaskDefinition, ":2") {
		stack = "blog"
	}
	output := &ecs.DescribeTaskDefinitionOutput{}
	if slices.Contains(input.Include, ecstypes.TaskDefinitionFieldTags) {
		output.Tags = []ecstypes.Tag{{Key: aws.String("Stack"), Value: &stack}}
	}
	return output, nil
}

func TestWhatIsFoundOfECS(t *testing.T) {
	find(t, &Account{ecs: fakeECS{}}, map[string]search{
		"a cluster, by its name":                {"aws:ecs/cluster:Cluster", `{"name": "web"}`, []Found{{"arn:cluster/web", "web"}}},
		"no cluster that was deleted":           {"aws:ecs/cluster:Cluster", `{"name": "old"}`, nil},
		"a service, by cluster and name":        {"aws:ecs/service:Service", `{"cluster": "arn:cluster/web", "name": "web"}`, []Found{{"arn:service/web", "web/web"}}},
		"no service that is being deleted":      {"aws:ecs/service:Service", `{"cluster": "arn:cluster/web", "name": "old"}`, nil},
		"no service of a cluster that is gone":  {"aws:ecs/service:Service", `{"cluster": "arn:cluster/old", "name": "web"}`, nil},
		"active revisions that have the tags":   {"aws:ecs/taskDefinition:TaskDefinition", `{"family": "web", "tags": {"Stack": "shop"}}`, sameID("arn:web:1")},
		"a revision whose content is encrypted": {"aws:ecs/taskDefinition:TaskDefinition", `{"family": "web", "tags": {"Stack": "blog"}, "containerDefinitions": {"ciphertext": "v1:x"}}`, sameID("arn:web:2")},
	})
}

// A fakeECR has the repository "web", and so have fakeLogs the log group.
type fakeECR struct{}

func (fakeECR) DescribeRepositories(_ context.Context, input *ecr.DescribeRepositoriesInput, _ ...func(*ecr.Options)) (*ecr.DescribeRepositoriesOutput, error) {
	if !slices.Equal(input.RepositoryNames, []string{"web"}) {
		return nil, &ecrtypes.RepositoryNotFoundException{}
	}
	return &ecr.DescribeRepositoriesOutput{Repositories: []ecrtypes.Repository{{RepositoryName: aws.String("web"), RepositoryArn: aws.String("arn:repository/web")}}}, nil
}

func (fakeECR) ListTagsForResource(_ context.Context, input *ecr.ListTagsForResourceInput, _ ...func(*ecr.Options)) (*ecr.ListTagsForResourceOutput, error) {
	return &ecr.ListTagsForResourceOutput{Tags: []ecrtypes.Tag{{Key: aws.String("ARN"), Value: input.ResourceArn}}}, nil
}

type fakeLogs struct{}

func (fakeLogs) DescribeLogGroups(_ context.Context, input *cloudwatchlogs.DescribeLogGroupsInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DescribeLogGroupsOutput, error) {
	var groups []logstypes.LogGroup
	for _, name := range []string{"web", "web-old"} {
		if strings.HasPrefix(name, *input.LogGroupNamePrefix) {
			groups = append(groups, logstypes.LogGroup{LogGroupName: &name, LogGroupArn: aws.String("arn:logs/" + name)})
		}
	}
	return &cloudwatchlogs.DescribeLogGroupsOutput{LogGroups: groups}, nil
}

func (fakeLogs) ListTagsForResource(_ context.Context, input *cloudwatchlogs.ListTagsForResourceInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.ListTagsForResourceOutput, error) {
	return &cloudwatchlogs.ListTagsForResourceOutput{Tags: map[string]string{"ARN": *input.ResourceArn}}, nil
}

func TestWhatHasANameOfItsOwnIsFoundOnlyWithItsTags(t *testing.T) {
	find(t, &Account{ecr: fakeECR{}, logs: fakeLogs{}}, map[string]search{
		"a repository":                    {"aws:ecr/repository:Repository", `{"name": "web", "tags": {"ARN": "arn:repository/web"}}`, sameID("web")},
		"a repository of somebody else":   {"aws:ecr/repository:Repository", `{"name": "web", "tags": {"ARN": "mine"}}`, nil},
		"no repository":                   {"aws:ecr/repository:Repository", `{"name": "old", "tags": {"ARN": "arn:repository/web"}}`, nil},
		"a log group":                     {"aws:cloudwatch/logGroup:LogGroup", `{"name": "web", "tags": {"ARN": "arn:logs/web"}}`, sameID("web")},
		"a log group of somebody else":    {"aws:cloudwatch/logGroup:LogGroup", `{"name": "web", "tags": {"ARN": "mine"}}`, nil},
		"no log group with a longer name": {"aws:cloudwatch/logGroup:LogGroup", `{"name": "we"}`, nil},
	})
}

// A fakeIAM has the role "web" with the policy "pull", and another two attached,
// each on a page of its own.
type fakeIAM struct{}

func (fakeIAM) GetRole(_ context.Context, input *iam.GetRoleInput, _ ...func(*iam.Options)) (*iam.GetRoleOutput, error) {
	if *input.RoleName != "web" {
		return nil, &iamtypes.NoSuchEntityException{}
	}
	return &iam.GetRoleOutput{}, nil
}

func (fakeIAM) GetRolePolicy(_ context.Context, input *iam.GetRolePolicyInput, _ ...func(*iam.Options)) (*iam.GetRolePolicyOutput, error) {
	if *input.RoleName != "web" || *input.PolicyName != "pull" {
		return nil, &iamtypes.NoSuchEntityException{}
	}
	return &iam.GetRolePolicyOutput{}, nil
}

func (fakeIAM) ListPolicies(_ context.Context, input *iam.ListPoliciesInput, _ ...func(*iam.Options)) (*iam.ListPoliciesOutput, error) {
	if input.Scope != iamtypes.PolicyScopeTypeLocal {
		return nil, errors.New("AWS's own policies are asked for")
	}
	if input.Marker == nil {
		return &iam.ListPoliciesOutput{Policies: []iamtypes.Policy{{PolicyName: aws.String("mail"), Arn: aws.String("arn:policy/mail")}}, IsTruncated: true, Marker: aws.String("2")}, nil
	}
	return &iam.ListPoliciesOutput{Policies: []iamtypes.Policy{{PolicyName: aws.String("bound"), Arn: aws.String("arn:policy/bound")}}}, nil
}

func (fakeIAM) ListOpenIDConnectProviders(context.Context, *iam.ListOpenIDConnectProvidersInput, ...func(*iam.Options)) (*iam.ListOpenIDConnectProvidersOutput, error) {
	return &iam.ListOpenIDConnectProvidersOutput{OpenIDConnectProviderList: []iamtypes.OpenIDConnectProviderListEntry{
		{Arn: aws.String("arn:oidc-provider/tokens.example.com")},
	}}, nil
}

func (fakeIAM) ListAttachedRolePolicies(_ context.Context, input *iam.ListAttachedRolePoliciesInput, _ ...func(*iam.Options)) (*iam.ListAttachedRolePoliciesOutput, error) {
	if *input.RoleName != "web" {
		return nil, &iamtypes.NoSuchEntityException{}
	}
	if input.Marker == nil {
		return &iam.ListAttachedRolePoliciesOutput{AttachedPolicies: []iamtypes.AttachedPolicy{{PolicyArn: aws.String("arn:policy/mail")}}, IsTruncated: true, Marker: aws.String("2")}, nil
	}
	return &iam.ListAttachedRolePoliciesOutput{AttachedPolicies: []iamtypes.AttachedPolicy{{PolicyArn: aws.String("arn:policy/queue")}}}, nil
}

func TestWhatIsFoundOfRoles(t *testing.T) {
	find(t, &Account{iam: fakeIAM{}}, map[string]search{
		"a role, by its name":           {"aws:iam/role:Role", `{"name": "web"}`, sameID("web")},
		"no role of another name":       {"aws:iam/role:Role", `{"name": "old"}`, nil},
		"a policy, by role and name":    {"aws:iam/rolePolicy:RolePolicy", `{"role": "web", "name": "pull"}`, sameID("web:pull")},
		"no policy of another name":     {"aws:iam/rolePolicy:RolePolicy", `{"role": "web", "name": "push"}`, nil},
		"no policy of a role that went": {"aws:iam/rolePolicy:RolePolicy", `{"role": "old", "name": "pull"}`, nil},

		"an attached policy, by role and ARN":       {"aws:iam/rolePolicyAttachment:RolePolicyAttachment", `{"role": "web", "policyArn": "arn:policy/queue"}`, sameID("web/arn:policy/queue")},
		"no policy that is not attached":            {"aws:iam/rolePolicyAttachment:RolePolicyAttachment", `{"role": "web", "policyArn": "arn:policy/admin"}`, nil},
		"a policy of the account, by its name":      {"aws:iam/policy:Policy", `{"name": "bound"}`, sameID("arn:policy/bound")},
		"no policy of the account, of another name": {"aws:iam/policy:Policy", `{"name": "old"}`, nil},
		"an identity provider, by its issuer":       {"aws:iam/openIdConnectProvider:OpenIdConnectProvider", `{"url": "https://tokens.example.com"}`, sameID("arn:oidc-provider/tokens.example.com")},
		"no identity provider of another issuer":    {"aws:iam/openIdConnectProvider:OpenIdConnectProvider", `{"url": "https://example.com"}`, nil},
		"nothing attached to no role":               {"aws:iam/rolePolicyAttachment:RolePolicyAttachment", `{"role": "old", "policyArn": "arn:policy/queue"}`, nil},
	})
}

// A fakeScaling scales the service web/web, by the policies "cpu" and "requests".
type fakeScaling struct{}

func (fakeScaling) DescribeScalableTargets(_ context.Context, input *applicationautoscaling.DescribeScalableTargetsInput, _ ...func(*applicationautoscaling.Options)) (*applicationautoscaling.DescribeScalableTargetsOutput, error) {
	output := &applicationautoscaling.DescribeScalableTargetsOutput{}
	if slices.Equal(input.ResourceIds, []string{"service/web/web"}) && input.ServiceNamespace == "ecs" && input.ScalableDimension == "ecs:service:DesiredCount" {
		output.ScalableTargets = []scalingtypes.ScalableTarget{{ResourceId: &input.ResourceIds[0]}}
	}
	return output, nil
}

func (fakeScaling) DescribeScalingPolicies(context.Context, *applicationautoscaling.DescribeScalingPoliciesInput, ...func(*applicationautoscaling.Options)) (*applicationautoscaling.DescribeScalingPoliciesOutput, error) {
	return &applicationautoscaling.DescribeScalingPoliciesOutput{ScalingPolicies: []scalingtypes.ScalingPolicy{
		{PolicyName: aws.String("cpu")}, {PolicyName: aws.String("requests")},
	}}, nil
}

func TestWhatIsFoundOfAutoscaling(t *testing.T) {
	const target = `"serviceNamespace": "ecs", "resourceId": "service/web/web", "scalableDimension": "ecs:service:DesiredCount"`
	find(t, &Account{scaling: fakeScaling{}}, map[string]search{
		"a target": {"aws:appautoscaling/target:Target", `{` + target + `}`,
			[]Found{{"service/web/web", "ecs/service/web/web/ecs:service:DesiredCount"}}},
		"no target of another service": {"aws:appautoscaling/target:Target", `{"serviceNamespace": "ecs", "resourceId": "service/web/old", "scalableDimension": "ecs:service:DesiredCount"}`, nil},
		"a policy, by its name": {"aws:appautoscaling/policy:Policy", `{"name": "cpu", ` + target + `}`,
			[]Found{{"cpu", "ecs/service/web/web/ecs:service:DesiredCount/cpu"}}},
		"no policy of another name": {"aws:appautoscaling/policy:Policy", `{"name": "memory", ` + target + `}`, nil},
	})
}
