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
	registered := &collection{}
	d, err := prepare(ctx, follow, registered)
	if err != nil {
		return nil, err
	}
	for _, add := range []func(*pulumi.Context) error{d.addNetwork, d.addImage, d.addLoadBalancer, d.addService} {
		if err := add(ctx); err != nil {
			return nil, err
		}
	}
	if _, err := NewDeletionProtection(ctx, d.config.DeletionProtection, registered.all(), d.network.routing); err != nil {
		return nil, err
	}
	return outputs(d.network, d.image, d.loadBalancer, d.service, d.observability), nil
}

// A deployment is a stack in the making. Each step takes what the ones before
// have made.
type deployment struct {
	name          string
	config        *Config
	account       *Account
	follow        FollowRollout
	observability *observability

	// zoneID is the Route 53 zone that gets records, empty for none.
	zoneID string

	network      *Network
	image        *Image
	loadBalancer *LoadBalancer
	service      *Service
}

// prepare checks everything that can be checked before the first resource.
func prepare(ctx *pulumi.Context, follow FollowRollout, registered *collection) (*deployment, error) {
	config, err := LoadConfig(ctx)
	if err != nil {
		return nil, err
	}
	for _, transformation := range []pulumi.ResourceTransformation{
		tagAll(stackTags(ctx.Project(), ctx.Stack())), registered.add,
	} {
		if err := ctx.RegisterStackTransformation(transformation); err != nil {
			return nil, err
		}
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
	return &deployment{
		name: name, config: config, account: account, follow: follow, zoneID: zoneID,
		observability: newObservability(ctx, name, config, account),
	}, nil
}

func (d *deployment) addNetwork(ctx *pulumi.Context) (err error) {
	d.network, err = NewNetwork(ctx, d.name, &NetworkArgs{
		CIDR:                  d.config.VPCCIDR,
		AvailabilityZoneCount: d.config.AvailabilityZoneCount,
		NATStrategy:           d.config.NATStrategy,
		ContainerPort:         d.config.ContainerPort,
		HTTPS:                 d.config.HTTPS(),
		Region:                d.account.Region,
		Services:              servicesBeside(d.config),
	})
	if err != nil {
		return err
	}
	return d.observability.observeNetwork(d.network)
}

func (d *deployment) addImage(ctx *pulumi.Context) (err error) {
	d.image, err = NewImage(ctx, d.name, &ImageArgs{
		Context:      d.config.AppDirectory,
		Dockerfile:   d.config.Dockerfile,
		Architecture: d.config.Architecture,
	})
	return err
}

// addLoadBalancer adds the load balancer with its certificate, and what leads
// to it and stands before it.
func (d *deployment) addLoadBalancer(ctx *pulumi.Context) error {
	certificate, err := certificateARN(ctx, d.name, d.config, d.zoneID)
	if err != nil {
		return err
	}
	accessLogBucket, err := d.observability.accessLogBucket()
	if err != nil {
		return err
	}
	d.loadBalancer, err = NewLoadBalancer(ctx, d.name, &LoadBalancerArgs{
		VPCID:                      d.network.VPCID,
		SubnetIDs:                  d.network.PublicSubnetIDs,
		SecurityGroupID:            d.network.LoadBalancerSecurityGroupID,
		TargetPort:                 d.config.ContainerPort,
		HealthCheckPath:            d.config.HealthCheckPath,
		DeregistrationDelaySeconds: d.config.ShutdownSeconds,
		AccessLogBucket:            accessLogBucket,
		DeletionProtection:         d.config.DeletionProtection,
		CertificateARN:             certificate,
		DomainName:                 d.config.DomainName,
	})
	if err != nil {
		return err
	}
	if d.zoneID != "" {
		if _, err := NewDNSRecords(ctx, d.name, &DNSRecordsArgs{DomainName: d.config.DomainName, ZoneID: d.zoneID, LoadBalancer: d.loadBalancer}); err != nil {
			return err
		}
	}
	if !d.config.Firewall {
		return nil
	}
	_, err = NewFirewall(ctx, d.name, &FirewallArgs{
		LoadBalancerARN:    d.loadBalancer.ARN,
		RequestsPerAddress: d.config.FirewallRequestsPerAddress,
	})
	return err
}

func (d *deployment) addService(ctx *pulumi.Context) error {
	deploymentAlarms, err := d.observability.observeLoadBalancer(d.loadBalancer)
	if err != nil {
		return err
	}
	d.service, err = NewService(ctx, d.name, &ServiceArgs{
		Config:               d.config,
		Account:              d.account,
		Network:              d.network,
		Image:                d.image,
		LoadBalancer:         d.loadBalancer,
		DeploymentAlarmNames: deploymentAlarms,
		Follow:               d.follow,
	})
	if err != nil {
		return err
	}
	return d.observability.observeService(d.loadBalancer, d.service)
}
