package infra

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	ec2x "github.com/pulumi/pulumi-awsx/sdk/v2/go/awsx/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// interfaceEndpoints are the services that ECS needs to start any task: the
// registry's API, the registry itself, and the place that logs go to.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
var interfaceEndpoints = []string{"ecr.api", "ecr.dkr", "logs"}

// newWayOut makes what the tasks reach the outside through, and returns the
// rules that let them.
func newWayOut(ctx *pulumi.Context, name string, args *NetworkArgs, vpc *ec2x.Vpc, parent pulumi.ResourceOption) (ec2.SecurityGroupEgressArray, error) {
	if args.NATStrategy == NATNone {
		return newEndpoints(ctx, name, args, vpc, parent)
	}
	// Tasks go wherever the NAT gateway leads: what an app talks to is its own
	// matter, and nothing can come back in uncalled.
	return ec2.SecurityGroupEgressArray{&ec2.SecurityGroupEgressArgs{
		Protocol: pulumi.String(allProtocols), FromPort: pulumi.Int(0), ToPort: pulumi.Int(0),
		CidrBlocks:  pulumi.StringArray{pulumi.String(everyone)},
		Description: pulumi.String("Anything outside, through the NAT gateway"),
	}}, nil
}

// newEndpoints makes the VPC endpoints that stand in for a NAT gateway: tasks
// reach them and nothing else.
func newEndpoints(ctx *pulumi.Context, name string, args *NetworkArgs, vpc *ec2x.Vpc, parent pulumi.ResourceOption) (ec2.SecurityGroupEgressArray, error) {
	group, err := newSecurityGroup(ctx, name+"-endpoints", "VPC endpoints: calls from the tasks", vpc.VpcId, rules{
		ingress: ec2.SecurityGroupIngressArray{&ec2.SecurityGroupIngressArgs{
			Protocol: pulumi.String("tcp"), FromPort: pulumi.Int(httpsPort), ToPort: pulumi.Int(httpsPort),
			CidrBlocks:  pulumi.StringArray{pulumi.String(args.CIDR)},
			Description: pulumi.String("HTTPS from within the VPC"),
		}},
		egress: ec2.SecurityGroupEgressArray{}, // endpoints only answer
	}, parent)
	if err != nil {
		return nil, err
	}
	for _, service := range slices.Concat(interfaceEndpoints, args.Services) {
		if _, err := ec2.NewVpcEndpoint(ctx, name+"-"+service, &ec2.VpcEndpointArgs{
			VpcId:             vpc.VpcId,
			ServiceName:       pulumi.String(endpointService(args.Region, service)),
			VpcEndpointType:   pulumi.String("Interface"),
			PrivateDnsEnabled: pulumi.Bool(true),
			SubnetIds:         vpc.PrivateSubnetIds,
			SecurityGroupIds:  pulumi.StringArray{group.ID()},
			Tags:              pulumi.StringMap{"Name": pulumi.String(name + "-" + service)},
		}, parent); err != nil {
			return nil, fmt.Errorf("VPC endpoint %s: %w", service, err)
		}
	}
	// ECR keeps image layers in S3.
	s3, err := ec2.NewVpcEndpoint(ctx, name+"-s3", &ec2.VpcEndpointArgs{
		VpcId:           vpc.VpcId,
		ServiceName:     pulumi.String(endpointService(args.Region, "s3")),
		VpcEndpointType: pulumi.String("Gateway"),
		RouteTableIds:   routeTableIDs(vpc),
		Tags:            pulumi.StringMap{"Name": pulumi.String(name + "-s3")},
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("VPC endpoint s3: %w", err)
	}
	return ec2.SecurityGroupEgressArray{
		&ec2.SecurityGroupEgressArgs{
			Protocol: pulumi.String("tcp"), FromPort: pulumi.Int(httpsPort), ToPort: pulumi.Int(httpsPort),
			SecurityGroups: pulumi.StringArray{group.ID()},
			Description:    pulumi.String("HTTPS to the VPC endpoints"),
		},
		&ec2.SecurityGroupEgressArgs{
			Protocol: pulumi.String("tcp"), FromPort: pulumi.Int(httpsPort), ToPort: pulumi.Int(httpsPort),
			PrefixListIds: pulumi.StringArray{s3.PrefixListId},
			Description:   pulumi.String("HTTPS to S3, where ECR keeps image layers"),
		},
	}, nil
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

// servicesBeside returns the services that ECS reaches from the tasks' subnets
// for what a configuration asks for, beside those that starting any task takes.
// KMS is not among them: what decrypts with a key asks it by itself.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html
func servicesBeside(config *Config) []string {
	var services []string
	for _, service := range []string{secretsManager, parameterStore} {
		if len(config.secretARNs(service)) > 0 {
			services = append(services, service)
		}
	}
	if config.ECSExec {
		services = append(services, "ssmmessages")
	}
	return services
}
