package infra

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
)

// observed turns on all that tells how a stack fares.
var observed = values{
	"alarms": "true", "alarmEmail": "ops@example.com", "dashboard": "true", "accessLogDays": "30", "flowLogDays": "14",
}

func TestEachPartOfObservabilityHasItsComponentAsParent(t *testing.T) {
	deployed := deploy(t, observed)
	for component, types := range map[string][]string{
		"FlowLogs":   {flowLogType},
		"AccessLogs": {bucketType, bucketPolicyType, bucketLifecycleType, bucketEncryptionType, publicAccessBlockType},
		"AlarmTopic": {topicType, topicPolicyType, subscriptionType},
		"Dashboard":  {dashboardType},
	} {
		for _, typ := range types {
			if parent := deployed.one(t, typ, "").rpc.GetParent(); !strings.HasSuffix(parent, ":"+component+"::"+testName) {
				t.Errorf("%s has parent %s, want %s", typ, parent, component)
			}
		}
	}
	for _, alarm := range deployed.all(alarmType, "") {
		component := "LoadBalancerAlarms"
		if slices.ContainsFunc([]string{"-missing-tasks", "-cpu", "-memory"}, func(end string) bool { return strings.HasSuffix(alarm.name, end) }) {
			component = "ServiceAlarms"
		}
		if parent := alarm.rpc.GetParent(); !strings.HasSuffix(parent, ":"+component+"::"+testName) {
			t.Errorf("%s has parent %s, want %s", alarm.name, parent, component)
		}
	}
}

func TestEachAlarmIsToldWhenItBeginsAndWhenItIsOver(t *testing.T) {
	for _, alarm := range deploy(t, observed).all(alarmType, "") {
		for _, when := range []string{"alarmActions", "okActions"} {
			if got := alarm.at(t, when+"[0]"); got != "arn:"+testName+"-alarms" {
				t.Errorf("%s of %s is %v", when, alarm.name, got)
			}
		}
	}
}

// Each metric of an alarm is one of those that AWS/ECS and AWS/ApplicationELB
// have without Container Insights.
func TestNoAlarmNeedsContainerInsights(t *testing.T) {
	for _, alarm := range deploy(t, observed).all(alarmType, "") {
		for _, path := range []string{"namespace", "metricQueries[1].metric.namespace", "metricQueries[2].metric.namespace"} {
			if namespace, ok := alarm.at(t, path).(string); ok && namespace != "AWS/ECS" && namespace != "AWS/ApplicationELB" {
				t.Errorf("%s of %s is %s", path, alarm.name, namespace)
			}
		}
	}
}

func TestAlarmsOnTasksAreThereWhenTheTasksAre(t *testing.T) {
	e := &engine{failed: errors.New("tasks do not start")}
	if err := e.deploy(t, testProject, testStack, observed); err == nil {
		t.Fatal("the deployment succeeded")
	}
	var names []string
	for _, alarm := range e.stack.all(alarmType, "") {
		names = append(names, strings.TrimPrefix(alarm.name, testName+"-"))
	}
	slices.Sort(names)
	if want := []string{"latency", "load-balancer-errors", "target-errors", "unhealthy-targets"}; !slices.Equal(names, want) {
		t.Errorf("before the tasks are healthy there are the alarms %v, want %v", names, want)
	}
}

func TestLoadBalancerIsToldToWriteLogsWhenItMay(t *testing.T) {
	balancer := deploy(t, observed).one(t, loadBalancerType, "")
	needed := bucketPolicyType + "::" + testName + "-access-logs"
	if !slices.ContainsFunc(balancer.rpc.GetDependencies(), func(urn string) bool { return strings.HasSuffix(urn, needed) }) {
		t.Errorf("load balancer depends on %v, not on %s", balancer.rpc.GetDependencies(), needed)
	}
}

func TestFlowLogBeginsWhenItMayBeWritten(t *testing.T) {
	log := deploy(t, observed).one(t, flowLogType, "")
	needed := rolePolicyType + "::" + testName + "-flow-logs"
	if !slices.ContainsFunc(log.rpc.GetDependencies(), func(urn string) bool { return strings.HasSuffix(urn, needed) }) {
		t.Errorf("flow log depends on %v, not on %s", log.rpc.GetDependencies(), needed)
	}
}

func TestOutputsOfObservability(t *testing.T) {
	got := deploy(t, observed).outputs
	for name, want := range map[string]string{
		"alarmTopicArn":    "arn:" + testName + "-alarms",
		"accessLogBucket":  testName + "-access-logs-1a2b3c4",
		"flowLogGroupName": "/vpc/" + testName,
		"dashboardUrl":     "https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#dashboards:name=" + testName,
	} {
		if got[name] != want {
			t.Errorf("output %s is %v, want %s", name, got[name], want)
		}
	}
	t.Run("are not there without it", func(t *testing.T) {
		if got, without := len(got), len(deploy(t, nil).outputs); got != without+4 {
			t.Errorf("there are %d outputs with all of it and %d without", got, without)
		}
	})
}

func TestEachPartOfObservabilityStandsAlone(t *testing.T) {
	for setting := range maps.Keys(observed) {
		if setting == "alarmEmail" { // which is nothing without alarms
			continue
		}
		t.Run(setting, func(t *testing.T) {
			if got := len(deploy(t, values{setting: observed[setting]}).outputs); got != len(deploy(t, nil).outputs)+1 {
				t.Errorf("%d outputs", got)
			}
		})
	}
}
