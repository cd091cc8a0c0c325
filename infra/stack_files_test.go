package infra

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestStacksInTheRepositoryCanBeDeployed(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(projectDirectory(t), "Pulumi.*.yaml"))
	must(t, err)
	for _, file := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "Pulumi."), ".yaml")
		t.Run(name, func(t *testing.T) {
			stack, err := ReadStackFiles(projectDirectory(t), name)
			must(t, err)
			e := &engine{}
			must(t, e.deploy(t, stack.Project(), name, stack.values))
		})
	}
	if len(files) < 3 {
		t.Errorf("there are only %v", files)
	}
}

func TestStackForProductionHasNoSinglePointOfFailure(t *testing.T) {
	stack, err := ReadStackFiles(projectDirectory(t), "prod")
	must(t, err)
	t.Chdir(projectDirectory(t))
	c, err := LoadConfig(stack)
	must(t, err)
	for part, ok := range map[string]bool{
		"tasks":               c.MinimumTaskCount >= c.AvailabilityZoneCount,
		"NAT gateways":        c.NATStrategy == NATOnePerAZ,
		"zones":               c.AvailabilityZoneCount >= 3,
		"deletion protection": c.DeletionProtection,
		"alarms":              c.Alarms,
		"firewall":            c.Firewall,
	} {
		if !ok {
			t.Errorf("it has no or too few %s", part)
		}
	}
}

// readFiles reads the files of a project and of its stack dev.
func readFiles(t *testing.T, project, stack string) (*StackFiles, error) {
	t.Helper()
	directory := t.TempDir()
	must(t, os.WriteFile(filepath.Join(directory, "Pulumi.yaml"), []byte(project), 0o600))
	must(t, os.WriteFile(filepath.Join(directory, "Pulumi.dev.yaml"), []byte(stack), 0o600))
	return ReadStackFiles(directory, "dev")
}

func TestSettingsAreReadAsTheEnginePassesThem(t *testing.T) {
	files, err := readFiles(t, `
name: shop
config:
  cpu: {type: integer, default: 256}
  memory: {type: integer, default: 512}
  environment: {type: object, default: {}}
  command: {type: array, default: [CMD, check]}
  pulumi:tags: {value: {pulumi:template: fargate}}
`, `
config:
  aws:region: us-east-1
  cpu: 1024
  logDays: "7"
  shop:alarms: true
  shop:environment: {LEVEL: debug, TOKEN: {secure: v1:abc}}
  shop:password: {secure: v1:def}
`)
	must(t, err)
	for key, want := range map[string]struct {
		value  string
		secret bool
	}{
		"aws:region":       {"us-east-1", false},
		"shop:cpu":         {"1024", false},
		"shop:memory":      {"512", false},
		"shop:logDays":     {"7", false},
		"shop:alarms":      {"true", false},
		"shop:command":     {`["CMD","check"]`, false},
		"shop:environment": {`{"LEVEL":"debug","TOKEN":"[secret]"}`, true},
		"shop:password":    {"[secret]", true},
		"pulumi:tags":      {`{"pulumi:template":"fargate"}`, false},
	} {
		if value, _ := files.GetConfig(key); value != want.value || files.IsConfigSecret(key) != want.secret {
			t.Errorf("%s is %s, secret: %v; want %s, %v", key, value, files.IsConfigSecret(key), want.value, want.secret)
		}
	}
	if files.Project() != "shop" || files.Stack() != "dev" {
		t.Errorf("they are of %s and %s", files.Project(), files.Stack())
	}
	if value, ok := files.GetConfig("shop:none"); ok {
		t.Errorf("what is not set is %q", value)
	}
}

func TestSettingThatIsThereTwiceIsRefused(t *testing.T) {
	_, err := readFiles(t, "name: shop\n", "config:\n  cpu: 256\n  shop:cpu: 512\n")
	if err == nil || !strings.Contains(err.Error(), "cpu beside shop:cpu") {
		t.Errorf("the error is %v", err)
	}
}

func TestStackWithoutFilesHasNoSettings(t *testing.T) {
	if _, err := ReadStackFiles(t.TempDir(), "dev"); err == nil {
		t.Error("a directory without a project has settings")
	}
	_, err := ReadStackFiles(projectDirectory(t), "nobodys")
	if err == nil || !strings.Contains(err.Error(), "stack nobodys") {
		t.Errorf("the error is %v", err)
	}
}
