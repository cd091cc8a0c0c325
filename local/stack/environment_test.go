package stack

import (
	"os"
	"slices"
	"strings"
	"testing"

	"fargate-stack/local/toolchain"
)

func testOptions(t *testing.T) Options {
	t.Helper()
	return Options{
		StateDirectory: t.TempDir(),
		Toolchain:      &toolchain.Toolchain{Path: []string{"/tools"}, Environment: []string{"PULUMI_HOME=/home/of/plugins"}},
		Endpoint:       "http://localhost:4566",
		DockerHost:     "unix:///run/engine.sock",
	}
}

func TestTheUsersAWSAndPulumiVariablesDoNotReachTheProgram(t *testing.T) {
	for _, name := range []string{
		"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_ENDPOINT_URL_ECS", "AWS_CA_BUNDLE",
		"PULUMI_ACCESS_TOKEN", "PULUMI_STACK", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_BACKEND_URL",
	} {
		t.Setenv(name, "of-the-user")
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "of-the-user")
	t.Setenv("PULUMI_HOME", "/of-the-user")
	for _, variable := range Environ(Environment(testOptions(t))) {
		if strings.Contains(variable, "of-the-user") {
			t.Errorf("%s reaches the program", variable)
		}
	}
}

func TestTheProgramReachesTheEmulatorOnly(t *testing.T) {
	options := testOptions(t)
	t.Setenv("DOCKER_HOST", "unix:///another.sock")
	t.Setenv("EDITOR", "ed")
	got := Environ(Environment(options))
	for _, want := range []string{
		"AWS_ENDPOINT_URL=http://localhost:4566",
		"AWS_ACCESS_KEY_ID=test",
		"AWS_SECRET_ACCESS_KEY=test",
		"AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE=" + os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
		"PULUMI_BACKEND_URL=file://" + options.StateDirectory + "/pulumi/backend?metadata=skip",
		"PULUMI_CONFIG_PASSPHRASE_FILE=" + options.StateDirectory + "/pulumi/passphrase",
		"PULUMI_HOME=/home/of/plugins",
		"DOCKER_HOST=unix:///run/engine.sock",
		"PATH=/tools:" + os.Getenv("PATH"),
		"EDITOR=ed",
	} {
		name, _, _ := strings.Cut(want, "=")
		var found []string
		for _, variable := range got {
			if strings.HasPrefix(variable, name+"=") {
				found = append(found, variable)
			}
		}
		if !slices.Equal(found, []string{want}) {
			t.Errorf("%s is %q, want %q", name, found, want)
		}
	}
	if slices.ContainsFunc(got, func(variable string) bool { return strings.HasPrefix(variable, "AWS_REGION=") }) {
		t.Error("a region is set, which would hide that the stack has none")
	}
}
