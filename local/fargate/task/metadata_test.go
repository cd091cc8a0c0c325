package task

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// runningTask returns a task as its metadata endpoint knows it, though nothing
// runs.
func runningTask(t *testing.T) *Task {
	t.Helper()
	f := newFakeCloud()
	f.definition.ContainerDefinitions[0].Memory = aws.Int32(128)
	f.definition.ContainerDefinitions[0].DockerLabels = map[string]string{"team": "a"}
	task := f.described(t)
	task.attached.Address = netip.MustParseAddr("10.0.0.4")
	task.enter(running)
	task.change(func(record *types.Task) {
		record.AvailabilityZone = aws.String(zone)
		record.Containers[0].ImageDigest = aws.String("sha256:0123")
	})
	task.noteStart(&container{definition: f.definition.ContainerDefinitions[0], id: "docker-id"})
	return task
}

func TestAContainerIsToldOfItselfInTheWordsOfECS(t *testing.T) {
	task := runningTask(t)
	_, told := tell(t, task, "app", "")
	for _, moment := range []string{"CreatedAt", "StartedAt"} {
		if told[moment] == nil {
			t.Errorf("%s is missing", moment)
		}
		delete(told, moment)
	}
	want := map[string]any{
		"DockerId": "docker-id", "Name": "app", "DockerName": "app", "Type": "NORMAL",
		"Image": registryName + "/app@sha256:0123", "ImageID": "sha256:0123",
		"DesiredStatus": "RUNNING", "KnownStatus": "RUNNING",
		"Limits":       map[string]any{"Memory": 128.0},
		"ContainerARN": strings.Replace(*task.Record().TaskArn, ":task/", ":container/", 1) + "/app",
		"Labels": map[string]any{
			"com.amazonaws.ecs.cluster":                 clusterARN,
			"com.amazonaws.ecs.container-name":          "app",
			"com.amazonaws.ecs.task-arn":                *task.Record().TaskArn,
			"com.amazonaws.ecs.task-definition-family":  "app",
			"com.amazonaws.ecs.task-definition-version": "1",
			"team": "a",
		},
		"LogDriver": "awslogs",
		"LogOptions": map[string]any{
			"awslogs-group": "/ecs/app", "awslogs-region": region, "awslogs-stream-prefix": "ecs", "awslogs-stream": "ecs/app/" + task.id,
		},
		"Networks": []any{map[string]any{
			"NetworkMode": "awsvpc", "IPv4Addresses": []any{"10.0.0.4"}, "AttachmentIndex": 0.0,
			"PrivateDNSName": "ip-10-0-0-4.eu-central-1.compute.internal",
		}},
	}
	if !reflect.DeepEqual(told, want) {
		t.Errorf("got  %v\nwant %v", told, want)
	}
}

func TestAContainerIsToldOfItsTaskInTheWordsOfECS(t *testing.T) {
	task := runningTask(t)
	_, container := tell(t, task, "app", "")
	_, told := tell(t, task, "app", "/task")
	want := map[string]any{
		"Cluster": clusterARN, "ServiceName": "app", "TaskARN": *task.Record().TaskArn,
		"Family": "app", "Revision": "1", "DesiredStatus": "RUNNING", "KnownStatus": "RUNNING",
		"Limits":           map[string]any{"CPU": 0.25, "Memory": 512.0},
		"AvailabilityZone": zone, "LaunchType": "FARGATE",
		"Containers": []any{container},
	}
	if !reflect.DeepEqual(told, want) {
		t.Errorf("got  %v\nwant %v", told, want)
	}
}
