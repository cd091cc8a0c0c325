package infra

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// flowLogSeconds is the time that one record of a flow log covers. EC2 has 600
// and 60, which takes up to ten times the records, each charged by CloudWatch.
// https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
const flowLogSeconds = 600

// FlowLogs are records of who talked to whom in a VPC, in CloudWatch.
type FlowLogs struct {
	pulumi.ResourceState

	// LogGroupName is the log group of the records.
	LogGroupName pulumi.StringOutput
}

// FlowLogsArgs says what [FlowLogs] are made of.
type FlowLogsArgs struct {
	// VPCID is the VPC that is watched.
	VPCID pulumi.StringInput
	// RetentionDays is how long records are kept, a period of CloudWatch's.
	RetentionDays int
	// Account is where the VPC is.
	Account *Account
	// BoundaryARN is the permissions boundary of the role, nil for none.
	BoundaryARN pulumi.StringPtrInput
}

// NewFlowLogs makes [FlowLogs].
func NewFlowLogs(ctx *pulumi.Context, name string, args *FlowLogsArgs, opts ...pulumi.ResourceOption) (*FlowLogs, error) {
	f := &FlowLogs{}
	if err := ctx.RegisterComponentResource("fargate-stack:infra:FlowLogs", name, f, opts...); err != nil {
		return nil, err
	}
	parent := pulumi.Parent(f)
	group, err := cloudwatch.NewLogGroup(ctx, name+"-flow-logs", &cloudwatch.LogGroupArgs{
		Name:            pulumi.String("/vpc/" + name),
		RetentionInDays: pulumi.Int(args.RetentionDays),
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("log group of the flow logs: %w", err)
	}
	role, policy, err := newFlowLogRole(ctx, name+"-flow-logs", args, group.Arn, parent)
	if err != nil {
		return nil, err
	}
	if _, err := ec2.NewFlowLog(ctx, name, &ec2.FlowLogArgs{
		VpcId:                  args.VPCID,
		TrafficType:            pulumi.String("ALL"),
		LogDestination:         group.Arn,
		IamRoleArn:             role.Arn,
		MaxAggregationInterval: pulumi.Int(flowLogSeconds),
		Tags:                   pulumi.StringMap{"Name": pulumi.String(name)},
	}, parent, pulumi.DependsOn([]pulumi.Resource{policy})); err != nil {
		return nil, fmt.Errorf("flow log: %w", err)
	}

	f.LogGroupName = group.Name
	return f, ctx.RegisterResourceOutputs(f, pulumi.Map{"logGroupName": f.LogGroupName})
}

// newFlowLogRole makes the role that EC2 writes the records as.
func newFlowLogRole(ctx *pulumi.Context, name string, args *FlowLogsArgs, logGroupARN pulumi.StringOutput, parent pulumi.ResourceOption) (*iam.Role, *iam.RolePolicy, error) {
	role, err := iam.NewRole(ctx, name, &iam.RoleArgs{
		Description:         pulumi.String("VPC: writes the flow logs of " + name),
		AssumeRolePolicy:    pulumi.JSONMarshal(flowLogTrust(args.Account)),
		PermissionsBoundary: args.BoundaryARN,
	}, parent)
	if err != nil {
		return nil, nil, fmt.Errorf("role of the flow logs: %w", err)
	}
	policy, err := iam.NewRolePolicy(ctx, name, &iam.RolePolicyArgs{
		Role:   role.Name,
		Policy: pulumi.JSONMarshal(logGroupARN.ApplyT(flowLogPolicy)),
	}, parent)
	if err != nil {
		return nil, nil, fmt.Errorf("policy of the role of the flow logs: %w", err)
	}
	return role, policy, nil
}

// flowLogTrust lets flow logs of this account and region take the role.
// https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
func flowLogTrust(account *Account) policyDocument {
	return policyDocument{policyVersion, []statement{{
		Effect:    "Allow",
		Principal: map[string]string{"Service": "vpc-flow-logs.amazonaws.com"},
		Action:    []string{"sts:AssumeRole"},
		Condition: conditions{
			"StringEquals": {"aws:SourceAccount": account.ID},
			"ArnLike":      {"aws:SourceArn": account.arn("ec2", "vpc-flow-log/*")},
		},
	}}}
}

// flowLogPolicy lets flow logs write to one log group. They may not create it:
// records that come late would bring it back after it was destroyed.
func flowLogPolicy(logGroupARN string) policyDocument {
	return policyDocument{policyVersion, []statement{{
		Sid:      "WriteFlowLogs",
		Effect:   "Allow",
		Action:   []string{"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"},
		Resource: []string{logGroupARN + ":*"},
	}}}
}
