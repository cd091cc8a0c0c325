package task

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func TestATaskIsToldOfFromItsLaunch(t *testing.T) {
	f := newFakeCloud()
	record := f.described(t).Record()
	arn := *record.TaskArn
	if id, is := strings.CutPrefix(arn, "arn:aws:ecs:eu-central-1:111122223333:task/main/"); !is || len(id) != 32 {
		t.Errorf("the ARN is %s", arn)
	}
	if *record.LastStatus != "PROVISIONING" || *record.DesiredStatus != "RUNNING" || *record.Group != "service:app" ||
		*record.StartedBy != "ecs-svc/1" || *record.Cpu != "256" || record.LaunchType != types.LaunchTypeFargate || *record.PlatformVersion != "1.4.0" {
		t.Errorf("the record is %+v", record)
	}
	if container := record.Containers[0]; *container.LastStatus != "PENDING" || !strings.HasPrefix(*container.ContainerArn, strings.Replace(arn, ":task/", ":container/", 1)) {
		t.Errorf("the container is %+v", container)
	}
}

func TestTagsOfTheServiceAreTheTasksIfTheyArePropagated(t *testing.T) {
	tags := []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}}
	for propagate, want := range map[types.PropagateTags]int{types.PropagateTagsService: 1, types.PropagateTagsNone: 0} {
		launched := launch()
		launched.Service.Tags, launched.Service.PropagateTags = tags, propagate
		if got := NewLauncher(newFakeCloud().options()).newTask(launched, 0).Record().Tags; len(got) != want {
			t.Errorf("%s: tags are %v", propagate, got)
		}
	}
}

func TestTheFirstReasonToStopIsTheOneThatIsTold(t *testing.T) {
	task := newFakeCloud().described(t)
	task.Stop(types.TaskStopCodeEssentialContainerExited, "first")
	task.Stop(types.TaskStopCodeUserInitiated, "second")
	record := task.Record()
	if record.StopCode != types.TaskStopCodeEssentialContainerExited || *record.StoppedReason != "first" || *record.DesiredStatus != "STOPPED" {
		t.Errorf("it is %s: %s", record.StopCode, *record.StoppedReason)
	}
	select {
	case <-task.asked:
	default:
		t.Error("the task does not learn of it")
	}
}

// What was told of a task does not change when the task does.
func TestARecordIsOfItsMoment(t *testing.T) {
	task := newFakeCloud().described(t)
	before := task.Record()
	task.change(func(record *types.Task) { record.Containers[0].LastStatus = aws.String("RUNNING") })
	after := task.Record()
	if *before.Containers[0].LastStatus != "PENDING" || *after.Containers[0].LastStatus != "RUNNING" || after.Version != before.Version+1 {
		t.Errorf("before, the container is %s, after %s; the version is %d", *before.Containers[0].LastStatus, *after.Containers[0].LastStatus, after.Version)
	}
}
