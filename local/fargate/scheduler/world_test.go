package scheduler

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// The task definitions of the tests, by what becomes of their tasks.
const (
	good      = "good"      // becomes healthy
	alsoGood  = "also-good" // does so too
	slow      = "slow"      // becomes healthy when the test says so
	unable    = "unable"    // does not start
	crashing  = "crashing"  // exits when it runs
	unhealthy = "unhealthy" // fails its health checks
)

// A fakeTask takes one step of its life at a time.
type fakeTask struct {
	world     *world
	record    types.Task
	condition Condition
	draining  bool // for as long as this is set
}

func (f *fakeTask) Record() types.Task   { return f.record }
func (f *fakeTask) Condition() Condition { return f.condition }

func (f *fakeTask) Stop(code types.TaskStopCode, reason string) {
	if *f.record.DesiredStatus == statusStopped {
		return
	}
	f.record.DesiredStatus = aws.String(statusStopped)
	f.record.StopCode, f.record.StoppedReason = code, &reason
	f.condition = Condition{Health: types.HealthStatusUnknown}
}

func (f *fakeTask) is(status string) bool { return *f.record.LastStatus == status }

func (f *fakeTask) become(status string) {
	f.record.LastStatus = &status
	now := f.world.now
	switch status {
	case statusRunning:
		f.record.StartedAt = &now
	case statusStopped:
		f.record.StoppedAt = &now
	}
}

func (f *fakeTask) step() {
	definition := *f.record.TaskDefinitionArn
	switch {
	case f.is("DEACTIVATING") && f.draining:
	case f.is("DEACTIVATING"):
		f.become(statusStopped)
	case f.is(statusStopped):
	case *f.record.DesiredStatus == statusStopped:
		f.become("DEACTIVATING")
	case f.is("PROVISIONING") && definition == unable:
		f.Stop(types.TaskStopCodeTaskFailedToStart, "CannotPullContainerError: not found")
	case f.is("PROVISIONING"):
		f.become(statusRunning)
	case definition == crashing:
		f.Stop(types.TaskStopCodeEssentialContainerExited, "Essential container in task exited")
	case definition == unhealthy:
		f.fail()
	case definition != slow:
		f.condition.Health = types.HealthStatusHealthy
	}
}

// fail has the task fail its health checks.
func (f *fakeTask) fail() {
	f.condition = Condition{Health: types.HealthStatusUnhealthy, Reason: FailedHealthChecks + "container health checks"}
}

// A world has a scheduler, and a service of it that is called app. Its clock
// goes on by a second with each step.
type world struct {
	*testing.T
	scheduler *Scheduler
	now       time.Time
	tasks     []*fakeTask // all that were launched
	// watch looks at the service after each step.
	watch func(types.Service)
}

func newWorld(t *testing.T) *world {
	w := &world{T: t, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), watch: func(types.Service) {}}
	w.scheduler = New(Options{
		Account: "111122223333", Region: "eu-central-1", Launch: w.launch,
		Now: func() time.Time { return w.now },
	})
	return w
}

func (w *world) launch(launch Launch) Task {
	created := w.now
	f := &fakeTask{world: w, condition: Condition{Health: types.HealthStatusUnknown}, record: types.Task{
		TaskArn:           aws.String(fmt.Sprintf("arn:aws:ecs:eu-central-1:111122223333:task/main/%d", len(w.tasks)+1)),
		ClusterArn:        launch.Service.ClusterArn,
		TaskDefinitionArn: &launch.TaskDefinition,
		StartedBy:         &launch.Deployment,
		CreatedAt:         &created,
		DesiredStatus:     aws.String(statusRunning),
		LastStatus:        aws.String("PROVISIONING"),
	}}
	if launch.CapacityProvider != "" {
		f.record.CapacityProviderName = &launch.CapacityProvider
	}
	w.tasks = append(w.tasks, f)
	return f
}

// input returns the settings of a service with a circuit breaker.
func input(definition string, desired int32) *ecs.CreateServiceInput {
	return &ecs.CreateServiceInput{
		Cluster: aws.String("main"), ServiceName: aws.String("app"),
		TaskDefinition: &definition, DesiredCount: &desired,
		DeploymentConfiguration: &types.DeploymentConfiguration{
			DeploymentCircuitBreaker: &types.DeploymentCircuitBreaker{Enable: true, Rollback: true},
		},
	}
}

func (w *world) create(input *ecs.CreateServiceInput) types.Service {
	w.Helper()
	created, err := w.scheduler.Create(input)
	if err != nil {
		w.Fatal(err)
	}
	return created
}

// deployed creates a service and waits until it is deployed.
func (w *world) deployed(input *ecs.CreateServiceInput) {
	w.Helper()
	w.create(input)
	w.until("the first deployment is done", isDone)
}

func (w *world) update(change ecs.UpdateServiceInput) types.Service {
	w.Helper()
	change.Cluster, change.Service = aws.String("main"), aws.String("app")
	updated, err := w.scheduler.Update(&change)
	if err != nil {
		w.Fatal(err)
	}
	return updated
}

// deploy deploys another task definition.
func (w *world) deploy(definition string) types.Service {
	w.Helper()
	return w.update(ecs.UpdateServiceInput{TaskDefinition: &definition})
}

func (w *world) service() types.Service {
	w.Helper()
	found, ok := w.scheduler.Describe("main", "app")
	if !ok {
		w.Fatal("there is no service")
	}
	return found
}

func (w *world) history() []types.ServiceDeployment { return w.scheduler.Deployments("main", "app") }

func (w *world) step() {
	w.now = w.now.Add(time.Second)
	for _, f := range w.tasks {
		f.step()
	}
	w.scheduler.schedule()
	w.watch(w.service())
}

// steps takes some steps.
func (w *world) steps(count int) {
	for range count {
		w.step()
	}
}

// until takes steps until something is so.
func (w *world) until(what string, is func(types.Service) bool) {
	w.Helper()
	for range 100 {
		if is(w.service()) {
			return
		}
		w.step()
	}
	w.Fatalf("never: %s; events are\n%s", what, strings.Join(w.events(), "\n"))
}

// isDone tells whether the service is stable, as the AWS provider and the
// waiters of the SDKs see it.
func isDone(s types.Service) bool {
	return len(s.Deployments) == 1 && s.RunningCount == s.DesiredCount && s.PendingCount == 0 &&
		s.Deployments[0].RolloutState == types.DeploymentRolloutStateCompleted
}

// events returns the messages of the events, the first one first, without the
// beginning that all have.
func (w *world) events() []string {
	all := w.service().Events
	var messages []string
	for i := range all {
		messages = append(messages, strings.TrimPrefix(*all[len(all)-1-i].Message, "(service app) "))
	}
	return messages
}

// told tells whether an event says something.
func (w *world) told(text string) bool {
	return strings.Contains(strings.Join(w.events(), "\n"), text)
}

// living returns the tasks that are to run, of one task definition.
func (w *world) living(definition string) []*fakeTask {
	var living []*fakeTask
	for _, f := range w.tasks {
		if *f.record.DesiredStatus == statusRunning && *f.record.TaskDefinitionArn == definition {
			living = append(living, f)
		}
	}
	return living
}

// expectLiving checks how many tasks are to run, by their task definitions.
func (w *world) expectLiving(want map[string]int) {
	w.Helper()
	for _, definition := range []string{good, alsoGood, slow, unable, crashing, unhealthy} {
		if got := len(w.living(definition)); got != want[definition] {
			w.Errorf("%d tasks of %s are to run, want %d", got, definition, want[definition])
		}
	}
}
