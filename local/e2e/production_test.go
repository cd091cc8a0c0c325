package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	scalingtypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
)

// TestProduction has what people switch on for production, and a schedule. The
// emulator has the firewall and the schedule, but acts on neither: no request is
// blocked, and the test does what the schedule would.
func TestProduction(t *testing.T) {
	t.Parallel()
	cloud := newCloud(t)
	a := cloud.account
	before := a.inventory(t)
	settings := maps.Clone(quick)
	maps.Copy(settings, map[string]string{
		project + ":minimumTaskCount":           "1",
		project + ":maximumTaskCount":           "4",
		project + ":spotPercent":                "50",
		project + ":schedule.stop":              "cron(0 19 ? * MON-FRI *)",
		project + ":schedule.start":             "cron(0 7 ? * MON-FRI *)",
		project + ":schedule.timeZone":          "Europe/Berlin",
		project + ":firewall":                   "true",
		project + ":firewallRequestsPerAddress": "500",
		project + ":deletionProtection":         "true",
	})
	stack := newDeployment(t, cloud, "e2e-production", settings)
	result := stack.up(t)
	deployed := a.describe(t, result)

	t.Run("the firewall stands before the load balancer", func(t *testing.T) { deployed.checkFirewall(t) })
	t.Run("the schedule stops and starts the service", func(t *testing.T) { deployed.checkSchedule(t) })
	t.Run("tasks beyond the minimum are shared with Spot", func(t *testing.T) { checkSpot(t, a, result) })
	t.Run("a second up changes nothing, nor does what AWS says of it all", func(t *testing.T) {
		stack.refresh(t)
		expectChanges(t, stack.up(t), "same")
	})
	t.Run("a protected stack can't be destroyed, and says what to do", func(t *testing.T) {
		whole := a.inventory(t)
		stack.failingDestroy(t, "set-deletionProtection-to-false-and-run-pulumi-up", "because it is protected")
		a.expect(t, whole)
		if got := status(t, output(t, result, "url"), answerLimit); got != http.StatusOK {
			t.Errorf("the app answers %d", got)
		}
	})
	t.Run("a deployment at night starts no task, nor does a changed share of Spot", func(t *testing.T) {
		a.stopBySchedule(t, result)
		stack.set(t, project+":spotPercent", "100")
		stack.change(t, "service/home.go", `"fargate-stack"`, `"changed-app"`)
		stack.refresh(t)
		changed := stack.up(t)
		now := a.describe(t, changed)
		if now.service.DesiredCount != 0 || len(a.tasks(t, changed)) != 0 {
			t.Errorf("desired count is %d, and there are the tasks %v", now.service.DesiredCount, a.tasks(t, changed))
		}
		if got, want := output(t, changed, "serviceName"), output(t, result, "serviceName"); got != want {
			t.Errorf("the service became %s, want %s", got, want)
		}
		if target := now.scalableTarget(t); *target.MaxCapacity != 0 {
			t.Errorf("autoscaling may start %d tasks", *target.MaxCapacity)
		}
	})
	t.Run("without protection, destroy leaves nothing behind", func(t *testing.T) {
		stack.set(t, project+":deletionProtection", "false")
		stack.up(t)
		stack.destroy(t)
		a.expect(t, before)
	})
}

// failingDestroy runs pulumi destroy, without a preview, which has to fail and
// to say some things.
func (d *deployment) failingDestroy(t *testing.T, wants ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), operationLimit)
	defer cancel()
	var output bytes.Buffer
	if _, err := d.stack.Destroy(ctx, optdestroy.ProgressStreams(&output), optdestroy.ErrorProgressStreams(&output)); err == nil {
		t.Fatalf("pulumi destroy did not fail:\n%s", output.String())
	}
	for _, want := range wants {
		if !strings.Contains(output.String(), want) {
			t.Errorf("pulumi destroy does not say %q:\n%s", want, output.String())
		}
	}
}

func (v *view) checkFirewall(t *testing.T) {
	t.Helper()
	answer := v.account.call(t, "AWSWAF_20190729.GetWebACLForResource", map[string]string{"ResourceArn": *v.balancer.LoadBalancerArn})
	var acl struct {
		DefaultAction struct{ Allow *struct{} }
		Rules         []struct {
			Statement struct {
				RateBasedStatement        struct{ Limit int }
				ManagedRuleGroupStatement struct{ Name string }
			}
		}
	}
	encoded, err := json.Marshal(answer["WebACL"])
	must(t, err)
	must(t, json.Unmarshal(encoded, &acl))
	if acl.DefaultAction.Allow == nil || len(acl.Rules) != 2 {
		t.Fatalf("the web ACL is %s", encoded)
	}
	if got := acl.Rules[0].Statement.RateBasedStatement.Limit; got != 500 {
		t.Errorf("an address may send %d requests, want 500", got)
	}
	if got := acl.Rules[1].Statement.ManagedRuleGroupStatement.Name; got != "AWSManagedRulesCommonRuleSet" {
		t.Errorf("the second rule is %s", got)
	}
}

// scalableTarget returns the bounds of the service.
func (v *view) scalableTarget(t *testing.T) scalingtypes.ScalableTarget {
	t.Helper()
	targets, err := v.account.autoscaling.DescribeScalableTargets(t.Context(), &applicationautoscaling.DescribeScalableTargetsInput{
		ServiceNamespace: scalingtypes.ServiceNamespaceEcs, ResourceIds: []string{scaledResource(t, v.result)},
	})
	must(t, err)
	if len(targets.ScalableTargets) != 1 {
		t.Fatalf("scalable targets are %v", targets.ScalableTargets)
	}
	return targets.ScalableTargets[0]
}

// scaledResource is what autoscaling calls the service.
func scaledResource(t *testing.T, result auto.UpResult) string {
	t.Helper()
	return "service/" + output(t, result, "clusterName") + "/" + output(t, result, "serviceName")
}

func (v *view) checkSchedule(t *testing.T) {
	t.Helper()
	actions, err := v.account.autoscaling.DescribeScheduledActions(t.Context(), &applicationautoscaling.DescribeScheduledActionsInput{
		ServiceNamespace: scalingtypes.ServiceNamespaceEcs, ResourceId: aws.String(scaledResource(t, v.result)),
	})
	must(t, err)
	bounds := map[string][2]int32{}
	for _, action := range actions.ScheduledActions {
		if *action.Timezone != "Europe/Berlin" {
			t.Errorf("%s holds in %s", *action.Schedule, *action.Timezone)
		}
		bounds[*action.Schedule] = [2]int32{*action.ScalableTargetAction.MinCapacity, *action.ScalableTargetAction.MaxCapacity}
	}
	want := map[string][2]int32{"cron(0 19 ? * MON-FRI *)": {0, 0}, "cron(0 7 ? * MON-FRI *)": {1, 4}}
	if !maps.Equal(bounds, want) {
		t.Errorf("scheduled bounds are %v, want %v", bounds, want)
	}
}

// checkSpot scales out and in again.
func checkSpot(t *testing.T, a *account, result auto.UpResult) {
	a.scale(t, result, 3)
	var found map[string]int
	wait(t, time.Minute, "the minimum and one of two on demand, the other one on Spot", func() bool {
		described, err := a.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{
			Cluster: aws.String(output(t, result, "clusterName")), Tasks: a.tasks(t, result),
		})
		must(t, err)
		found = map[string]int{}
		for _, task := range described.Tasks {
			found[aws.ToString(task.CapacityProviderName)]++
		}
		return maps.Equal(found, map[string]int{"FARGATE": 2, "FARGATE_SPOT": 1})
	})
	a.scale(t, result, 1)
}

// stopBySchedule does what the schedule's stop does.
func (a *account) stopBySchedule(t *testing.T, result auto.UpResult) {
	t.Helper()
	_, err := a.autoscaling.RegisterScalableTarget(t.Context(), &applicationautoscaling.RegisterScalableTargetInput{
		ServiceNamespace: scalingtypes.ServiceNamespaceEcs, ScalableDimension: scalingtypes.ScalableDimensionECSServiceDesiredCount,
		ResourceId: aws.String(scaledResource(t, result)), MinCapacity: aws.Int32(0), MaxCapacity: aws.Int32(0),
	})
	must(t, err)
	a.scale(t, result, 0)
	wait(t, time.Minute, "no task", func() bool { return len(a.tasks(t, result)) == 0 })
}

// addFirewalls adds the web ACLs.
func (a *account) addFirewalls(t *testing.T, found *inventory) {
	t.Helper()
	answer := a.call(t, "AWSWAF_20190729.ListWebACLs", map[string]string{"Scope": "REGIONAL"})
	for _, acl := range answer["WebACLs"].([]any) {
		name := acl.(map[string]any)["Name"].(string)
		found.add("web ACL", &name)
	}
}

// call asks the firewall by HTTP, as there is no client for it.
func (a *account) call(t *testing.T, operation string, question map[string]string) map[string]any {
	t.Helper()
	body, err := json.Marshal(question)
	must(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, *a.ecs.Options().BaseEndpoint, strings.NewReader(string(body)))
	must(t, err)
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", operation)
	response, err := http.DefaultClient.Do(request)
	must(t, err)
	defer response.Body.Close()
	var answer map[string]any
	must(t, json.NewDecoder(response.Body).Decode(&answer))
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %v", operation, answer)
	}
	return answer
}
