package main

import (
	"regexp"
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

const (
	alarmURN  = "urn:pulumi:dev::shop::aws:cloudwatch/metricAlarm:MetricAlarm::Errors"
	bucketURN = "urn:pulumi:dev::shop::aws:s3/bucketV2:BucketV2::Logs"
)

func TestResourcesWithoutANameAreNamed(t *testing.T) {
	type options = pulumirpc.CheckRequest_AutonamingOptions
	for name, test := range map[string]struct {
		request *pulumirpc.CheckRequest
		name    string // in the SDK
		want    string
	}{
		"after the logical name, at random":  {&pulumirpc.CheckRequest{Urn: alarmURN, Name: "Errors"}, "name", `^Errors-[0-9a-f]{7}$`},
		"in lower case where AWS wants that": {&pulumirpc.CheckRequest{Urn: bucketURN, Name: "Logs"}, "bucket", `^logs-[0-9a-f]{7}$`},
		"as the program says":                {&pulumirpc.CheckRequest{Urn: alarmURN, Name: "Errors", News: object(t, `{"name": "mine"}`)}, "name", `^mine$`},
		"as before":                          {&pulumirpc.CheckRequest{Urn: alarmURN, Name: "Errors", Olds: object(t, `{"name": "old-1"}`)}, "name", `^old-1$`},
		"as the stack proposes": {&pulumirpc.CheckRequest{Urn: bucketURN, Name: "Logs",
			Autonaming: &options{ProposedName: "Shop-Logs"}}, "bucket", `^shop-logs$`},
		"as the stack prescribes": {&pulumirpc.CheckRequest{Urn: bucketURN, Name: "Logs",
			Autonaming: &options{ProposedName: "Shop-Logs", Mode: pulumirpc.CheckRequest_AutonamingOptions_ENFORCE}}, "bucket", `^Shop-Logs$`},
		"not where the stack forbids it": {&pulumirpc.CheckRequest{Urn: alarmURN, Name: "Errors",
			Autonaming: &options{Mode: pulumirpc.CheckRequest_AutonamingOptions_DISABLE}}, "name", `^$`},
	} {
		t.Run(name, func(t *testing.T) {
			response, err := startRelay(t, &translator{}, &fakeBridge{}).Check(t.Context(), test.request)
			if err != nil {
				t.Fatal(err)
			}
			got := response.GetInputs().GetFields()[test.name].GetStringValue()
			if !regexp.MustCompile(test.want).MatchString(got) {
				t.Errorf("got %q, want %s", got, test.want)
			}
		})
	}
}

func TestTheSameSeedMakesTheSameName(t *testing.T) {
	ask := func(seed string) string {
		response, err := startRelay(t, &translator{}, &fakeBridge{}).Check(t.Context(),
			&pulumirpc.CheckRequest{Urn: alarmURN, Name: "Errors", RandomSeed: []byte(seed)})
		if err != nil {
			t.Fatal(err)
		}
		return response.Inputs.Fields["name"].GetStringValue()
	}
	if first, again := ask("one"), ask("one"); first != again {
		t.Error("one seed made two names")
	}
	if ask("one") == ask("two") {
		t.Error("two seeds made one name")
	}
}

func TestANameThatIsTooLongIsRefused(t *testing.T) {
	_, err := startRelay(t, &translator{}, &fakeBridge{}).Check(t.Context(),
		&pulumirpc.CheckRequest{Urn: bucketURN, Name: strings.Repeat("l", 60)})
	if err == nil || !strings.Contains(err.Error(), "maximum length 63") {
		t.Errorf("got %v", err)
	}
}
