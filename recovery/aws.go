package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/config"

	"fargate-stack/recovery/search"
	"fargate-stack/recovery/state"
)

// otherAccount are settings of the AWS provider by which it may work in
// another account than the one that the AWS SDK finds credentials for.
var otherAccount = []string{
	"accessKey", "assumeRole", "assumeRoles", "assumeRoleWithWebIdentity", "endpoints",
	"secretKey", "sharedConfigFiles", "sharedCredentialsFiles", "token",
}

// findInAWS looks in the account and region that the provider works in.
func findInAWS(ctx context.Context, provider, resource *state.Resource) ([]search.Found, error) {
	options, err := providerOptions(provider.Inputs)
	if err != nil {
		return nil, err
	}
	settings, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("finding out how to reach AWS: %w", err)
	}
	return search.NewAccount(settings).Find(ctx, resource.Type, resource.Inputs)
}

// providerOptions translates the settings of the provider. To look in the
// wrong account would be to find nothing, and to forget what is in the right one.
func providerOptions(inputs json.RawMessage) ([]func(*config.LoadOptions) error, error) {
	var all map[string]json.RawMessage
	var known struct{ Region, Profile string }
	for _, into := range []any{&all, &known} {
		if err := json.Unmarshal(inputs, into); err != nil {
			return nil, fmt.Errorf("reading the settings of the provider: %w", err)
		}
	}
	for _, name := range otherAccount {
		if _, set := all[name]; set {
			return nil, fmt.Errorf("aws:%s is set, which recovery does not follow; put it into a profile, and name that with: pulumi config set aws:profile <profile>", name)
		}
	}
	var options []func(*config.LoadOptions) error
	if known.Region != "" {
		options = append(options, config.WithRegion(known.Region))
	}
	if known.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(known.Profile))
	}
	return options, nil
}
