package infra

import (
	"maps"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// outputs are what a stack tells people and other programs.
func outputs(network *Network, image *Image, loadBalancer *LoadBalancer, service *Service, observability *observability, gitHub *GitHubAccess) pulumi.Map {
	all := pulumi.Map{
		"url":               loadBalancer.URL,
		"albDnsName":        loadBalancer.DNSName,
		"repositoryUrl":     image.RepositoryURL,
		"imageRef":          image.Reference,
		"clusterName":       service.ClusterName,
		"serviceName":       service.ServiceName,
		"taskDefinitionArn": service.TaskDefinitionARN,
		"logGroupName":      service.LogGroupName,
		"vpcId":             network.VPCID,
	}
	maps.Copy(all, observability.outputs)
	if gitHub != nil {
		maps.Copy(all, gitHub.outputs())
	}
	return all
}
