package main

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
)

func TestAWSIsAskedWhereTheProviderWorks(t *testing.T) {
	for name, test := range map[string]struct {
		inputs          string
		region, profile string
	}{
		"as the environment says":    {`{"version": "6.83.0"}`, "", ""},
		"in the region of the stack": {`{"region": "eu-central-1"}`, "eu-central-1", ""},
		"with the stack's profile":   {`{"region": "eu-central-1", "profile": "shop"}`, "eu-central-1", "shop"},
	} {
		t.Run(name, func(t *testing.T) {
			options, err := providerOptions([]byte(test.inputs))
			if err != nil {
				t.Fatal(err)
			}
			var got config.LoadOptions
			for _, option := range options {
				if err := option(&got); err != nil {
					t.Fatal(err)
				}
			}
			if got.Region != test.region || got.SharedConfigProfile != test.profile {
				t.Errorf("region %q, profile %q", got.Region, got.SharedConfigProfile)
			}
		})
	}
}

func TestAProviderThatMayWorkInAnotherAccountIsRefused(t *testing.T) {
	for _, name := range otherAccount {
		_, err := providerOptions([]byte(`{"region": "eu-central-1", "` + name + `": "a"}`))
		if err == nil || !strings.Contains(err.Error(), "aws:"+name+" ") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
