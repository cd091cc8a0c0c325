package infra

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	ec2x "github.com/pulumi/pulumi-awsx/sdk/v2/go/awsx/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const httpsPort = 443

// interfaceEndpoints are the services that ECS needs to start a task: the
// registry's API, the registry itself, and the place that logs go to.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
var interfaceEndpoints = []string{"ecr.api", "ecr.dkr", "logs"}

// allowOutbound lets tasks go wherever the NAT gateway leads: what an app
// talks to is its own matter, and nothing can come back in uncalled.
func allowOutbound(ctx *pulumi.Context, name string, tasks *ec2.SecurityGroup, parent pulumi.ResourceOption) error {
	return allow(ctx, parent, rule{name: name + "-tasks-to-internet", egressOf: tasks, cidr: everyone,
		description: "Anything outside, through the NAT gateway"})
}

// newEndpoints makes the VPC endpoints that stand in for a NAT gateway, and
// lets tasks reach them and nothing else.
func newEndpoints(ctx *pulumi.Context, name, region string, vpc *ec2x.Vpc, tasks *ec2.SecurityGroup, parent pulumi.ResourceOption) error {
	group, err := newSecurityGroup(ctx, name+"-endpoints", "VPC endpoints: calls from the tasks", vpc.VpcId, parent)
	if err != nil {
		return err
	}
	for _, service := range interfaceEndpoints {
		if _, err := ec2.NewVpcEndpoint(ctx, name+"-"+service, &ec2.VpcEndpointArgs{
			VpcId:             vpc.VpcId,
			ServiceName:       pulumi.String(endpointService(region, service)),
			VpcEndpointType:   pulumi.String("Interface"),
			PrivateDnsEnabled: pulumi.Bool(true),
			SubnetIds:         vpc.PrivateSubnetIds,
			SecurityGroupIds:  pulumi.StringArray{group.ID()},
			Tags:              pulumi.StringMap{"Name": pulumi.String(name + "-" + service)},
		}, parent); err != nil {
			return fmt.Errorf("VPC endpoint %s: %w", service, err)
		}
	}
	// ECR keeps image layers in S3.
	s3, err := ec2.NewVpcEndpoint(ctx, name+"-s3", &ec2.VpcEndpointArgs{
		VpcId:           vpc.VpcId,
		ServiceName:     pulumi.String(endpointService(region, "s3")),
		VpcEndpointType: pulumi.String("Gateway"),
		RouteTableIds:   routeTableIDs(vpc),
		Tags:            pulumi.StringMap{"Name": pulumi.String(name + "-s3")},
	}, parent)
	if err != nil {
		return fmt.Errorf("VPC endpoint s3: %w", err)
	}
	return allow(ctx, parent,
		rule{name: name + "-tasks-to-endpoints", egressOf: tasks, port: httpsPort, peer: group,
			description: "HTTPS to the VPC endpoints"},
		rule{name: name + "-endpoints-from-tasks", ingressOf: group, port: httpsPort, peer: tasks,
			description: "HTTPS from the tasks"},
		rule{name: name + "-tasks-to-s3", egressOf: tasks, port: httpsPort, prefixListID: s3.PrefixListId.ToStringPtrOutput(),
			description: "HTTPS to S3, where ECR keeps image layers"},
	)
}

func endpointService(region, service string) string {
	return "com.amazonaws." + region + "." + service
}

// routeTableIDs returns the route tables of all subnets. The endpoint is of
// use to the private ones, and does no harm in the others.
func routeTableIDs(vpc *ec2x.Vpc) pulumi.StringArrayOutput {
	return vpc.RouteTables.ApplyT(func(tables []*ec2.RouteTable) pulumi.StringArrayOutput {
		ids := make(pulumi.StringArray, len(tables))
		for i, table := range tables {
			ids[i] = table.ID()
		}
		return ids.ToStringArrayOutput()
	}).(pulumi.StringArrayOutput)
}
