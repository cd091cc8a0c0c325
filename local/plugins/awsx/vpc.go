package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// internet is where default routes lead.
const internet = pulumi.String("0.0.0.0/0")

// A vpc is awsx:ec2:Vpc. Its fields are the type's outputs.
type vpc struct {
	pulumi.ResourceState

	VPC                    *ec2.Vpc                       `pulumi:"vpc"`
	VPCID                  pulumi.IDOutput                `pulumi:"vpcId"`
	Subnets                ec2.SubnetArray                `pulumi:"subnets"`
	PublicSubnetIDs        pulumi.StringArray             `pulumi:"publicSubnetIds"`
	PrivateSubnetIDs       pulumi.StringArray             `pulumi:"privateSubnetIds"`
	IsolatedSubnetIDs      pulumi.StringArray             `pulumi:"isolatedSubnetIds"`
	SubnetLayout           pulumi.Array                   `pulumi:"subnetLayout"`
	InternetGateway        *ec2.InternetGateway           `pulumi:"internetGateway"`
	NATGateways            ec2.NatGatewayArray            `pulumi:"natGateways"`
	EIPs                   ec2.EipArray                   `pulumi:"eips"`
	RouteTables            ec2.RouteTableArray            `pulumi:"routeTables"`
	RouteTableAssociations ec2.RouteTableAssociationArray `pulumi:"routeTableAssociations"`
	Routes                 ec2.RouteArray                 `pulumi:"routes"`
	// VPCEndpoints is always empty: vpcEndpointSpecs is refused.
	VPCEndpoints ec2.VpcEndpointArray `pulumi:"vpcEndpoints"`
}

// newVPC makes a VPC with its subnets and their ways out. Everything that can
// be found wrong is found before the first child is registered.
func newVPC(ctx *pulumi.Context, name string, args *vpcArguments, options pulumi.ResourceOption) (*vpc, error) {
	// Lists without members are empty, not null, to programs that read them.
	v := &vpc{
		Subnets: ec2.SubnetArray{}, NATGateways: ec2.NatGatewayArray{}, EIPs: ec2.EipArray{},
		RouteTables: ec2.RouteTableArray{}, RouteTableAssociations: ec2.RouteTableAssociationArray{},
		Routes: ec2.RouteArray{}, VPCEndpoints: ec2.VpcEndpointArray{},
		PublicSubnetIDs: pulumi.StringArray{}, PrivateSubnetIDs: pulumi.StringArray{}, IsolatedSubnetIDs: pulumi.StringArray{},
	}
	if err := ctx.RegisterComponentResource(vpcType, name, v, options); err != nil {
		return nil, err
	}
	zones, err := availabilityZones(ctx, args, pulumi.Parent(v))
	if err != nil {
		return nil, err
	}
	planned, err := planSubnets(name, args.cidrBlock, zones, args.specs)
	if err != nil {
		return nil, err
	}
	if err := args.nat.check(planned); err != nil {
		return nil, err
	}
	v.SubnetLayout = subnetLayout(args.specs, planned)
	if err := v.addNetwork(ctx, name, args); err != nil {
		return nil, err
	}
	for index, zone := range zones {
		if err := v.addZone(ctx, name, args, index, inZone(planned, zone)); err != nil {
			return nil, err
		}
	}
	return v, ctx.RegisterResourceOutputs(v, v.outputs())
}

// availabilityZones returns the zones asked for, or the region's first ones.
func availabilityZones(ctx *pulumi.Context, args *vpcArguments, parent pulumi.InvokeOption) ([]string, error) {
	if args.zoneNames != nil {
		return args.zoneNames, nil
	}
	available, err := aws.GetAvailabilityZones(ctx, nil, parent)
	if err != nil {
		return nil, fmt.Errorf("availability zones: %w", err)
	}
	if len(available.Names) < args.zoneCount {
		return nil, fmt.Errorf("the provider's region has %d availability zones, fewer than the %d asked for: "+
			"name zones in availabilityZoneNames, lower numberOfAvailabilityZones, or choose another region",
			len(available.Names), args.zoneCount)
	}
	return available.Names[:args.zoneCount], nil
}

// inZone returns a zone's subnets in the order in which they are made.
func inZone(planned []plannedSubnet, zone string) []plannedSubnet {
	own := slices.DeleteFunc(slices.Clone(planned), func(p plannedSubnet) bool { return p.zone != zone })
	slices.SortStableFunc(own, func(a, b plannedSubnet) int { return a.kind.rank() - b.kind.rank() })
	return own
}

// addNetwork makes the VPC itself and its internet gateway, which awsx makes
// for isolated subnets too: it costs nothing.
func (v *vpc) addNetwork(ctx *pulumi.Context, name string, args *vpcArguments) error {
	tags := mergeTags(map[string]string{"Name": name}, args.tags, nil)
	var err error
	v.VPC, err = ec2.NewVpc(ctx, name, &ec2.VpcArgs{
		CidrBlock:          pulumi.String(args.cidrBlock),
		EnableDnsHostnames: args.enableDNSHostnames,
		EnableDnsSupport:   args.enableDNSSupport,
		Tags:               tags,
	}, pulumi.Parent(v))
	if err != nil {
		return err
	}
	v.VPCID = v.VPC.ID()
	v.InternetGateway, err = ec2.NewInternetGateway(ctx, name, &ec2.InternetGatewayArgs{
		VpcId: v.VPC.ID(),
		Tags:  tags,
	}, under(v.VPC))
	return err
}

// addZone makes the subnets of a zone, each with a route table of its own.
func (v *vpc) addZone(ctx *pulumi.Context, name string, args *vpcArguments, index int, planned []plannedSubnet) error {
	for _, p := range planned {
		subnet, table, err := v.addSubnet(ctx, name, args, p)
		if err != nil {
			return err
		}
		if p.kind == subnetPublic && args.nat.wants(index, len(v.NATGateways)) {
			if err := v.addNATGateway(ctx, fmt.Sprintf("%s-%d", name, index+1), args, subnet); err != nil {
				return err
			}
		}
		if err := v.addRoute(ctx, args, index, p, table); err != nil {
			return err
		}
	}
	return nil
}

// addSubnet makes a subnet and its route table.
func (v *vpc) addSubnet(ctx *pulumi.Context, name string, args *vpcArguments, p plannedSubnet) (*ec2.Subnet, *ec2.RouteTable, error) {
	tags := mergeTags(map[string]string{"Name": name}, args.tags,
		map[string]string{"Name": p.name, "SubnetType": string(p.kind)})
	subnet, err := ec2.NewSubnet(ctx, p.name, &ec2.SubnetArgs{
		VpcId:               v.VPC.ID(),
		AvailabilityZone:    pulumi.String(p.zone),
		MapPublicIpOnLaunch: pulumi.Bool(p.kind == subnetPublic),
		CidrBlock:           pulumi.String(p.cidr.String()),
		Tags:                tags,
	}, under(v.VPC))
	if err != nil {
		return nil, nil, err
	}
	table, err := ec2.NewRouteTable(ctx, p.name, &ec2.RouteTableArgs{VpcId: v.VPC.ID(), Tags: tags}, under(subnet))
	if err != nil {
		return nil, nil, err
	}
	association, err := ec2.NewRouteTableAssociation(ctx, p.name, &ec2.RouteTableAssociationArgs{
		RouteTableId: table.ID(),
		SubnetId:     subnet.ID(),
	}, under(table))
	if err != nil {
		return nil, nil, err
	}
	v.Subnets = append(v.Subnets, subnet)
	v.RouteTables = append(v.RouteTables, table)
	v.RouteTableAssociations = append(v.RouteTableAssociations, association)
	ids := map[subnetType]*pulumi.StringArray{
		subnetPublic: &v.PublicSubnetIDs, subnetPrivate: &v.PrivateSubnetIDs, subnetIsolated: &v.IsolatedSubnetIDs,
	}[p.kind]
	*ids = append(*ids, subnet.ID())
	return subnet, table, nil
}

// addNATGateway makes a NAT gateway with its address in a public subnet.
func (v *vpc) addNATGateway(ctx *pulumi.Context, name string, args *vpcArguments, subnet *ec2.Subnet) error {
	tags := mergeTags(nil, args.tags, map[string]string{"Name": name})
	eip, err := ec2.NewEip(ctx, name, &ec2.EipArgs{Tags: tags}, under(subnet))
	if err != nil {
		return err
	}
	gateway, err := ec2.NewNatGateway(ctx, name, &ec2.NatGatewayArgs{
		SubnetId:     subnet.ID(),
		AllocationId: eip.AllocationId,
		Tags:         tags,
	}, under(subnet))
	if err != nil {
		return err
	}
	v.EIPs = append(v.EIPs, eip)
	v.NATGateways = append(v.NATGateways, gateway)
	return nil
}

// addRoute makes the default route of a subnet, if it has one: to the
// internet gateway, or to the NAT gateway of its zone or of the whole VPC.
func (v *vpc) addRoute(ctx *pulumi.Context, args *vpcArguments, zone int, p plannedSubnet, table *ec2.RouteTable) error {
	route := &ec2.RouteArgs{RouteTableId: table.ID(), DestinationCidrBlock: internet}
	switch {
	case p.kind == subnetPublic:
		route.GatewayId = v.InternetGateway.ID()
	case p.kind == subnetPrivate && args.nat == natSingle:
		route.NatGatewayId = v.NATGateways[0].(*ec2.NatGateway).ID()
	case p.kind == subnetPrivate && args.nat == natOnePerZone:
		route.NatGatewayId = v.NATGateways[zone].(*ec2.NatGateway).ID()
	default:
		return nil
	}
	made, err := ec2.NewRoute(ctx, p.name, route, under(table))
	if err != nil {
		return err
	}
	v.Routes = append(v.Routes, made)
	return nil
}

// outputs returns what the state keeps of the component.
func (v *vpc) outputs() pulumi.Map {
	return pulumi.Map{
		"vpc":                    v.VPC,
		"vpcId":                  v.VPCID,
		"subnets":                v.Subnets,
		"publicSubnetIds":        v.PublicSubnetIDs,
		"privateSubnetIds":       v.PrivateSubnetIDs,
		"isolatedSubnetIds":      v.IsolatedSubnetIDs,
		"subnetLayout":           v.SubnetLayout,
		"internetGateway":        v.InternetGateway,
		"natGateways":            v.NATGateways,
		"eips":                   v.EIPs,
		"routeTables":            v.RouteTables,
		"routeTableAssociations": v.RouteTableAssociations,
		"routes":                 v.Routes,
		"vpcEndpoints":           v.VPCEndpoints,
	}
}

// under makes a resource the child of another one, and depend on it.
func under(parent pulumi.Resource) pulumi.ResourceOption {
	return pulumi.Composite(pulumi.Parent(parent), pulumi.DependsOn([]pulumi.Resource{parent}))
}

// subnetLayout returns the specs as awsx reports them: those asked for with
// their size in addresses, or those of the first zone if none were.
func subnetLayout(specs []subnetSpec, planned []plannedSubnet) pulumi.Array {
	layout := pulumi.Array{}
	for _, spec := range specs {
		entry := pulumi.Map{"type": pulumi.String(spec.kind)}
		if spec.name != "" {
			entry["name"] = pulumi.String(spec.name)
		}
		if spec.cidrMask != 0 {
			entry["cidrMask"] = pulumi.Int(spec.cidrMask)
			entry["size"] = pulumi.Int(int(block{length: spec.cidrMask}.size()))
		}
		layout = append(layout, entry)
	}
	if specs != nil {
		return layout
	}
	for _, p := range planned {
		if p.zone == planned[0].zone {
			layout = append(layout, pulumi.Map{"type": pulumi.String(p.kind), "cidrMask": pulumi.Int(p.cidr.Bits())})
		}
	}
	return layout
}

// mergeTags returns the user's tags with those of awsx under and over them.
func mergeTags(under map[string]string, given pulumi.StringMapInput, over map[string]string) pulumi.StringMapInput {
	known, isMap := given.(pulumi.StringMap)
	if given != nil && !isMap {
		return given.ToStringMapOutput().ApplyT(func(given map[string]string) map[string]string {
			merged := maps.Clone(given)
			if merged == nil {
				merged = map[string]string{}
			}
			for key, value := range under {
				if _, ok := merged[key]; !ok {
					merged[key] = value
				}
			}
			maps.Copy(merged, over)
			return merged
		}).(pulumi.StringMapOutput)
	}
	// A map with unknown values keeps those that are known in a preview.
	merged := pulumi.ToStringMap(under)
	maps.Copy(merged, known)
	maps.Copy(merged, pulumi.ToStringMap(over))
	return merged
}
