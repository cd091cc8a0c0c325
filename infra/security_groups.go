package infra

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const (
	// everyone is the internet, in IPv4.
	everyone = "0.0.0.0/0"

	// allProtocols is EC2's number for traffic of any protocol and port.
	allProtocols = "-1"
)

// rules are all rules of a security group. They are written into the group,
// not made as resources of their own: only so does Pulumi see a rule that was
// added by hand, and take it away again. The price is that two groups cannot
// both name each other; where they would, the one that sends names the VPC's
// range instead, and the one that receives names the sender.
type rules struct {
	ingress ec2.SecurityGroupIngressArray
	egress  ec2.SecurityGroupEgressArray
}

// newLoadBalancerGroup makes the load balancer's group: it takes requests from
// the internet on the ports of its listeners, and sends them to the tasks' port
// within the VPC.
func newLoadBalancerGroup(ctx *pulumi.Context, name string, args *NetworkArgs, vpcID pulumi.StringOutput, parent pulumi.ResourceOption) (*ec2.SecurityGroup, error) {
	ingress := ec2.SecurityGroupIngressArray{fromInternet("HTTP", httpPort)}
	if args.HTTPS {
		ingress = append(ingress, fromInternet("HTTPS", httpsPort))
	}
	return newSecurityGroup(ctx, name+"-load-balancer", "Load balancer: requests from the internet", vpcID, rules{
		ingress: ingress,
		egress: ec2.SecurityGroupEgressArray{&ec2.SecurityGroupEgressArgs{
			Protocol: pulumi.String("tcp"), FromPort: pulumi.Int(args.ContainerPort), ToPort: pulumi.Int(args.ContainerPort),
			CidrBlocks:  pulumi.StringArray{pulumi.String(args.CIDR)},
			Description: pulumi.String("Requests and health checks to the tasks"),
		}},
	}, parent)
}

// fromInternet is the rule that takes requests from the internet on a port.
func fromInternet(protocol string, port int) *ec2.SecurityGroupIngressArgs {
	return &ec2.SecurityGroupIngressArgs{
		Protocol: pulumi.String("tcp"), FromPort: pulumi.Int(port), ToPort: pulumi.Int(port),
		CidrBlocks:  pulumi.StringArray{pulumi.String(everyone)},
		Description: pulumi.String(protocol + " from the internet"),
	}
}

// newTaskGroup makes the tasks' group: they take requests from the load
// balancer only, and go out as given.
func newTaskGroup(ctx *pulumi.Context, name string, args *NetworkArgs, vpcID pulumi.StringOutput, loadBalancer *ec2.SecurityGroup, wayOut ec2.SecurityGroupEgressArray, parent pulumi.ResourceOption) (*ec2.SecurityGroup, error) {
	return newSecurityGroup(ctx, name+"-tasks", "Tasks: requests from the load balancer only", vpcID, rules{
		ingress: ec2.SecurityGroupIngressArray{&ec2.SecurityGroupIngressArgs{
			Protocol: pulumi.String("tcp"), FromPort: pulumi.Int(args.ContainerPort), ToPort: pulumi.Int(args.ContainerPort),
			SecurityGroups: pulumi.StringArray{loadBalancer.ID()},
			Description:    pulumi.String("Requests and health checks from the load balancer"),
		}},
		egress: wayOut,
	}, parent)
}

func newSecurityGroup(ctx *pulumi.Context, name, description string, vpcID pulumi.StringOutput, rules rules, parent pulumi.ResourceOption) (*ec2.SecurityGroup, error) {
	group, err := ec2.NewSecurityGroup(ctx, name, &ec2.SecurityGroupArgs{
		VpcId:       vpcID,
		Description: pulumi.String(description),
		Ingress:     rules.ingress,
		Egress:      rules.egress,
		Tags:        pulumi.StringMap{"Name": pulumi.String(name)},
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("security group %s: %w", name, err)
	}
	return group, nil
}
