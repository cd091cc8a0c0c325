package task

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	docker "github.com/docker/docker/api/types/container"

	"fargate-stack/local/fargate/loadbalancer"
	"fargate-stack/local/fargate/scheduler"
)

func TestTheHealthOfATaskIsThatOfItsEssentialContainers(t *testing.T) {
	const none = "" // of a container without a health check
	tests := []struct {
		name            string
		first, second   string
		secondEssential bool
		want            types.HealthStatus
	}{
		{"nothing is checked", none, none, true, types.HealthStatusUnknown},
		{"both are healthy", docker.Healthy, docker.Healthy, true, types.HealthStatusHealthy},
		{"one is unhealthy", docker.Healthy, docker.Unhealthy, true, types.HealthStatusUnhealthy},
		{"one is starting", docker.Starting, docker.Healthy, true, types.HealthStatusUnknown},
		{"one is starting and one is unhealthy", docker.Starting, docker.Unhealthy, true, types.HealthStatusUnhealthy},
		{"one is not checked", docker.Healthy, none, true, types.HealthStatusHealthy},
		{"one that is not essential is unhealthy", docker.Healthy, docker.Unhealthy, false, types.HealthStatusHealthy},
		{"only one that is not essential is checked", none, docker.Healthy, false, types.HealthStatusUnknown},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFakeCloud()
			first := f.definition.ContainerDefinitions[0]
			second := first
			second.Essential = &test.secondEssential
			f.definition.ContainerDefinitions = []types.ContainerDefinition{first, second}
			statuses := []string{test.first, test.second}
			for i, status := range statuses {
				if status != none {
					f.definition.ContainerDefinitions[i].HealthCheck = &types.HealthCheck{}
				}
			}
			task := f.described(t)
			for i, status := range statuses {
				if status != none {
					task.noteHealth(&container{index: i}, status)
				}
			}
			if got := task.Record().HealthStatus; got != test.want {
				t.Errorf("it is %s, want %s", got, test.want)
			}
		})
	}
}

func TestConditionOfATask(t *testing.T) {
	const (
		healthy   = types.HealthStatusHealthy
		unhealthy = types.HealthStatusUnhealthy
		unknown   = types.HealthStatusUnknown
	)
	tests := []struct {
		name    string
		status  string
		checked bool // its container is
		own     types.HealthStatus
		target  elbtypes.TargetHealthStateEnum // none if empty
		want    scheduler.Condition
	}{
		{"it starts", pending, false, unknown, "", scheduler.Condition{Health: unknown}},
		{"it drains", deactivating, false, unknown, elbtypes.TargetHealthStateEnumHealthy, scheduler.Condition{Health: unknown}},
		{"it runs and nothing is checked", running, false, unknown, "", scheduler.Condition{Health: healthy}},
		{"its container was not checked yet", running, true, unknown, "", scheduler.Condition{Health: unknown}},
		{"its container is healthy", running, true, healthy, "", scheduler.Condition{Health: healthy}},
		{"its container is unhealthy", running, true, unhealthy, elbtypes.TargetHealthStateEnumHealthy,
			scheduler.Condition{Health: unhealthy, Reason: "failed container health checks"}},
		{"its target was not checked yet", running, false, unknown, elbtypes.TargetHealthStateEnumInitial, scheduler.Condition{Health: unknown}},
		{"its target is in no use", running, false, unknown, elbtypes.TargetHealthStateEnumUnused, scheduler.Condition{Health: unknown}},
		{"its target is healthy", running, false, unknown, elbtypes.TargetHealthStateEnumHealthy, scheduler.Condition{Health: healthy}},
		{"its target is healthy and its container was not checked yet", running, true, unknown, elbtypes.TargetHealthStateEnumHealthy, scheduler.Condition{Health: unknown}},
		{"its target is unhealthy", running, true, healthy, elbtypes.TargetHealthStateEnumUnhealthy,
			scheduler.Condition{Health: unhealthy, Reason: "failed ELB health checks in (target-group group) due to (reason Health checks failed with these codes: [404])"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFakeCloud()
			if test.checked {
				f.definition.ContainerDefinitions[0].HealthCheck = &types.HealthCheck{}
			}
			task := f.described(t)
			task.record.LastStatus, task.record.HealthStatus = aws.String(test.status), test.own
			if test.target != "" {
				task.targets = []target{{"group", loadbalancer.Target{Address: "10.0.0.4", Port: 8080}}}
				f.Register("group", loadbalancer.Target{Address: "10.0.0.9", Port: 8080}, task.targets[0].Target)
				f.setHealth(test.target, "Health checks failed with these codes: [404]")
			}
			if got := task.Condition(); got != test.want {
				t.Errorf("it is %+v, want %+v", got, test.want)
			}
		})
	}
}
