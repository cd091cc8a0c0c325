package e2e

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	loadbalancing "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
)

// observed are the settings of all that tells how a stack fares.
var observed = map[string]string{
	project + ":alarms":        "true",
	project + ":alarmEmail":    "ops@example.com",
	project + ":dashboard":     "true",
	project + ":accessLogDays": "30",
	project + ":flowLogDays":   "14",
}

// TestObservability looks at what is there. The emulator has no metrics of load
// balancers and services, so no alarm ever goes off by itself.
func TestObservability(t *testing.T) {
	t.Parallel()
	cloud := newCloud(t)
	a := cloud.account
	before := a.inventory(t)
	settings := maps.Clone(quick)
	maps.Copy(settings, observed)
	stack := newDeployment(t, cloud, "e2e-observability", settings)
	result := stack.up(t)
	deployed := a.describe(t, result)

	t.Run("seven alarms are told by e-mail", func(t *testing.T) { deployed.checkAlarms(t) })
	t.Run("a deployment ends for errors and latency", func(t *testing.T) { deployed.checkDeploymentAlarms(t) })
	t.Run("the dashboard shows this service", func(t *testing.T) { deployed.checkDashboard(t) })
	t.Run("access logs go to a bucket for the load balancer alone", func(t *testing.T) { deployed.checkAccessLogs(t) })
	t.Run("flow logs go to their log group", func(t *testing.T) { deployed.checkFlowLogs(t) })
	t.Run("a second up changes nothing, nor does what AWS says of it all", func(t *testing.T) {
		stack.refresh(t)
		expectChanges(t, stack.up(t), "same")
	})
	t.Run("turned off, nothing is left of it", func(t *testing.T) {
		for key := range observed {
			must(t, stack.stack.RemoveConfig(t.Context(), key))
		}
		stack.up(t)
		var left inventory
		a.addObservability(t, &left)
		if len(left) > 0 {
			t.Errorf("there is %v", left)
		}
		if got := deployed.loadBalancerAttribute(t, "access_logs.s3.enabled"); got != "false" {
			t.Errorf("access logs are on: %s", got)
		}
		expectChanges(t, stack.up(t), "same")
	})
	t.Run("destroy leaves nothing behind", func(t *testing.T) {
		stack.destroy(t)
		a.expect(t, before)
	})
}

// addObservability adds what tells how a stack fares.
func (a *account) addObservability(t *testing.T, found *inventory) {
	t.Helper()
	for _, kind := range []struct{ name, service, action, element string }{
		{"alarm", "monitoring", "DescribeAlarms", "AlarmName"},
		{"dashboard", "monitoring", "ListDashboards", "DashboardName"},
		{"topic", "sns", "ListTopics", "TopicArn"},
		{"subscription", "sns", "ListSubscriptions", "SubscriptionArn"},
	} {
		for _, id := range a.query(t, kind.service, url.Values{"Action": {kind.action}})[kind.element] {
			found.add(kind.name, &id)
		}
	}
	for _, name := range a.bucket(t, "")["Name"] {
		found.add("bucket", &name)
	}
	logs, err := a.ec2.DescribeFlowLogs(t.Context(), &ec2.DescribeFlowLogsInput{})
	must(t, err)
	for _, log := range logs.FlowLogs {
		found.add("flow log", log.FlowLogId)
	}
}

func (v *view) checkAlarms(t *testing.T) {
	topic := output(t, v.result, "alarmTopicArn")
	alarms := v.account.query(t, "monitoring", url.Values{"Action": {"DescribeAlarms"}})
	if got := len(alarms["AlarmName"]); got != 7 {
		t.Errorf("there are %d alarms: %v", got, alarms["AlarmName"])
	}
	told := 0
	for _, action := range alarms["member"] {
		if action == topic {
			told++
		}
	}
	if told != 14 {
		t.Errorf("%d beginnings and ends of alarms are told, want 14", told)
	}
	subscriptions := v.account.query(t, "sns", url.Values{"Action": {"ListSubscriptionsByTopic"}, "TopicArn": {topic}})
	if got := subscriptions["Endpoint"]; !slices.Equal(got, []string{"ops@example.com"}) {
		t.Errorf("subscribed are %v", got)
	}
}

func (v *view) checkDeploymentAlarms(t *testing.T) {
	alarms := v.service.DeploymentConfiguration.Alarms
	if alarms == nil || !alarms.Enable || !alarms.Rollback || len(alarms.AlarmNames) != 2 {
		t.Fatalf("alarms of deployments are %+v", alarms)
	}
	there := v.account.query(t, "monitoring", url.Values{"Action": {"DescribeAlarms"}})["AlarmName"]
	for _, name := range alarms.AlarmNames {
		if !slices.Contains(there, name) {
			t.Errorf("there is no alarm %s: %v", name, there)
		}
	}
}

func (v *view) checkDashboard(t *testing.T) {
	_, name, _ := strings.Cut(output(t, v.result, "dashboardUrl"), "#dashboards:name=")
	body := v.account.query(t, "monitoring", url.Values{"Action": {"GetDashboard"}, "DashboardName": {name}})["DashboardBody"]
	if len(body) != 1 || !json.Valid([]byte(body[0])) || !strings.Contains(body[0], output(t, v.result, "serviceName")) {
		t.Errorf("dashboard is %v", body)
	}
}

func (v *view) checkAccessLogs(t *testing.T) {
	bucket := output(t, v.result, "accessLogBucket")
	for key, want := range map[string]string{"access_logs.s3.enabled": "true", "access_logs.s3.bucket": bucket} {
		if got := v.loadBalancerAttribute(t, key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	for _, check := range []struct{ part, element, want string }{
		{"publicAccessBlock", "RestrictPublicBuckets", "true"},
		{"encryption", "SSEAlgorithm", "AES256"},
		{"lifecycle", "Days", "30"},
	} {
		if got := v.account.bucket(t, bucket+"?"+check.part)[check.element]; !slices.Equal(got, []string{check.want}) {
			t.Errorf("%s of the bucket has %s %v, want %s", check.part, check.element, got, check.want)
		}
	}
}

func (v *view) loadBalancerAttribute(t *testing.T, key string) string {
	t.Helper()
	attributes, err := v.account.loadBalancing.DescribeLoadBalancerAttributes(t.Context(), &loadbalancing.DescribeLoadBalancerAttributesInput{
		LoadBalancerArn: v.balancer.LoadBalancerArn,
	})
	must(t, err)
	for _, attribute := range attributes.Attributes {
		if *attribute.Key == key {
			return *attribute.Value
		}
	}
	return ""
}

func (v *view) checkFlowLogs(t *testing.T) {
	logs, err := v.account.ec2.DescribeFlowLogs(t.Context(), &ec2.DescribeFlowLogsInput{
		Filter: []ec2types.Filter{{Name: aws.String("resource-id"), Values: []string{v.vpc}}},
	})
	must(t, err)
	if len(logs.FlowLogs) != 1 {
		t.Fatalf("there are %d flow logs", len(logs.FlowLogs))
	}
	log := logs.FlowLogs[0]
	if !strings.HasSuffix(*log.LogDestination, ":log-group:"+output(t, v.result, "flowLogGroupName")) || log.TrafficType != ec2types.TrafficTypeAll {
		t.Errorf("flow log of %s goes to %s", log.TrafficType, *log.LogDestination)
	}
}

// query asks a service in AWS's query protocol, and returns the texts of the
// elements of the answer by their names.
func (a *account) query(t *testing.T, service string, parameters url.Values) map[string][]string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.endpoint, strings.NewReader(parameters.Encode()))
	must(t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	// The emulator finds the service in the scope of the signature.
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/"+region+"/"+service+"/aws4_request")
	return elements(t, request)
}

// bucket asks S3 for a bucket, or for all of them.
func (a *account) bucket(t *testing.T, path string) map[string][]string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.endpoint+"/"+path, nil)
	must(t, err)
	return elements(t, request)
}

// elements returns the texts of the elements of an answer by their names.
func elements(t *testing.T, request *http.Request) map[string][]string {
	t.Helper()
	answer, err := http.DefaultClient.Do(request)
	must(t, err)
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s is answered with %s", request.URL, answer.Status)
	}
	found := map[string][]string{}
	name := ""
	for decoder := xml.NewDecoder(answer.Body); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return found
		}
		must(t, err)
		switch token := token.(type) {
		case xml.StartElement:
			name = token.Name.Local
		case xml.CharData:
			if text := strings.TrimSpace(string(token)); text != "" {
				found[name] = append(found[name], text)
			}
		}
	}
}
