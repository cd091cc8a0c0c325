package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// deployed is what Pulumi says of a stack with a service. Its URL has to be
// filled in.
const deployed = `{"version": 3, "deployment": {"resources": [
	{"urn": "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev", "type": "pulumi:pulumi:Stack", "outputs": {"url": %q}},
	{"urn": "urn:pulumi:dev::p::aws:ecs/service:Service::app", "type": "aws:ecs/service:Service",
	 "outputs": {"cluster": "arn:aws:ecs:eu-central-1:123456789012:cluster/app", "name": "app"}}]}}`

// usePulumi puts a Pulumi CLI on the PATH that runs a script.
func usePulumi(t *testing.T, script string) {
	t.Helper()
	directory := t.TempDir()
	if err := os.WriteFile(filepath.Join(directory, "pulumi"), []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", directory+string(filepath.ListSeparator)+os.Getenv("PATH"))
}

// useAWS has the command ask a server that answers all with the same, and
// returns the address of an app that answers 503.
func useAWS(t *testing.T, status int, answer string) string {
	t.Helper()
	aws := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if signed := r.Header.Get("Authorization"); !strings.Contains(signed, "/eu-central-1/ecs/") {
			t.Errorf("signed with %q, want the service's region", signed)
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(status)
		fmt.Fprint(w, answer)
	}))
	t.Cleanup(aws.Close)
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	t.Cleanup(app.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": aws.URL, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_PROFILE": "", "AWS_REGION": "",
	} {
		t.Setenv(name, value)
	}
	return app.URL
}

func TestRun(t *testing.T) {
	tests := []struct {
		statement     string
		arguments     []string
		pulumi        string
		status        int
		aws           string
		want          int
		out, problems string
	}{
		{
			statement: "a service that is gone is told, after what the URL answers",
			pulumi:    "cat <<'END'\n" + deployed + "\nEND\n",
			status:    http.StatusOK, aws: `{"services": [], "failures": []}`,
			want: unwell, out: "answers 503 Service Unavailable\n\n1. AWS does not have what the stack consists of\n  - service app",
		},
		{
			statement: "AWS that refuses to answer can't be looked at",
			pulumi:    "cat <<'END'\n" + deployed + "\nEND\n",
			status:    http.StatusBadRequest, aws: `{"__type": "AccessDeniedException", "message": "you may not"}`,
			want: couldNotLook, out: "answers 503", problems: "doctor: describing service app: operation error ECS",
		},
		{
			statement: "the stack that is named is examined",
			arguments: []string{"-stack", "production"},
			pulumi:    `echo "$@" >&2; exit 1`,
			want:      couldNotLook, problems: "stack export --non-interactive --stack production: exit status 1: stack export --non-interactive --stack production",
		},
		{
			statement: "a stack that was never deployed is told as such",
			pulumi:    `echo '{"version": 3, "deployment": null}'`,
			want:      unwell, out: "1. The stack is not deployed",
		},
		{
			statement: "a state that can't be read is an error",
			pulumi:    `echo nothing`,
			want:      couldNotLook, problems: "doctor: reading the exported stack",
		},
		{statement: "an option that is not known is refused", arguments: []string{"-fix"}, want: calledWrongly, problems: "-fix"},
		{statement: "an argument is refused", arguments: []string{"dev"}, want: calledWrongly, problems: `there is nothing to do with ["dev"]`},
	}
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			url := useAWS(t, test.status, test.aws)
			usePulumi(t, strings.ReplaceAll(test.pulumi, "%q", fmt.Sprintf("%q", url)))
			var out, problems strings.Builder
			if got := run(t.Context(), test.arguments, &out, &problems); got != test.want {
				t.Errorf("exits with %d, want %d", got, test.want)
			}
			if !strings.Contains(out.String(), test.out) {
				t.Errorf("output lacks %q:\n%s", test.out, out.String())
			}
			if !strings.Contains(problems.String(), test.problems) {
				t.Errorf("problems lack %q:\n%s", test.problems, problems.String())
			}
		})
	}
}

func TestWithoutPulumiItSaysWhereToGetIt(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	var problems strings.Builder
	if got := run(t.Context(), nil, &strings.Builder{}, &problems); got != couldNotLook || !strings.Contains(problems.String(), "install it from https://www.pulumi.com") {
		t.Errorf("exits with %d: %s", got, problems.String())
	}
}
