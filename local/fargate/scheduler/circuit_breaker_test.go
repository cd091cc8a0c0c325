package scheduler

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func TestFailureThreshold(t *testing.T) {
	for desired, want := range map[int32]int32{0: 3, 1: 3, 6: 3, 7: 4, 25: 13, 400: 200, 1000: 200} {
		s := &service{record: types.Service{DesiredCount: desired}}
		if got := s.failureThreshold(); got != want {
			t.Errorf("of %d tasks, %d may fail, want %d", desired, got, want)
		}
	}
}

// failed tells whether the primary deployment has failed.
func failed(s types.Service) bool {
	return s.Deployments[0].RolloutState == types.DeploymentRolloutStateFailed
}

func TestADeploymentWhoseTasksFailGoesBackToTheCompletedOne(t *testing.T) {
	for _, bad := range []string{unable, crashing, unhealthy} {
		t.Run("tasks that are "+bad, func(t *testing.T) {
			w := newWorld(t)
			w.deployed(input(good, 2))
			former := w.service().Deployments[0]
			w.deploy(bad)
			var told types.Deployment // of the bad deployment, when it has failed
			w.watch = func(s types.Service) {
				if len(w.living(good)) != 2 {
					t.Errorf("%d good tasks are to run", len(w.living(good)))
				}
				if failed(s) {
					told = s.Deployments[0]
				}
			}
			w.until("it is rolled back", func(s types.Service) bool { return isDone(s) && *s.Deployments[0].Id == *former.Id })
			if told.FailedTasks < 3 || told.FailedTasks > 4 || *told.Status != "ACTIVE" || *told.RolloutStateReason != "ECS deployment circuit breaker: tasks failed to start." {
				t.Errorf("the bad deployment was %+v", told)
			}
			if got := *w.service().TaskDefinition; got != good {
				t.Errorf("the service's task definition is %s", got)
			}
			for _, text := range []string{"deployment failed: tasks failed to start.", "rolling back to deployment " + *former.Id + "."} {
				if !w.told(text) {
					t.Errorf("no event says: %s", text)
				}
			}
		})
	}
}

func TestTheHistoryTellsOfARollback(t *testing.T) {
	w := newWorld(t)
	w.deployed(input(good, 1))
	before := w.history()[0]
	w.deploy(crashing)
	w.until("it is rolled back", func(types.Service) bool {
		return w.history()[0].Status == types.ServiceDeploymentStatusRollbackInProgress
	})
	if w.service().CurrentServiceDeployment == nil {
		t.Error("on the way back, there is no current deployment")
	}
	w.until("that is done", isDone)
	history := w.history()
	if bad := history[0]; bad.Status != types.ServiceDeploymentStatusRollbackSuccessful || bad.FinishedAt == nil ||
		*bad.Rollback.ServiceRevisionArn != *before.TargetServiceRevision.Arn ||
		bad.DeploymentCircuitBreaker.Status != types.ServiceDeploymentRollbackMonitorsStatusTriggered {
		t.Errorf("the bad deployment is told of as %+v", bad)
	}
	if after := history[1]; after.Status != before.Status || !after.FinishedAt.Equal(*before.FinishedAt) {
		t.Errorf("the good deployment is told of as %+v, before as %+v", after, before)
	}
}

func TestAfterARollbackTheNextDeploymentWorks(t *testing.T) {
	w := newWorld(t)
	w.deployed(input(good, 2))
	w.deploy(unhealthy)
	w.until("it is rolled back", func(s types.Service) bool { return isDone(s) && *s.TaskDefinition == good })
	w.deploy(alsoGood)
	w.until("the next one is done", isDone)
	w.expectLiving(map[string]int{alsoGood: 2})
	if status := w.history()[0].Status; status != types.ServiceDeploymentStatusSuccessful {
		t.Errorf("it has ended %s", status)
	}
}

func TestANewDeploymentMayInterruptARollback(t *testing.T) {
	w := newWorld(t)
	w.deployed(input(good, 1))
	w.deploy(unhealthy)
	w.until("it is rolled back", func(types.Service) bool {
		return w.history()[0].Status == types.ServiceDeploymentStatusRollbackInProgress
	})
	w.deploy(alsoGood)
	w.until("the next one is done", isDone)
	w.expectLiving(map[string]int{alsoGood: 1})
	var statuses string
	for _, d := range w.history() {
		statuses += fmt.Sprintf("%s ", d.Status)
	}
	if statuses != "SUCCESSFUL STOPPED SUCCESSFUL " {
		t.Errorf("deployments have ended %s", statuses)
	}
}

func TestWithoutACompletedDeploymentTheFirstOneFails(t *testing.T) {
	w := newWorld(t)
	w.create(input(crashing, 2))
	w.until("it has failed", failed)
	launched := len(w.tasks)
	w.steps(20)
	if len(w.tasks) > launched {
		t.Errorf("after that, %d more tasks were launched", len(w.tasks)-launched)
	}
	if d := w.service().Deployments; len(d) != 1 || *d[0].Status != "PRIMARY" || w.history()[0].Status != types.ServiceDeploymentStatusStopped {
		t.Errorf("deployments are %+v, it has ended %s", d, w.history()[0].Status)
	}
	w.deploy(good)
	w.until("the next one is done", isDone)
	w.expectLiving(map[string]int{good: 2})
}

func TestWithoutRollbackTheFormerTasksGoOn(t *testing.T) {
	w := newWorld(t)
	settings := input(good, 2)
	settings.DeploymentConfiguration.DeploymentCircuitBreaker.Rollback = false
	w.deployed(settings)
	w.deploy(unable)
	w.until("it has failed", failed)
	w.steps(20)
	w.expectLiving(map[string]int{good: 2})
	if d := w.service().Deployments; len(d) != 2 || *d[0].TaskDefinition != unable {
		t.Errorf("deployments are %+v", d)
	}
}

func TestWithoutACircuitBreakerADeploymentGoesOnForever(t *testing.T) {
	w := newWorld(t)
	settings := input(crashing, 1)
	settings.DeploymentConfiguration = nil
	w.create(settings)
	w.steps(50)
	d := w.service().Deployments[0]
	if d.RolloutState != types.DeploymentRolloutStateInProgress || d.FailedTasks < 10 {
		t.Errorf("the deployment is %s with %d failed tasks", d.RolloutState, d.FailedTasks)
	}
	if status := w.history()[0].DeploymentCircuitBreaker.Status; status != types.ServiceDeploymentRollbackMonitorsStatusDisabled {
		t.Errorf("the circuit breaker is %s", status)
	}
}

func TestADeploymentWithoutTasksCanBeGoneBackTo(t *testing.T) {
	w := newWorld(t)
	w.deployed(input(good, 1))
	w.deploy(slow)
	w.steps(3)
	w.tasks[1].draining = true // so that the next deployment does not complete
	w.deploy(alsoGood)
	w.until("the first deployment has no tasks", func(s types.Service) bool {
		return len(s.Deployments) == 2 && *s.Deployments[1].TaskDefinition == slow
	})
	for range 3 {
		for _, f := range w.living(alsoGood) {
			f.Stop(types.TaskStopCodeEssentialContainerExited, "Essential container in task exited")
		}
		w.step()
	}
	w.tasks[1].draining = false
	w.until("it is rolled back", func(s types.Service) bool { return isDone(s) && *s.TaskDefinition == good })
	w.expectLiving(map[string]int{good: 1})
}

func TestARollbackGoesToAsManyTasksAsAreDesiredNow(t *testing.T) {
	w := newWorld(t)
	w.deployed(input(good, 1))
	w.deploy(unhealthy)
	w.update(ecs.UpdateServiceInput{DesiredCount: aws.Int32(3)})
	w.until("it is rolled back", func(s types.Service) bool { return isDone(s) && *s.TaskDefinition == good })
	if desired := w.service().Deployments[0].DesiredCount; desired != 3 || len(w.living(good)) != 3 {
		t.Errorf("%d tasks are to run, of the deployment %d", len(w.living(good)), desired)
	}
}

func TestARollbackCountsFailuresAnew(t *testing.T) {
	w := newWorld(t)
	settings := input(slow, 1)
	settings.DeploymentConfiguration.DeploymentCircuitBreaker.ResetOnHealthyTask = aws.Bool(false)
	w.create(settings)
	w.step()
	w.tasks[0].Stop(types.TaskStopCodeEssentialContainerExited, "Essential container in task exited")
	w.steps(3)
	w.tasks[1].condition.Health = types.HealthStatusHealthy
	w.until("it is done", isDone)
	if failures := w.service().Deployments[0].FailedTasks; failures != 1 {
		t.Errorf("before, there are %d failures", failures)
	}
	w.deploy(crashing)
	w.until("it is rolled back", func(s types.Service) bool { return isDone(s) && *s.TaskDefinition == slow })
	if failures := w.service().Deployments[0].FailedTasks; failures != 0 {
		t.Errorf("after it, there are %d failures", failures)
	}
}

// The image of a task definition that once ran may be gone.
func TestARollbackMayFailToo(t *testing.T) {
	w := newWorld(t)
	w.deployed(input(good, 1))
	w.deploy(unhealthy)
	w.until("it is rolled back", func(types.Service) bool {
		return w.history()[0].Status == types.ServiceDeploymentStatusRollbackInProgress
	})
	for range 3 {
		for _, f := range w.living(good) {
			f.Stop(types.TaskStopCodeTaskFailedToStart, "CannotPullContainerError: not found")
		}
		w.step()
	}
	if status := w.history()[0].Status; status != types.ServiceDeploymentStatusRollbackFailed {
		t.Errorf("the deployment is %s", status)
	}
	launched := len(w.tasks)
	w.steps(20)
	if len(w.tasks) > launched {
		t.Errorf("after that, %d more tasks were launched", len(w.tasks)-launched)
	}
	w.deploy(alsoGood)
	w.until("the next one is done", isDone)
}

func TestOnlyFailuresInARowCount(t *testing.T) {
	tests := []struct {
		name  string
		reset *bool
		want  types.DeploymentRolloutState
	}{
		{"a healthy task resets the count", nil, types.DeploymentRolloutStateInProgress},
		{"a healthy task does not reset the count if that is switched off", aws.Bool(false), types.DeploymentRolloutStateFailed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			settings := input(slow, 2)
			settings.DeploymentConfiguration.DeploymentCircuitBreaker.ResetOnHealthyTask = test.reset
			w.create(settings)
			for range 2 { // of the two tasks, one fails when the other becomes healthy
				w.steps(3)
				pair := w.living(slow)
				pair[1].Stop(types.TaskStopCodeEssentialContainerExited, "Essential container in task exited")
				w.step()
				pair[0].condition.Health = types.HealthStatusHealthy
				w.step()
				pair[0].Stop(types.TaskStopCodeEssentialContainerExited, "Essential container in task exited")
			}
			w.step()
			if got := w.service().Deployments[0].RolloutState; got != test.want {
				t.Errorf("after 4 failures, the deployment is %s, want %s", got, test.want)
			}
		})
	}
}
