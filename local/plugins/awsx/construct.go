package main

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
)

// vpcType is the one type that is served.
const vpcType = "awsx:ec2:Vpc"

// construct makes the component that a program registers.
func construct(ctx *pulumi.Context, typ, name string, inputs provider.ConstructInputs, options pulumi.ResourceOption) (*provider.ConstructResult, error) {
	if typ != vpcType {
		return nil, fmt.Errorf("%s %q: this stand-in for awsx %s makes %s only; use the official plugin for other components", typ, name, version, vpcType)
	}
	args, err := readArguments(inputs)
	if err != nil {
		return nil, fmt.Errorf("%s %q: %w", typ, name, err)
	}
	vpc, err := newVPC(ctx, name, args, options)
	if err != nil {
		return nil, fmt.Errorf("%s %q: %w", typ, name, err)
	}
	return provider.NewConstructResult(vpc)
}
