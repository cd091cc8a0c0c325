package diagnosis

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	loadbalancing "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	loadbalancingtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// What an account answers to each operation.

func (a *account) DescribeCertificate(_ context.Context, input *acm.DescribeCertificateInput, _ ...func(*acm.Options)) (*acm.DescribeCertificateOutput, error) {
	if err := a.failures["DescribeCertificate"]; err != nil {
		return nil, err
	}
	if a.certificate == nil || *input.CertificateArn != certificateARN {
		return nil, &acmtypes.ResourceNotFoundException{Message: aws.String("Could not find certificate")}
	}
	return &acm.DescribeCertificateOutput{Certificate: a.certificate}, nil
}

func (a *account) DescribeServices(context.Context, *ecs.DescribeServicesInput, ...func(*ecs.Options)) (*ecs.DescribeServicesOutput, error) {
	if err := a.failures["DescribeServices"]; err != nil {
		return nil, err
	}
	return &ecs.DescribeServicesOutput{Services: a.services}, nil
}

func (a *account) DescribeTaskDefinition(_ context.Context, input *ecs.DescribeTaskDefinitionInput, _ ...func(*ecs.Options)) (*ecs.DescribeTaskDefinitionOutput, error) {
	if err := a.failures["DescribeTaskDefinition"]; err != nil {
		return nil, err
	}
	for _, definition := range a.definitions {
		if *definition.TaskDefinitionArn == *input.TaskDefinition {
			return &ecs.DescribeTaskDefinitionOutput{TaskDefinition: &definition}, nil
		}
	}
	return nil, &ecstypes.ClientException{Message: aws.String("Unable to describe task definition.")}
}

func (a *account) ListTasks(_ context.Context, input *ecs.ListTasksInput, _ ...func(*ecs.Options)) (*ecs.ListTasksOutput, error) {
	if err := a.failures["ListTasks"]; err != nil {
		return nil, err
	}
	output := &ecs.ListTasksOutput{}
	for _, task := range a.tasks {
		if *task.DesiredStatus == string(input.DesiredStatus) {
			output.TaskArns = append(output.TaskArns, *task.TaskArn)
		}
	}
	return output, nil
}

func (a *account) DescribeTasks(_ context.Context, input *ecs.DescribeTasksInput, _ ...func(*ecs.Options)) (*ecs.DescribeTasksOutput, error) {
	if err := a.failures["DescribeTasks"]; err != nil {
		return nil, err
	}
	output := &ecs.DescribeTasksOutput{}
	for _, task := range a.tasks {
		if slices.Contains(input.Tasks, *task.TaskArn) {
			output.Tasks = append(output.Tasks, task)
		}
	}
	return output, nil
}

func (a *account) GetAuthorizationToken(context.Context, *ecr.GetAuthorizationTokenInput, ...func(*ecr.Options)) (*ecr.GetAuthorizationTokenOutput, error) {
	if err := a.failures["GetAuthorizationToken"]; err != nil {
		return nil, err
	}
	return &ecr.GetAuthorizationTokenOutput{AuthorizationData: []ecrtypes.AuthorizationData{{ProxyEndpoint: aws.String("https://" + a.registry)}}}, nil
}

func (a *account) BatchGetImage(_ context.Context, input *ecr.BatchGetImageInput, _ ...func(*ecr.Options)) (*ecr.BatchGetImageOutput, error) {
	if err := a.failures["BatchGetImage"]; err != nil {
		return nil, err
	}
	if a.images == nil || *input.RepositoryName != repositoryName {
		return nil, &ecrtypes.RepositoryNotFoundException{Message: aws.String("The repository with name 'app' does not exist")}
	}
	output := &ecr.BatchGetImageOutput{}
	for _, id := range input.ImageIds {
		if !a.images[aws.ToString(id.ImageDigest)] && !a.images[aws.ToString(id.ImageTag)] {
			output.Failures = append(output.Failures, ecrtypes.ImageFailure{
				FailureCode: ecrtypes.ImageFailureCodeImageNotFound, FailureReason: aws.String("Requested image not found"),
			})
		}
	}
	return output, nil
}

func (a *account) DescribeRepositories(_ context.Context, input *ecr.DescribeRepositoriesInput, _ ...func(*ecr.Options)) (*ecr.DescribeRepositoriesOutput, error) {
	if err := a.failures["DescribeRepositories"]; err != nil {
		return nil, err
	}
	if a.images == nil || input.RepositoryNames[0] != repositoryName {
		return nil, &ecrtypes.RepositoryNotFoundException{Message: aws.String("The repository with name 'app' does not exist")}
	}
	return &ecr.DescribeRepositoriesOutput{Repositories: []ecrtypes.Repository{{
		RepositoryArn: aws.String(repositoryARN), RepositoryUri: aws.String(a.registry + "/" + repositoryName),
	}}}, nil
}

func (a *account) DescribeLogGroups(_ context.Context, input *cloudwatchlogs.DescribeLogGroupsInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DescribeLogGroupsOutput, error) {
	if err := a.failures["DescribeLogGroups"]; err != nil {
		return nil, err
	}
	// One with a longer name is always there, as the prefix matches it too.
	output := &cloudwatchlogs.DescribeLogGroupsOutput{LogGroups: []logstypes.LogGroup{{LogGroupName: aws.String(*input.LogGroupNamePrefix + "-other")}}}
	if _, ok := a.logs[*input.LogGroupNamePrefix]; ok {
		output.LogGroups = append(output.LogGroups, logstypes.LogGroup{LogGroupName: input.LogGroupNamePrefix, Arn: aws.String(logGroupARN + ":*")})
	}
	return output, nil
}

func (a *account) GetLogEvents(_ context.Context, input *cloudwatchlogs.GetLogEventsInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.GetLogEventsOutput, error) {
	if err := a.failures["GetLogEvents"]; err != nil {
		return nil, err
	}
	lines, ok := a.logs[*input.LogGroupName+" "+*input.LogStreamName]
	if !ok {
		return nil, &logstypes.ResourceNotFoundException{Message: aws.String("The specified log stream does not exist.")}
	}
	output := &cloudwatchlogs.GetLogEventsOutput{}
	for _, line := range lines {
		output.Events = append(output.Events, logstypes.OutputLogEvent{Message: aws.String(line + "\n")})
	}
	return output, nil
}

func (a *account) GetRole(_ context.Context, input *iam.GetRoleInput, _ ...func(*iam.Options)) (*iam.GetRoleOutput, error) {
	if err := a.failures["GetRole"]; err != nil {
		return nil, err
	}
	if a.trust == "" {
		return nil, noSuchRole(*input.RoleName)
	}
	return &iam.GetRoleOutput{Role: &iamtypes.Role{AssumeRolePolicyDocument: aws.String(url.QueryEscape(a.trust))}}, nil
}

func noSuchRole(name string) error {
	return &iamtypes.NoSuchEntityException{Message: aws.String("The role with name " + name + " cannot be found.")}
}

func (a *account) SimulatePrincipalPolicy(_ context.Context, input *iam.SimulatePrincipalPolicyInput, _ ...func(*iam.Options)) (*iam.SimulatePrincipalPolicyOutput, error) {
	if err := a.failures["SimulatePrincipalPolicy"]; err != nil {
		return nil, err
	}
	if a.trust == "" {
		return nil, noSuchRole(lastPart(*input.PolicySourceArn))
	}
	output := &iam.SimulatePrincipalPolicyOutput{}
	for _, action := range input.ActionNames {
		decision := iamtypes.PolicyEvaluationDecisionTypeAllowed
		// The policy is for this stack's repository, secrets and log group alone.
		resource := input.ResourceArns[0]
		own := slices.Contains([]string{"*", repositoryARN, secretARN, parameterARN}, resource) || strings.HasPrefix(resource, logGroupARN+":log-stream:app/app/")
		if a.denied[action] || !own {
			decision = iamtypes.PolicyEvaluationDecisionTypeImplicitDeny
		}
		output.EvaluationResults = append(output.EvaluationResults, iamtypes.EvaluationResult{EvalActionName: &action, EvalDecision: decision})
	}
	return output, nil
}

func (a *account) DescribeLoadBalancers(_ context.Context, input *loadbalancing.DescribeLoadBalancersInput, _ ...func(*loadbalancing.Options)) (*loadbalancing.DescribeLoadBalancersOutput, error) {
	if err := a.failures["DescribeLoadBalancers"]; err != nil {
		return nil, err
	}
	output := &loadbalancing.DescribeLoadBalancersOutput{}
	for _, balancer := range a.balancers {
		if slices.Contains(input.LoadBalancerArns, *balancer.LoadBalancerArn) {
			output.LoadBalancers = append(output.LoadBalancers, balancer)
		}
	}
	if len(output.LoadBalancers) < len(input.LoadBalancerArns) {
		return nil, &loadbalancingtypes.LoadBalancerNotFoundException{Message: aws.String("One or more load balancers not found")}
	}
	return output, nil
}

func (a *account) DescribeListeners(context.Context, *loadbalancing.DescribeListenersInput, ...func(*loadbalancing.Options)) (*loadbalancing.DescribeListenersOutput, error) {
	if err := a.failures["DescribeListeners"]; err != nil {
		return nil, err
	}
	return &loadbalancing.DescribeListenersOutput{Listeners: a.listeners}, nil
}

func (a *account) DescribeRules(_ context.Context, input *loadbalancing.DescribeRulesInput, _ ...func(*loadbalancing.Options)) (*loadbalancing.DescribeRulesOutput, error) {
	if err := a.failures["DescribeRules"]; err != nil {
		return nil, err
	}
	output := &loadbalancing.DescribeRulesOutput{}
	for _, listener := range a.listeners {
		if *listener.ListenerArn == *input.ListenerArn {
			output.Rules = append(output.Rules, loadbalancingtypes.Rule{IsDefault: aws.Bool(true), Actions: listener.DefaultActions})
		}
	}
	return output, nil
}

func (a *account) DescribeTargetGroups(_ context.Context, input *loadbalancing.DescribeTargetGroupsInput, _ ...func(*loadbalancing.Options)) (*loadbalancing.DescribeTargetGroupsOutput, error) {
	if err := a.failures["DescribeTargetGroups"]; err != nil {
		return nil, err
	}
	output := &loadbalancing.DescribeTargetGroupsOutput{}
	for _, group := range a.targetGroups {
		if slices.Contains(input.TargetGroupArns, *group.TargetGroupArn) {
			output.TargetGroups = append(output.TargetGroups, group)
		}
	}
	if len(output.TargetGroups) == 0 {
		return nil, &loadbalancingtypes.TargetGroupNotFoundException{Message: aws.String("One or more target groups not found")}
	}
	return output, nil
}

func (a *account) DescribeTargetHealth(context.Context, *loadbalancing.DescribeTargetHealthInput, ...func(*loadbalancing.Options)) (*loadbalancing.DescribeTargetHealthOutput, error) {
	if err := a.failures["DescribeTargetHealth"]; err != nil {
		return nil, err
	}
	return &loadbalancing.DescribeTargetHealthOutput{TargetHealthDescriptions: a.targets}, nil
}

func (a *account) DescribeSubnets(_ context.Context, input *ec2.DescribeSubnetsInput, _ ...func(*ec2.Options)) (*ec2.DescribeSubnetsOutput, error) {
	if err := a.failures["DescribeSubnets"]; err != nil {
		return nil, err
	}
	output := &ec2.DescribeSubnetsOutput{}
	for _, subnet := range a.subnets {
		property := map[string]*string{"subnet-id": subnet.SubnetId, "vpc-id": subnet.VpcId}[*input.Filters[0].Name]
		if slices.Contains(input.Filters[0].Values, aws.ToString(property)) {
			output.Subnets = append(output.Subnets, subnet)
		}
	}
	return output, nil
}

func (a *account) DescribeSecurityGroups(context.Context, *ec2.DescribeSecurityGroupsInput, ...func(*ec2.Options)) (*ec2.DescribeSecurityGroupsOutput, error) {
	if err := a.failures["DescribeSecurityGroups"]; err != nil {
		return nil, err
	}
	output := &ec2.DescribeSecurityGroupsOutput{}
	for _, group := range a.groups {
		output.SecurityGroups = append(output.SecurityGroups, *group)
	}
	return output, nil
}

func (a *account) DescribeRouteTables(context.Context, *ec2.DescribeRouteTablesInput, ...func(*ec2.Options)) (*ec2.DescribeRouteTablesOutput, error) {
	if err := a.failures["DescribeRouteTables"]; err != nil {
		return nil, err
	}
	output := &ec2.DescribeRouteTablesOutput{RouteTables: []ec2types.RouteTable{{
		RouteTableId: aws.String("rtb-main"), Associations: []ec2types.RouteTableAssociation{{Main: aws.Bool(true)}},
	}}}
	for subnet, routes := range a.routes {
		output.RouteTables = append(output.RouteTables, ec2types.RouteTable{
			RouteTableId: aws.String("rtb-" + subnet), Routes: routes,
			Associations: []ec2types.RouteTableAssociation{{SubnetId: aws.String(subnet), Main: aws.Bool(false)}},
		})
	}
	return output, nil
}

func (a *account) DescribeVpcEndpoints(context.Context, *ec2.DescribeVpcEndpointsInput, ...func(*ec2.Options)) (*ec2.DescribeVpcEndpointsOutput, error) {
	if err := a.failures["DescribeVpcEndpoints"]; err != nil {
		return nil, err
	}
	return &ec2.DescribeVpcEndpointsOutput{VpcEndpoints: a.endpoints}, nil
}

func (a *account) DescribeNatGateways(context.Context, *ec2.DescribeNatGatewaysInput, ...func(*ec2.Options)) (*ec2.DescribeNatGatewaysOutput, error) {
	if err := a.failures["DescribeNatGateways"]; err != nil {
		return nil, err
	}
	return &ec2.DescribeNatGatewaysOutput{NatGateways: a.natGateways}, nil
}
