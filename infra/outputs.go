package infra

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// export gives the stack its outputs, for people and for other programs.
func export(ctx *pulumi.Context, network *Network, image *Image, loadBalancer *LoadBalancer, service *Service) {
	ctx.Export("url", loadBalancer.URL)
	ctx.Export("albDnsName", loadBalancer.DNSName)
	ctx.Export("repositoryUrl", image.RepositoryURL)
	ctx.Export("imageRef", image.Reference)
	ctx.Export("clusterName", service.ClusterName)
	ctx.Export("serviceName", service.ServiceName)
	ctx.Export("taskDefinitionArn", service.TaskDefinitionARN)
	ctx.Export("logGroupName", service.LogGroupName)
	ctx.Export("vpcId", network.VPCID)
}
