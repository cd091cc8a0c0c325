// Package infra is the stack: it turns a checked configuration into a
// network, an image, a load balancer and a service on AWS. Data flows one way,
// in the order of [Deploy]; each part is a component resource in a file of
// its own.
package infra

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Deploy registers the whole stack. Nothing is registered if the
// configuration can't be deployed.
func Deploy(ctx *pulumi.Context) error {
	outputs, err := register(ctx, nil)
	if err != nil {
		return err
	}
	for name, value := range outputs {
		ctx.Export(name, value)
	}
	return nil
}

// register registers everything and returns the stack's outputs. The rollout
// is followed by asking AWS if follow is nil.
func register(ctx *pulumi.Context, follow FollowRollout) (pulumi.Map, error) {
	config, err := LoadConfig(ctx)
	if err != nil {
		return nil, err
	}
	if err := ctx.RegisterStackTransformation(tagAll(stackTags(ctx.Project(), ctx.Stack()))); err != nil {
		return nil, err
	}
	registered := &collection{}
	if err := ctx.RegisterStackTransformation(registered.add); err != nil {
		return nil, err
	}
	account, err := lookupAccount(ctx)
	if err != nil {
		return nil, err
	}
	if follow == nil {
		if follow, err = newFollowRollout(ctx.Context(), account); err != nil {
			return nil, err
		}
	}
	if err := config.CheckAccount(ctx, account); err != nil {
		return nil, err
	}
	zoneID, err := lookupZone(ctx, config)
	if err != nil {
		return nil, err
	}
	name := baseName(ctx.Project(), ctx.Stack())

	certificate, err := certificateARN(ctx, name, config, zoneID)
	if err != nil {
		return nil, err
	}
	network, err := NewNetwork(ctx, name, &NetworkArgs{
		CIDR:                  config.VPCCIDR,
		AvailabilityZoneCount: config.AvailabilityZoneCount,
		NATStrategy:           config.NATStrategy,
		ContainerPort:         config.ContainerPort,
		HTTPS:                 config.HTTPS(),
		Region:                account.Region,
		Services:              servicesBeside(config),
	})
	if err != nil {
		return nil, err
	}
	observability := newObservability(ctx, name, config, account)
	if err := observability.observeNetwork(network); err != nil {
		return nil, err
	}
	image, err := NewImage(ctx, name, &ImageArgs{
		Context:      config.AppDirectory,
		Dockerfile:   config.Dockerfile,
		Architecture: config.Architecture,
	})
	if err != nil {
		return nil, err
	}
	accessLogBucket, err := observability.accessLogBucket()
	if err != nil {
		return nil, err
	}
	loadBalancer, err := NewLoadBalancer(ctx, name, &LoadBalancerArgs{
		VPCID:                      network.VPCID,
		SubnetIDs:                  network.PublicSubnetIDs,
		SecurityGroupID:            network.LoadBalancerSecurityGroupID,
		TargetPort:                 config.ContainerPort,
		HealthCheckPath:            config.HealthCheckPath,
		DeregistrationDelaySeconds: config.ShutdownSeconds,
		AccessLogBucket:            accessLogBucket,
		DeletionProtection:         config.DeletionProtection,
		CertificateARN:             certificate,
		DomainName:                 config.DomainName,
	})
	if err != nil {
		return nil, err
	}
	if zoneID != "" {
		if _, err := NewDNSRecords(ctx, name, &DNSRecordsArgs{DomainName: config.DomainName, ZoneID: zoneID, LoadBalancer: loadBalancer}); err != nil {
			return nil, err
		}
	}
	if config.Firewall {
		if _, err := NewFirewall(ctx, name, &FirewallArgs{
			LoadBalancerARN:    loadBalancer.ARN,
			RequestsPerAddress: config.FirewallRequestsPerAddress,
		}); err != nil {
			return nil, err
		}
	}
	deploymentAlarms, err := observability.observeLoadBalancer(loadBalancer)
	if err != nil {
		return nil, err
	}
	service, err := NewService(ctx, name, &ServiceArgs{
		Config:               config,
		Account:              account,
		Network:              network,
		Image:                image,
		LoadBalancer:         loadBalancer,
		DeploymentAlarmNames: deploymentAlarms,
		Follow:               follow,
	})
	if err != nil {
		return nil, err
	}
	if err := observability.observeService(loadBalancer, service); err != nil {
		return nil, err
	}
	if _, err := NewDeletionProtection(ctx, config.DeletionProtection, registered.all(), network.routing); err != nil {
		return nil, err
	}
	return outputs(network, image, loadBalancer, service, observability), nil
}
