package estimate

import (
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"fargate-stack/infra"

	"gopkg.in/yaml.v3"
)

// repository is the root of this repository.
func repository() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}

// inProject changes to a copy of the project that has a stack named test with
// some settings.
func inProject(t *testing.T, settings map[string]any) {
	t.Helper()
	directory := t.TempDir()
	project, err := os.ReadFile(filepath.Join(repository(), "Pulumi.yaml"))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(directory, "Pulumi.yaml"), project, 0o600))
	config := map[string]any{
		"aws:region":   "us-east-1",
		"appDirectory": filepath.Join(repository(), "service"),
		"dockerfile":   filepath.Join(repository(), "Dockerfile"),
	}
	maps.Copy(config, settings)
	stack, err := yaml.Marshal(map[string]any{"config": config})
	must(t, err)
	must(t, os.WriteFile(filepath.Join(directory, "Pulumi.test.yaml"), stack, 0o600))
	t.Chdir(directory)
}

func estimateOf(t *testing.T, settings map[string]any, usage Usage) (*Estimate, error) {
	t.Helper()
	inProject(t, settings)
	return New(".", "test", usage)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestStackCosts(t *testing.T) {
	type settings = map[string]any
	million := Usage{Millions: 1}
	spot := settings{"minimumTaskCount": 2, "maximumTaskCount": 6, "spotPercent": 50}
	workdays := settings{"schedule": settings{"stop": "cron(0 12 * * ? *)", "start": "cron(0 0 * * ? *)"}}
	tests := []struct {
		statement string
		settings  settings
		usage     Usage
		item      string
		want      float64
	}{
		{"each task that always runs", nil, million, "Tasks on Fargate", 2 * 730 * (0.25*0.03238 + 0.5*0.00356)},
		{"more for x86-64", settings{"architecture": "x86_64"}, million, "Tasks on Fargate", 2 * 730 * (0.25*0.04048 + 0.5*0.004445)},
		{"more for larger tasks", settings{"cpu": 1024, "memory": 3072}, million, "Tasks on Fargate", 2 * 730 * (0.03238 + 3*0.00356)},
		{"half for tasks that run half the day", workdays, million, "Tasks on Fargate", 730 * (0.25*0.03238 + 0.5*0.00356)},
		{"the minimum and half of what is beyond on demand", spot, Usage{Millions: 1, Tasks: 4}, "Tasks on Fargate", 3 * 730 * (0.25*0.03238 + 0.5*0.00356)},
		{"half of what is beyond the minimum on Spot", spot, Usage{Millions: 1, Tasks: 4}, "Tasks on Fargate Spot", 730 * 0.35 * (0.25*0.03238 + 0.5*0.00356)},
		{"nothing on Spot at the minimum", spot, million, "Tasks on Fargate Spot", 0},
		{"a load balancer", nil, million, "Load balancer", 16.425},
		{"another price in another region", settings{"aws:region": "eu-central-1"}, million, "Load balancer", 730 * 0.027},
		{"capacity units for what the load balancer handles", nil, Usage{Millions: 100}, "Load balancer capacity units", 1000 * 0.008},
		{"an address of the load balancer in each zone, and of NAT", nil, million, "Public IPv4 addresses", 3 * 3.65},
		{"what goes to the internet", nil, Usage{Millions: 3}, "Data to the internet", 2.7},
		{"one NAT gateway by default", nil, million, "NAT gateways", 32.85},
		{"a NAT gateway a zone", settings{"natStrategy": "onePerAz", "availabilityZoneCount": 3}, million, "NAT gateways", 3 * 32.85},
		{"what goes through NAT", nil, million, "Data through NAT gateways", 0.225},
		{"no NAT gateway without NAT", settings{"natStrategy": "none"}, million, "NAT gateways", 0},
		{"no data through NAT without NAT", settings{"natStrategy": "none"}, million, "Data through NAT gateways", 0},
		{"endpoints in each zone without NAT", settings{"natStrategy": "none"}, million, "VPC endpoints", 6 * 7.3},
		{"what goes through endpoints", settings{"natStrategy": "none"}, million, "Data through VPC endpoints", 0.05},
		{"no data through endpoints with NAT", nil, million, "Data through VPC endpoints", 0},
		{"what is logged", nil, Usage{Millions: 4}, "Logs", 1},
		{"logs for as long as they are kept", settings{"logRetentionDays": 90, "flowLogDays": 30}, million, "Stored logs", (1.5 + 0.5) * 0.15 * 0.03},
		{"flow logs", settings{"flowLogDays": 30}, million, "Flow logs", 0.25},
		{"no flow logs by default", nil, million, "Flow logs", 0},
		{"access logs and the writing of them", settings{"accessLogDays": 60}, million, "Access logs", 0.2*0.023 + 2*12*730*0.005/1000},
		{"no access logs by default", nil, million, "Access logs", 0},
		{"the alarms of autoscaling", nil, million, "Alarms, those of autoscaling included", 0.4},
		{"no alarms without autoscaling", settings{"minimumTaskCount": 4}, million, "Alarms, those of autoscaling included", 0},
		{"alarms", settings{"alarms": true}, million, "Alarms, those of autoscaling included", 1.2},
		{"a dashboard", settings{"dashboard": true}, million, "Dashboard", 3},
		{"no dashboard by default", nil, million, "Dashboard", 0},
		{"Container Insights by metric", settings{"containerInsights": "enabled"}, million, "Container Insights", 38 * 0.3},
		{"Container Insights by task", settings{"containerInsights": "enhanced"}, million, "Container Insights", (38 + 2*24) * 0.07},
		{"no Container Insights by default", nil, million, "Container Insights", 0},
		{"a firewall and its rules", settings{"firewall": true}, million, "Firewall", 7},
		{"what the firewall looks at", settings{"firewall": true}, Usage{Millions: 5}, "Requests through the firewall", 3},
		{"no firewall by default", nil, million, "Firewall", 0},
		{"nothing for requests without a firewall", nil, million, "Requests through the firewall", 0},
		{"images", nil, million, "Images", 0.02},
	}
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			e, err := estimateOf(t, test.settings, test.usage)
			must(t, err)
			for _, item := range e.Items {
				if item.Name != test.item {
					continue
				}
				if math.Abs(item.Month-test.want) > 0.001 {
					t.Errorf("%s costs %.4f, want %.4f", item.Name, item.Month, test.want)
				}
				if (item.Amount == "") != (test.want == 0) {
					t.Errorf("amount of %s is %q", item.Name, item.Amount)
				}
				return
			}
			t.Errorf("there is no item %s", test.item)
		})
	}
}

func TestTotalIsOfAllItems(t *testing.T) {
	e := &Estimate{Items: []Item{{Month: 1.5}, {}, {Month: 2}}}
	if got := e.Total(); got != 3.5 {
		t.Errorf("total is %v", got)
	}
}

func TestWhatCannotBeEstimatedSaysWhy(t *testing.T) {
	for want, test := range map[string]struct {
		settings map[string]any
		usage    Usage
	}{
		"cost/estimate/prices.json has no prices of region \"af-south-1\"": {settings: map[string]any{"aws:region": "af-south-1"}},
		"only from 2 to 4": {usage: Usage{Tasks: 5}},
		"cpu is \"300\"":   {settings: map[string]any{"cpu": 300}},
	} {
		if _, err := estimateOf(t, test.settings, test.usage); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q", err, want)
		}
	}
}

func TestWhatIsNoEstimateSaysHowToMakeOne(t *testing.T) {
	for statement, content := range map[string]string{"text": "Item  dev", "other JSON": "{}", "an estimate of nothing": `{"Stack": "dev"}`} {
		path := filepath.Join(t.TempDir(), "estimate.json")
		must(t, os.WriteFile(path, []byte(content), 0o600))
		if _, err := Read(path); err == nil || !strings.Contains(err.Error(), "go run ./cost -json <stack> > "+path) {
			t.Errorf("%s: the error is %v", statement, err)
		}
	}
	if _, err := Read("nowhere.json"); err == nil || !strings.HasSuffix(err.Error(), "make it with: go run ./cost -json <stack> > nowhere.json") {
		t.Errorf("the error is %v", err)
	}
}

func TestEachRegionHasAllPrices(t *testing.T) {
	list, err := readPrices()
	must(t, err)
	for region, prices := range list.Regions {
		checkPrices(t, region, reflect.ValueOf(prices))
		for _, architecture := range []infra.Architecture{infra.ARM64, infra.X8664} {
			checkPrices(t, region+" "+string(architecture), reflect.ValueOf(prices.Fargate[architecture]))
		}
	}
	if len(list.Sources) == 0 {
		t.Error("nobody knows where the prices are from")
	}
	if _, err := list.year(); err != nil {
		t.Error(err)
	}
}

func checkPrices(t *testing.T, of string, prices reflect.Value) {
	t.Helper()
	for i := range prices.NumField() {
		if field := prices.Field(i); field.Kind() == reflect.Float64 && field.Float() <= 0 {
			t.Errorf("%s: %s is %v", of, prices.Type().Field(i).Name, field.Float())
		}
	}
}
