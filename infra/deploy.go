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

// register registers everything and returns the stack's outputs. AWS itself is
// asked if questions is nil.
func register(ctx *pulumi.Context, questions *questions) (pulumi.Map, error) {
	registered := &collection{}
	d, err := prepare(ctx, questions, registered)
	if err != nil {
		return nil, err
	}
	for _, add := range []func(*pulumi.Context) error{d.addGitHubAccess, d.addNetwork, d.addImage, d.addLoadBalancer, d.addService} {
		if err := add(ctx); err != nil {
			return nil, err
		}
	}
	if _, err := NewDeletionProtection(ctx, d.config.DeletionProtection, registered.all(), d.network.routing); err != nil {
		return nil, err
	}
	return outputs(d.network, d.image, d.loadBalancer, d.service, d.observability, d.gitHub), nil
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
	// makeProvider tells whether GitHub's identity provider is the stack's to make.
	makeProvider bool
	// boundaryARN is the permissions boundary of the roles, nil for none.
	boundaryARN pulumi.StringPtrInput

	// gitHub is nil if there is no repository.
	gitHub       *GitHubAccess
	network      *Network
	image        *Image
	loadBalancer *LoadBalancer
	service      *Service
}

// prepare checks everything that can be checked before the first resource.
func prepare(ctx *pulumi.Context, questions *questions, registered *collection) (*deployment, error) {
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
	if questions == nil {
		if questions, err = newQuestions(ctx.Context(), account); err != nil {
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
	makeProvider, err := makesGitHubProvider(ctx, questions.gitHubProvider, config, account)
	if err != nil {
		return nil, err
	}
	name := baseName(ctx.Project(), ctx.Stack())
	return &deployment{
		name: name, config: config, account: account, follow: questions.follow, zoneID: zoneID, makeProvider: makeProvider,
		observability: newObservability(ctx, name, config, account),
	}, nil
}

// addGitHubAccess adds what lets workflows deploy, and the boundary of roles.
func (d *deployment) addGitHubAccess(ctx *pulumi.Context) error {
	if d.config.PermissionsBoundaryARN != "" {
		d.boundaryARN = pulumi.String(d.config.PermissionsBoundaryARN)
	}
	if d.config.GitHubRepository == "" {
		return nil
	}
	var err error
	d.gitHub, err = NewGitHubAccess(ctx, d.name, &GitHubAccessArgs{
		Config:       d.config,
		Account:      d.account,
		ZoneID:       d.zoneID,
		MakeProvider: d.makeProvider,
	})
	if err != nil {
		return err
	}
	d.boundaryARN = d.gitHub.BoundaryARN
	return nil
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
	return d.observability.observeNetwork(d.network, d.boundaryARN)
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
		BoundaryARN:          d.boundaryARN,
		Follow:               d.follow,
	})
	if err != nil {
		return err
	}
	return d.observability.observeService(d.loadBalancer, d.service)
}
