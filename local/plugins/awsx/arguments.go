package main

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
)

// vpcArguments are the arguments of a VPC, read and checked.
type vpcArguments struct {
	// cidrBlock is the VPC's IPv4 range.
	cidrBlock string
	// zoneNames are the zones to use. If there are none, the first zoneCount
	// ones of the region are.
	zoneNames []string
	zoneCount int
	nat       natStrategy
	// specs are the subnets of each zone, nil for awsx's default ones.
	specs              []subnetSpec
	enableDNSHostnames pulumi.BoolPtrInput
	enableDNSSupport   pulumi.BoolPtrInput
	tags               pulumi.StringMapInput
}

// wireArguments are the arguments as they arrive. Nested ones are kept
// untyped, because copying into a struct would drop what the struct lacks.
type wireArguments struct {
	AvailabilityZoneNames     []string              `pulumi:"availabilityZoneNames"`
	CIDRBlock                 *string               `pulumi:"cidrBlock"`
	EnableDNSHostnames        pulumi.BoolPtrInput   `pulumi:"enableDnsHostnames"`
	EnableDNSSupport          pulumi.BoolPtrInput   `pulumi:"enableDnsSupport"`
	NATGateways               map[string]any        `pulumi:"natGateways"`
	NumberOfAvailabilityZones *int                  `pulumi:"numberOfAvailabilityZones"`
	SubnetSpecs               []map[string]any      `pulumi:"subnetSpecs"`
	SubnetStrategy            *string               `pulumi:"subnetStrategy"`
	Tags                      pulumi.StringMapInput `pulumi:"tags"`
}

// knownArguments are the names in [wireArguments].
var knownArguments = []string{
	"availabilityZoneNames", "cidrBlock", "enableDnsHostnames", "enableDnsSupport", "natGateways",
	"numberOfAvailabilityZones", "subnetSpecs", "subnetStrategy", "tags",
}

// readArguments returns the arguments of a VPC, or everything that is wrong
// with them.
func readArguments(inputs provider.ConstructInputs) (*vpcArguments, error) {
	given, err := inputs.Map()
	if err != nil {
		return nil, err
	}
	if err := refuseUnknown("", maps.Keys(given), knownArguments); err != nil {
		return nil, err
	}
	var wire wireArguments
	if err := inputs.CopyTo(&wire); err != nil {
		return nil, err
	}
	return wire.check()
}

// check turns the arguments into what a VPC is made of.
func (w *wireArguments) check() (*vpcArguments, error) {
	args := &vpcArguments{
		cidrBlock:          "10.0.0.0/16",
		zoneNames:          w.AvailabilityZoneNames,
		zoneCount:          3,
		enableDNSHostnames: w.EnableDNSHostnames,
		enableDNSSupport:   w.EnableDNSSupport,
		tags:               w.Tags,
	}
	if w.CIDRBlock != nil {
		args.cidrBlock = *w.CIDRBlock
	}
	if w.NumberOfAvailabilityZones != nil {
		args.zoneCount = *w.NumberOfAvailabilityZones
	}
	var natErr, specErr error
	args.nat, natErr = readNATGateways(w.NATGateways)
	args.specs, specErr = readSubnetSpecs(w.SubnetSpecs)
	if err := errors.Join(w.checkZones(), w.checkSubnetStrategy(), natErr, specErr); err != nil {
		return nil, err
	}
	return args, nil
}

func (w *wireArguments) checkZones() error {
	if w.AvailabilityZoneNames != nil && w.NumberOfAvailabilityZones != nil {
		return errors.New("only one of availabilityZoneNames and numberOfAvailabilityZones can be specified")
	}
	if w.NumberOfAvailabilityZones != nil && *w.NumberOfAvailabilityZones < 1 {
		return fmt.Errorf("numberOfAvailabilityZones %d: at least 1 is needed", *w.NumberOfAvailabilityZones)
	}
	return nil
}

// checkSubnetStrategy lets the strategy Auto through. Leaving it out means
// Legacy in awsx 2, which orders subnets by type and aligns them by rules of
// its own.
func (w *wireArguments) checkSubnetStrategy() error {
	switch {
	case w.SubnetStrategy == nil:
		return errors.New(`subnetStrategy is not set, which means "Legacy" to awsx 2: this stand-in knows "Auto" only, set that`)
	case *w.SubnetStrategy != "Auto":
		return fmt.Errorf(`subnetStrategy %q: this stand-in knows "Auto" only`, *w.SubnetStrategy)
	}
	return nil
}

// readNATGateways reads natGateways, which may be left out.
func readNATGateways(given map[string]any) (natStrategy, error) {
	if err := refuseUnknown("natGateways.", maps.Keys(withoutNil(given)), []string{"strategy"}); err != nil {
		return "", err
	}
	if given["strategy"] == nil {
		return natOnePerZone, nil
	}
	strategy, err := oneOf("natGateways.strategy", given["strategy"], natNone, natSingle, natOnePerZone)
	return strategy, err
}

// readSubnetSpecs reads subnetSpecs, nil if they are left out.
func readSubnetSpecs(given []map[string]any) ([]subnetSpec, error) {
	if given == nil {
		return nil, nil
	}
	specs := make([]subnetSpec, 0, len(given))
	var problems []error
	for i, fields := range given {
		spec, err := readSubnetSpec(fmt.Sprintf("subnetSpecs[%d].", i), fields)
		problems = append(problems, err)
		specs = append(specs, spec)
	}
	return specs, errors.Join(problems...)
}

func readSubnetSpec(prefix string, given map[string]any) (subnetSpec, error) {
	if err := refuseUnknown(prefix, maps.Keys(withoutNil(given)), []string{"type", "cidrMask", "name"}); err != nil {
		return subnetSpec{}, err
	}
	spec := subnetSpec{}
	var typeErr, nameErr, maskErr error
	spec.kind, typeErr = oneOf(prefix+"type", given["type"], subnetPublic, subnetPrivate, subnetIsolated)
	if name, ok := given["name"]; ok && name != nil {
		if spec.name, ok = name.(string); !ok {
			nameErr = fmt.Errorf("%sname %v: a text is needed", prefix, name)
		}
	}
	if mask, ok := given["cidrMask"]; ok && mask != nil {
		spec.cidrMask, maskErr = prefixLength(prefix+"cidrMask", mask)
	}
	return spec, errors.Join(typeErr, nameErr, maskErr)
}

// prefixLength reads a number of mask bits.
func prefixLength(name string, value any) (int, error) {
	number, ok := value.(float64)
	if !ok || number != math.Trunc(number) || number < 1 || number > 32 {
		return 0, fmt.Errorf("%s %v: a whole number from 1 to 32 is needed", name, value)
	}
	return int(number), nil
}

// oneOf reads a value of an enumeration, in any case as awsx does.
func oneOf[T ~string](name string, value any, allowed ...T) (T, error) {
	text, _ := value.(string)
	for _, a := range allowed {
		if strings.EqualFold(text, string(a)) {
			return a, nil
		}
	}
	return "", fmt.Errorf("%s %v: this stand-in knows %v", name, value, allowed)
}

// withoutNil returns the fields that are set: an SDK may send null for one
// that is not.
func withoutNil(given map[string]any) map[string]any {
	set := maps.Clone(given)
	maps.DeleteFunc(set, func(_ string, value any) bool { return value == nil })
	return set
}

// refuseUnknown returns an error that names every argument that is not known.
func refuseUnknown(prefix string, given func(func(string) bool), known []string) error {
	var refused []string
	for name := range given {
		if !slices.Contains(known, name) {
			refused = append(refused, prefix+name)
		}
	}
	if len(refused) == 0 {
		return nil
	}
	slices.Sort(refused)
	return fmt.Errorf("argument %s: not supported by this stand-in for awsx %s, which knows %s%s; use the official plugin for more",
		strings.Join(refused, ", "), version, prefix, strings.Join(known, ", "+prefix))
}
