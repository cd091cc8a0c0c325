package diagnosis

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// registryServices are what ECS has to reach to pull an image from ECR.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
var registryServices = []string{"ecr.api", "ecr.dkr", "s3"}

// lookAtWayOut finds subnets whose tasks can't get to the services that they
// need to start, and security groups that do not let them.
func (x *examination) lookAtWayOut(context.Context) error {
	if x.network.vpc == "" {
		return nil
	}
	configuration := x.taskNetwork()
	tasks := x.network.tasks(configuration)
	for _, subnet := range configuration.Subnets {
		if _, ok := x.network.subnets[subnet]; !ok {
			continue // told before
		}
		noWay := x.network.wayToInternet(subnet, configuration.AssignPublicIp == ecstypes.AssignPublicIpEnabled)
		if noWay == "" {
			x.lookAtWayToInternet(tasks)
			continue
		}
		if missing := x.network.missingEndpoints(subnet, tasks, x.neededServices()); len(missing) > 0 {
			x.found.add(RegistryUnreachable, append([]string{"tasks run in " + noWay}, missing...)...)
		}
	}
	return nil
}

func (x *examination) lookAtWayToInternet(tasks peer) {
	// ECR's addresses are not known, so a rule for any outside address will do.
	outside := func(permission ec2types.IpPermission) bool {
		return len(permission.IpRanges) > 0 || len(permission.PrefixListIds) > 0
	}
	if !slices.ContainsFunc(covering(tasks.egress(), httpsPort), outside) {
		x.found.add(RegistryUnreachable, fmt.Sprintf("the tasks' %s let no TCP packets out to port %d", tasks, httpsPort))
	}
}

// neededServices returns the services that ECS has to reach to start a task.
func (x *examination) neededServices() []string {
	services := slices.Clone(registryServices)
	need := func(service string) {
		if !slices.Contains(services, service) {
			services = append(services, service)
		}
	}
	for _, definition := range x.definitions {
		for _, container := range definition.ContainerDefinitions {
			if _, ok := destination(container); ok {
				need("logs")
			}
			for _, secret := range secretARNs(definition, container) {
				need(secret.Service)
			}
		}
	}
	return services
}

// missingEndpoints returns a line for each service that tasks in a subnet can't
// reach through a VPC endpoint.
func (n *network) missingEndpoints(subnet string, tasks peer, services []string) []string {
	var lines []string
	for _, service := range services {
		problem := fmt.Sprintf("%s has no VPC endpoint of %s", n.vpc, service)
		for _, endpoint := range n.endpoints {
			if strings.HasSuffix(aws.ToString(endpoint.ServiceName), "."+service) {
				problem = n.endpointProblem(endpoint, subnet, tasks)
			}
			if problem == "" {
				break
			}
		}
		if problem != "" {
			lines = append(lines, problem)
		}
	}
	return lines
}

// endpointProblem says why tasks in a subnet can't use a VPC endpoint. It is
// empty if they can.
func (n *network) endpointProblem(endpoint ec2types.VpcEndpoint, subnet string, tasks peer) string {
	name := fmt.Sprintf("VPC endpoint %s (%s)", aws.ToString(endpoint.VpcEndpointId), aws.ToString(endpoint.ServiceName))
	table := aws.ToString(n.routeTable(subnet).RouteTableId)
	to := n.endpoint(endpoint)
	switch {
	// The SDK writes the state with a capital, the API without.
	case !strings.EqualFold(string(endpoint.State), string(ec2types.StateAvailable)):
		return fmt.Sprintf("%s is %s", name, endpoint.State)
	case endpoint.VpcEndpointType == ec2types.VpcEndpointTypeGateway && !slices.Contains(endpoint.RouteTableIds, table):
		return fmt.Sprintf("%s is not in route table %s", name, table)
	case endpoint.VpcEndpointType == ec2types.VpcEndpointTypeGateway && !tasks.letsOutToGateway(httpsPort):
		return fmt.Sprintf("the tasks' %s let no TCP packets out to the prefix list of %s on port %d", tasks, name, httpsPort)
	case endpoint.VpcEndpointType == ec2types.VpcEndpointTypeGateway:
		return ""
	case !aws.ToBool(endpoint.PrivateDnsEnabled):
		return name + " has private DNS turned off"
	case !permits(tasks.egress(), httpsPort, to):
		return fmt.Sprintf("the tasks' %s let no TCP packets out to %s on port %d", tasks, name, httpsPort)
	case !permits(to.ingress(), httpsPort, tasks):
		return fmt.Sprintf("the %s of %s let no TCP packets of the tasks in on port %d", to, name, httpsPort)
	default:
		return ""
	}
}
