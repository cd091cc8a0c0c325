package main

import (
	"encoding/json"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

const (
	unknownText = `"04da6b54-80e4-46f7-96ec-b56ff0331ba9"`
	secretStart = `{"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": `
)

func object(t *testing.T, text string) *structpb.Struct {
	t.Helper()
	object := &structpb.Struct{}
	if err := protojson.Unmarshal([]byte(text), object); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return object
}

func text(object *structpb.Struct) string {
	encoded, _ := json.Marshal(object.AsMap())
	return string(encoded)
}

func TestPropertiesAreConverted(t *testing.T) {
	alias := resourceProperties["aws_route53_record"]
	delay := resourceProperties["aws_lb_target_group"]
	lifecycle := resourceProperties["aws_s3_bucket_lifecycle_configuration"]
	for name, test := range map[string]struct {
		properties  []property
		sdk, bridge string
	}{
		"a name differs":                          {securityGroupRules, `{"ingress": [{"fromPort": 1}]}`, `{"ingresses": [{"fromPort": 1}]}`},
		"what doesn't differ is left alone":       {securityGroupRules, `{"vpcId": "vpc-1", "tags": {"ingress": "x"}}`, `{"vpcId": "vpc-1", "tags": {"ingress": "x"}}`},
		"nothing stays nothing":                   {securityGroupRules, `{"ingress": null}`, `{"ingresses": null}`},
		"a list of one is the object":             {alias, `{"aliases": [{"name": "a"}]}`, `{"alias": {"name": "a"}}`},
		"a list of one may be unknown":            {alias, `{"aliases": ` + unknownText + `}`, `{"alias": ` + unknownText + `}`},
		"a list of one may be secret":             {alias, `{"aliases": ` + secretStart + `[{"name": "a"}]}}`, `{"alias": ` + secretStart + `{"name": "a"}}}`},
		"a number is text":                        {delay, `{"deregistrationDelay": 30}`, `{"deregistrationDelay": "30"}`},
		"a number may be unknown":                 {delay, `{"deregistrationDelay": ` + unknownText + `}`, `{"deregistrationDelay": ` + unknownText + `}`},
		"a number may be secret":                  {delay, `{"deregistrationDelay": ` + secretStart + `30}}`, `{"deregistrationDelay": ` + secretStart + `"30"}}`},
		"no object is an empty list":              {lifecycle, `{"rules": [{"expiration": null}]}`, `{"rules": [{"expirations": []}]}`},
		"objects in lists, and in those":          {lifecycle, `{"rules": [{"id": "r", "filter": {"and": {"prefix": "p"}}}]}`, `{"rules": [{"id": "r", "filters": [{"ands": [{"prefix": "p"}]}]}]}`},
		"objects in a secret list":                {lifecycle, `{"rules": ` + secretStart + `[{"filter": {"prefix": "p"}}]}}`, `{"rules": ` + secretStart + `[{"filters": [{"prefix": "p"}]}]}}`},
		"an object within an object":              {resourceProperties["aws_appautoscaling_scheduled_action"], `{"scalableTargetAction": {"minCapacity": 0}}`, `{"scalableTargetAction": {"minCapacity": "0"}}`},
		"a provider's tags, which come as a text": {providerProperties, `{"defaultTags": {"tags": {"Project": "p"}}}`, `{"defaultTags": [{"tags": {"Project": "p"}}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			converted := object(t, test.sdk)
			if err := convertObject(converted, test.properties, toBridge); err != nil {
				t.Fatal(err)
			}
			if want := object(t, test.bridge); !proto.Equal(converted, want) {
				t.Errorf("to the bridge: got %s, want %s", text(converted), text(want))
			}
			if err := convertObject(converted, test.properties, toSDK); err != nil {
				t.Fatal(err)
			}
			if want := object(t, test.sdk); !proto.Equal(converted, want) {
				t.Errorf("and back: got %s, want %s", text(converted), text(want))
			}
		})
	}
}

func TestTextOfAProvidersConfigurationIsRead(t *testing.T) {
	converted := object(t, `{"defaultTags": "{\"tags\": {\"Project\": \"p\"}}", "region": "eu-west-1"}`)
	if err := convertObject(converted, providerProperties, toBridge); err != nil {
		t.Fatal(err)
	}
	want := object(t, `{"defaultTags": [{"tags": {"Project": "p"}}], "region": "eu-west-1"}`)
	if !proto.Equal(converted, want) {
		t.Errorf("got %s, want %s", text(converted), text(want))
	}
}

func TestAnEmptyListOfOneIsNothing(t *testing.T) {
	converted := object(t, `{"aliases": []}`)
	if err := convertObject(converted, resourceProperties["aws_route53_record"], toBridge); err != nil {
		t.Fatal(err)
	}
	if want := object(t, `{"alias": null}`); !proto.Equal(converted, want) {
		t.Errorf("got %s, want %s", text(converted), text(want))
	}
}

func TestTwoInAListOfOneAreRefused(t *testing.T) {
	err := convertObject(object(t, `{"aliases": [{}, {}]}`), resourceProperties["aws_route53_record"], toBridge)
	if err == nil || err.Error() != "aliases: takes one element, has 2" {
		t.Errorf("got %v", err)
	}
}

func TestPropertiesThatAreLeftOutAreRefused(t *testing.T) {
	for name, test := range map[string]struct {
		news    string
		refused bool
	}{
		"with a value":       {`{"versionings": [{"enabled": true}]}`, true},
		"empty":              {`{"versionings": []}`, true},
		"secret":             {`{"versionings": ` + secretStart + `[{"enabled": true}]}}`, true},
		"unknown":            {`{"versionings": ` + unknownText + `}`, true},
		"not given":          {`{"bucket": "logs"}`, false},
		"given as nothing":   {`{"versionings": null}`, false},
		"no property at all": {`{}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			err := refuse(object(t, test.news), resourceProperties["aws_s3_bucket"])
			if (err != nil) != test.refused {
				t.Errorf("got %v", err)
			}
			if err != nil && !strings.Contains(err.Error(), "local/plugins/aws/properties.go") {
				t.Errorf("%v does not say where to add it", err)
			}
		})
	}
}

func TestStateOfARefusedPropertyGoesBackAndForth(t *testing.T) {
	state := `{"versionings": {"enabled": false}}`
	converted := object(t, state)
	for _, step := range []struct {
		to   direction
		want string
	}{{toBridge, `{"versioning": {"enabled": false}}`}, {toSDK, state}} {
		if err := convertObject(converted, resourceProperties["aws_s3_bucket"], step.to); err != nil {
			t.Fatal(err)
		}
		if want := object(t, step.want); !proto.Equal(converted, want) {
			t.Errorf("got %s, want %s", text(converted), text(want))
		}
	}
}

func TestPathsAreConverted(t *testing.T) {
	for name, test := range map[string]struct {
		typ, sdk, bridge string
	}{
		"a name differs":            {"aws_security_group", "ingress[0].fromPort", "ingresses[0].fromPort"},
		"no name differs":           {"aws_security_group", "tags.ingress", "tags.ingress"},
		"a list of one":             {"aws_route53_record", "aliases[0].name", "alias.name"},
		"an object for a list":      {"aws_s3_bucket_lifecycle_configuration", "rules[1].filter.and.prefix", "rules[1].filters[0].ands[0].prefix"},
		"in all elements of a list": {"aws_s3_bucket_lifecycle_configuration", `rules["*"].filter.prefix`, `rules["*"].filters[0].prefix`},
		"a key with a dot":          {"aws_security_group", `ingress[0].tags["a.b"]`, `ingresses[0].tags["a.b"]`},
		"no path":                   {"aws_security_group", "a[", "a["},
	} {
		t.Run(name, func(t *testing.T) {
			properties := resourceProperties[test.typ]
			if got := convertPath(test.sdk, properties, toBridge); got != test.bridge {
				t.Errorf("to the bridge: got %s, want %s", got, test.bridge)
			}
			if got := convertPath(test.bridge, properties, toSDK); got != test.sdk {
				t.Errorf("to the SDK: got %s, want %s", got, test.sdk)
			}
		})
	}
}
