package infra

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const (
	// listenerPort is where the load balancer listens.
	listenerPort = 80

	// everyone is the internet, in IPv4.
	everyone = "0.0.0.0/0"

	// allProtocols is EC2's number for traffic of any protocol and port.
	allProtocols = "-1"
)

// securityGroups are the groups between the internet and the tasks.
type securityGroups struct {
	loadBalancer *ec2.SecurityGroup
	tasks        *ec2.SecurityGroup
}

// newSecurityGroups makes a path from the internet to the load balancer's
// listener, from there to the tasks' port, and no other.
//
// Each rule is a resource of its own: rules written into a group can't refer
// to a group that refers back, and one changed rule would replace them all.
func newSecurityGroups(ctx *pulumi.Context, name string, vpcID pulumi.StringOutput, containerPort int, parent pulumi.ResourceOption) (*securityGroups, error) {
	loadBalancer, err := newSecurityGroup(ctx, name+"-load-balancer", "Load balancer: requests from the internet", vpcID, parent)
	if err != nil {
		return nil, err
	}
	tasks, err := newSecurityGroup(ctx, name+"-tasks", "Tasks: requests from the load balancer only", vpcID, parent)
	if err != nil {
		return nil, err
	}
	err = allow(ctx, parent,
		rule{name: name + "-internet-to-load-balancer", ingressOf: loadBalancer, port: listenerPort, cidr: everyone,
			description: "HTTP from the internet"},
		rule{name: name + "-load-balancer-to-tasks", egressOf: loadBalancer, port: containerPort, peer: tasks,
			description: "Requests and health checks to the tasks"},
		rule{name: name + "-tasks-from-load-balancer", ingressOf: tasks, port: containerPort, peer: loadBalancer,
			description: "Requests and health checks from the load balancer"},
	)
	if err != nil {
		return nil, err
	}
	return &securityGroups{loadBalancer: loadBalancer, tasks: tasks}, nil
}

func newSecurityGroup(ctx *pulumi.Context, name, description string, vpcID pulumi.StringOutput, parent pulumi.ResourceOption) (*ec2.SecurityGroup, error) {
	group, err := ec2.NewSecurityGroup(ctx, name, &ec2.SecurityGroupArgs{
		VpcId:       vpcID,
		Description: pulumi.String(description),
		Tags:        pulumi.StringMap{"Name": pulumi.String(name)},
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("security group %s: %w", name, err)
	}
	return group, nil
}

// A rule lets traffic into or out of one security group.
type rule struct {
	// name is the rule's logical name.
	name string
	// ingressOf or egressOf is the group that the rule belongs to.
	ingressOf, egressOf *ec2.SecurityGroup
	// port is the TCP port; 0 stands for all ports and protocols.
	port int
	// cidr, peer or prefixListID is the other side.
	cidr         string
	peer         *ec2.SecurityGroup
	prefixListID pulumi.StringPtrInput
	// description is shown in the console.
	description string
}

// allow registers rules.
func allow(ctx *pulumi.Context, parent pulumi.ResourceOption, rules ...rule) error {
	for _, r := range rules {
		if err := r.register(ctx, parent); err != nil {
			return fmt.Errorf("security group rule %s: %w", r.name, err)
		}
	}
	return nil
}

func (r rule) register(ctx *pulumi.Context, parent pulumi.ResourceOption) error {
	protocol, port := pulumi.String("tcp"), pulumi.IntPtrInput(pulumi.Int(r.port))
	if r.port == 0 {
		protocol, port = allProtocols, nil
	}
	var cidr, peer pulumi.StringPtrInput
	if r.cidr != "" {
		cidr = pulumi.String(r.cidr)
	}
	if r.peer != nil {
		peer = r.peer.ID()
	}
	if r.ingressOf != nil {
		_, err := vpc.NewSecurityGroupIngressRule(ctx, r.name, &vpc.SecurityGroupIngressRuleArgs{
			SecurityGroupId:           r.ingressOf.ID(),
			IpProtocol:                protocol,
			FromPort:                  port,
			ToPort:                    port,
			CidrIpv4:                  cidr,
			ReferencedSecurityGroupId: peer,
			PrefixListId:              r.prefixListID,
			Description:               pulumi.String(r.description),
		}, parent)
		return err
	}
	_, err := vpc.NewSecurityGroupEgressRule(ctx, r.name, &vpc.SecurityGroupEgressRuleArgs{
		SecurityGroupId:           r.egressOf.ID(),
		IpProtocol:                protocol,
		FromPort:                  port,
		ToPort:                    port,
		CidrIpv4:                  cidr,
		ReferencedSecurityGroupId: peer,
		PrefixListId:              r.prefixListID,
		Description:               pulumi.String(r.description),
	}, parent)
	return err
}
