package task

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"fargate-stack/local/fargate/scheduler"
)

// runToEnd launches a task without a Docker engine and returns it when it has
// ended.
func runToEnd(t *testing.T, f *fakeCloud, directory string, launched scheduler.Launch) types.Task {
	t.Helper()
	options := f.options()
	options.Docker, options.Directory = noEngine(t), directory
	launcher := NewLauncher(options)
	task := launcher.Launch(launched)
	launcher.tasks.Wait()
	return task.Record()
}

func TestATaskThatFailsToStartSaysWhyAndLeavesNothing(t *testing.T) {
	f, directory := newFakeCloud(), t.TempDir()
	record := runToEnd(t, f, directory, launch())
	if record.StopCode != types.TaskStopCodeTaskFailedToStart || *record.LastStatus != "STOPPED" || record.StoppedAt == nil || record.StartedAt != nil ||
		!strings.Contains(*record.StoppedReason, "ResourceInitializationError: starting the network interface") ||
		!strings.Contains(*record.StoppedReason, "Cannot connect to the Docker daemon") {
		t.Errorf("it is %s with %s: %s", *record.LastStatus, record.StopCode, *record.StoppedReason)
	}
	left, err := os.ReadDir(directory)
	if err != nil || len(left) > 0 || len(f.attached) > 0 || len(f.registered()) > 0 {
		t.Errorf("left are %v, the addresses %v and the targets %v (%v)", left, f.attached, f.registered(), err)
	}
}

func TestATaskNeedsASubnet(t *testing.T) {
	for name, configuration := range map[string]*types.NetworkConfiguration{
		"no network": nil,
		"no awsvpc":  {},
		"no subnets": {AwsvpcConfiguration: &types.AwsVpcConfiguration{}},
	} {
		launched := launch()
		launched.Service.NetworkConfiguration = configuration
		record := runToEnd(t, newFakeCloud(), t.TempDir(), launched)
		if !strings.Contains(*record.StoppedReason, "needs a networkConfiguration with subnets") {
			t.Errorf("%s: %s", name, *record.StoppedReason)
		}
	}
}

func TestTasksAreSpreadOverTheSubnets(t *testing.T) {
	f := newFakeCloud()
	options := f.options()
	options.Docker, options.Directory = noEngine(t), t.TempDir()
	launched := launch()
	launched.Service.NetworkConfiguration.AwsvpcConfiguration.Subnets = []string{"a", "b", "c"}
	launcher := NewLauncher(options)
	for range 6 {
		launcher.Launch(launched)
	}
	launcher.tasks.Wait()
	slices.Sort(f.subnets)
	if !slices.Equal(f.subnets, []string{"a", "a", "b", "b", "c", "c"}) {
		t.Errorf("tasks are in %v", f.subnets)
	}
}
