package scheduler

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func TestAServiceIsScaled(t *testing.T) {
	w := newWorld(t)
	w.deployed(input(good, 1))
	w.update(ecs.UpdateServiceInput{DesiredCount: aws.Int32(3)})
	w.until("it has three tasks", func(s types.Service) bool { return s.RunningCount == 3 })
	w.steps(2)
	w.update(ecs.UpdateServiceInput{DesiredCount: aws.Int32(1)})
	w.until("it has one task", isDone)
	if remaining := w.living(good); len(remaining) != 1 || remaining[0] != w.tasks[0] {
		t.Error("it is not the oldest task that stays")
	}
	if count := strings.Count(strings.Join(w.events(), "\n"), "has reached a steady state."); count != 3 {
		t.Errorf("a steady state is told %d times, want 3", count)
	}
	if got := w.service().Deployments[0]; got.DesiredCount != 1 || len(w.history()) != 1 {
		t.Errorf("the deployment is %+v, of %d", got, len(w.history()))
	}
}

func TestOfTooManyTasksThoseThatAreNotHealthyGoFirst(t *testing.T) {
	w := newWorld(t)
	settings := input(slow, 3)
	settings.DeploymentConfiguration.MinimumHealthyPercent = aws.Int32(0)
	w.create(settings)
	w.steps(3)
	w.tasks[0].condition.Health = types.HealthStatusHealthy
	w.tasks[1].condition.Health = types.HealthStatusHealthy
	w.update(ecs.UpdateServiceInput{DesiredCount: aws.Int32(2)})
	w.step()
	if remaining := w.living(slow); len(remaining) != 2 || remaining[0] != w.tasks[0] || remaining[1] != w.tasks[1] {
		t.Error("it is not the healthy ones that stay")
	}
}

func TestAServiceIsScaledInDuringADeployment(t *testing.T) {
	w := newWorld(t)
	w.deployed(input(good, 4))
	w.deploy(slow)
	w.steps(3)
	w.update(ecs.UpdateServiceInput{DesiredCount: aws.Int32(2)})
	w.steps(3)
	w.expectLiving(map[string]int{good: 2, slow: 2})
	if len(w.tasks) != 8 {
		t.Errorf("%d tasks were launched, want none in the place of those that were stopped", len(w.tasks))
	}
}

// Tasks go on while the scheduler looks at them.
func TestATaskThatFailsAMomentBeforeItIsDismissedIsCounted(t *testing.T) {
	w := newWorld(t)
	w.create(input(slow, 1))
	w.steps(2)
	w.tasks[0].Stop(types.TaskStopCodeEssentialContainerExited, "Essential container in task exited")
	w.tasks[0].become(statusStopped)
	s := w.scheduler.services[0]
	s.dismissStopped()
	s.countFailures()
	s.dismissStopped()
	if failures := w.service().Deployments[0].FailedTasks; failures != 1 || len(s.tasks) != 0 {
		t.Errorf("%d failures are counted, %d tasks are left", failures, len(s.tasks))
	}
}

func TestATaskThatEndsIsReplaced(t *testing.T) {
	tests := []struct {
		name string
		end  func(*world, *fakeTask)
	}{
		{"stopped by hand", func(w *world, f *fakeTask) {
			stopped, ok := w.scheduler.StopTask(*f.record.TaskArn, "")
			if !ok || stopped.StopCode != types.TaskStopCodeUserInitiated || *stopped.StoppedReason != "Task stopped by user" {
				w.Errorf("it is stopped with %s: %v", stopped.StopCode, stopped.StoppedReason)
			}
		}},
		{"ended by itself", func(_ *world, f *fakeTask) {
			f.Stop(types.TaskStopCodeEssentialContainerExited, "Essential container in task exited")
		}},
		{"unhealthy", func(_ *world, f *fakeTask) { f.fail() }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.deployed(input(slow, 0))
			w.update(ecs.UpdateServiceInput{DesiredCount: aws.Int32(2)})
			w.steps(3)
			for _, f := range w.tasks {
				f.condition.Health = types.HealthStatusHealthy
			}
			w.step()
			test.end(w, w.tasks[0])
			w.steps(3)
			if len(w.tasks) != 3 || !w.tasks[0].is(statusStopped) || len(w.living(slow)) != 2 {
				t.Errorf("%d tasks were launched, %d are to run", len(w.tasks), len(w.living(slow)))
			}
			if d := w.service().Deployments; len(d) != 1 || d[0].RolloutState != types.DeploymentRolloutStateCompleted {
				t.Errorf("deployments are %+v", d)
			}
		})
	}
}

func TestAnUnhealthyTaskHasItsTimeOfGrace(t *testing.T) {
	w := newWorld(t)
	settings := input(unhealthy, 1)
	settings.HealthCheckGracePeriodSeconds = aws.Int32(10)
	w.create(settings)
	w.until("the task runs", func(s types.Service) bool { return s.RunningCount == 1 })
	w.steps(9)
	if len(w.tasks) > 1 {
		t.Error("after 9 seconds, it was replaced")
	}
	w.step()
	first := w.tasks[0]
	if first.record.StopCode != types.TaskStopCodeServiceSchedulerInitiated || *first.record.StoppedReason != "Task failed container health checks" {
		t.Errorf("after 10 seconds, it is %+v", first.record)
	}
	if !w.told("(task 1) failed container health checks") {
		t.Errorf("events are %v", w.events())
	}
}

func TestTasksThatFailToStartAreLaunchedMoreAndMoreSeldom(t *testing.T) {
	w := newWorld(t)
	settings := input(unable, 2)
	settings.DeploymentConfiguration = nil
	w.create(settings)
	for range 4 * 60 {
		w.step()
	}
	// Three times at once, and then after 1, 2, 4 and so on up to 64 seconds.
	if rounds := len(w.tasks) / 2; rounds != 3+7 {
		t.Errorf("in 4 minutes, two tasks were launched %d times", rounds)
	}
	if count := strings.Count(strings.Join(w.events(), "\n"), "is unable to consistently start tasks successfully."); count != 1 {
		t.Errorf("that is told %d times", count)
	}
	w.deploy(good)
	w.steps(3)
	w.expectLiving(map[string]int{good: 2})
}

func TestTheWaitForTasksThatFailToStartHasALimit(t *testing.T) {
	var tr throttle
	now := time.Unix(1e9, 0)
	for range 100 {
		now = now.Add(time.Hour)
		tr.fail(now.Add(-time.Second), now)
	}
	if wait := tr.until().Sub(now); wait != 27*time.Minute {
		t.Errorf("it is %s", wait)
	}
}

func TestTasksThatFailLaterAreReplacedAtOnce(t *testing.T) {
	w := newWorld(t)
	settings := input(crashing, 1)
	settings.DeploymentConfiguration = nil
	w.create(settings)
	w.steps(60)
	if len(w.tasks) < 15 {
		t.Errorf("in a minute, %d tasks were launched", len(w.tasks))
	}
}

func TestADeletedServiceIsInactiveWhenItsTasksHaveStopped(t *testing.T) {
	w := newWorld(t)
	w.deployed(input(good, 2))
	if _, err := w.scheduler.Delete("main", "app", false); !errors.Is(err, ErrScaled) {
		t.Errorf("without force: %v", err)
	}
	deleted, err := w.scheduler.Delete("main", "app", true)
	if err != nil || *deleted.Status != "DRAINING" || deleted.DesiredCount != 0 || deleted.Deployments[0].DesiredCount != 0 {
		t.Fatalf("it is %+v (%v)", deleted, err)
	}
	if _, err := w.scheduler.Create(input(good, 1)); !errors.Is(err, ErrDraining) {
		t.Errorf("while it drains, creating one with its name gives: %v", err)
	}
	if _, err := w.scheduler.Update(&ecs.UpdateServiceInput{Cluster: aws.String("main"), Service: aws.String("app")}); !errors.Is(err, ErrNotActive) {
		t.Errorf("while it drains, updating it gives: %v", err)
	}
	w.until("it is inactive", func(s types.Service) bool { return *s.Status == "INACTIVE" })
	for _, f := range w.tasks {
		if !f.is(statusStopped) || *f.record.StoppedReason != "Service deleted" {
			t.Errorf("a task is %s: %s", *f.record.LastStatus, *f.record.StoppedReason)
		}
	}
	if listed := w.scheduler.List("main"); len(listed) > 0 {
		t.Errorf("listed are %v", listed)
	}
	w.steps(3)
	if len(w.tasks) != 2 {
		t.Error("tasks were launched for an inactive service")
	}
}

func TestAServiceMayBeDeletedDuringADeployment(t *testing.T) {
	w := newWorld(t)
	w.deployed(input(good, 2))
	w.deploy(slow)
	w.steps(3)
	if _, err := w.scheduler.Delete("main", "app", true); err != nil {
		t.Fatal(err)
	}
	w.until("it is inactive", func(s types.Service) bool { return *s.Status == "INACTIVE" })
	if latest := w.history()[0]; latest.Status != types.ServiceDeploymentStatusStopped {
		t.Errorf("the deployment is %s", latest.Status)
	}
}

func TestANameCanBeUsedAgain(t *testing.T) {
	w := newWorld(t)
	w.deployed(input(good, 1))
	if _, err := w.scheduler.Create(input(good, 1)); !errors.Is(err, ErrExists) {
		t.Errorf("while it is active: %v", err)
	}
	if _, err := w.scheduler.Delete("main", "app", true); err != nil {
		t.Fatal(err)
	}
	w.until("it is inactive", func(s types.Service) bool { return *s.Status == "INACTIVE" })
	w.deployed(input(alsoGood, 1))
	if len(w.history()) != 1 {
		t.Errorf("the new one has %d deployments", len(w.history()))
	}
	if tasks := w.scheduler.Tasks("arn:aws:ecs:eu-central-1:111122223333:cluster/main"); len(tasks) != 2 {
		t.Errorf("%d tasks are told of, want those of both", len(tasks))
	}
}

func TestAnUnknownServiceIsNotFound(t *testing.T) {
	s := New(Options{})
	name := aws.String("app")
	if _, err := s.Update(&ecs.UpdateServiceInput{Cluster: name, Service: name}); !errors.Is(err, ErrNotFound) {
		t.Errorf("Update says %v", err)
	}
	if _, err := s.Delete("app", "app", true); !errors.Is(err, ErrNotFound) {
		t.Errorf("Delete says %v", err)
	}
	if _, ok := s.Describe("app", "app"); ok {
		t.Error("Describe finds it")
	}
	if _, ok := s.StopTask("app", ""); ok {
		t.Error("StopTask finds a task")
	}
	if s.Tag("app", func(tags []types.Tag) []types.Tag { return tags }) {
		t.Error("Tag finds it")
	}
}

func TestTasksAreToldOfForAnHourAfterTheyHaveStopped(t *testing.T) {
	w := newWorld(t)
	w.deployed(input(good, 1))
	w.tasks[0].Stop(types.TaskStopCodeUserInitiated, "by hand")
	w.steps(4)
	arns := func() string {
		var all []string
		for _, task := range w.scheduler.Tasks("arn:aws:ecs:eu-central-1:111122223333:cluster/main") {
			all = append(all, (*task.TaskArn)[strings.LastIndexByte(*task.TaskArn, '/')+1:])
		}
		return strings.Join(all, " ")
	}
	if got := arns(); got != "2 1" {
		t.Errorf("told of are %s, want the latest first", got)
	}
	w.now = w.now.Add(59 * time.Minute)
	w.step()
	if got := arns(); got != "2 1" {
		t.Errorf("after 59 minutes, told of are %s", got)
	}
	w.now = w.now.Add(time.Minute)
	w.step()
	if got := arns(); got != "2" {
		t.Errorf("after an hour, told of are %s", got)
	}
}

func TestOnlyTheLatestEventsAreKept(t *testing.T) {
	w := newWorld(t)
	w.deployed(input(good, 1))
	s := w.scheduler.services[0]
	for i := range 2 * keptEvents {
		s.tell("event %d", i)
	}
	if events := w.service().Events; len(events) != 100 || *events[0].Message != fmt.Sprintf("(service app) event %d", 2*keptEvents-1) {
		t.Errorf("there are %d, the latest says %s", len(events), *events[0].Message)
	}
}

func TestTagsAreChanged(t *testing.T) {
	w := newWorld(t)
	created := w.create(input(good, 0))
	found := w.scheduler.Tag(*created.ServiceArn, func(tags []types.Tag) []types.Tag {
		return append(slices.Clone(tags), types.Tag{Key: aws.String("a"), Value: aws.String("1")})
	})
	if tags := w.service().Tags; !found || len(tags) != 1 || *tags[0].Key != "a" {
		t.Errorf("tags are %v, the service is found: %t", tags, found)
	}
}

func TestServicesAreLookedAtAllTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.create(input(good, 1))
		go w.scheduler.Run(t.Context())
		time.Sleep(pace + time.Millisecond)
		synctest.Wait()
		if len(w.tasks) != 1 {
			t.Errorf("after %s, %d tasks were launched", pace, len(w.tasks))
		}
	})
}
