package scheduler

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func TestTheFirstDeploymentCompletesWhenItsTasksAreHealthy(t *testing.T) {
	w := newWorld(t)
	settings := input(slow, 2)
	settings.LoadBalancers = []types.LoadBalancer{{TargetGroupArn: aws.String("group")}}
	created := w.create(settings)
	if d := created.Deployments; len(d) != 1 || *d[0].Status != "PRIMARY" || d[0].RolloutState != types.DeploymentRolloutStateInProgress {
		t.Errorf("at first, deployments are %+v", d)
	}
	if *created.PlatformVersion != "LATEST" || *created.Deployments[0].PlatformVersion != "1.4.0" {
		t.Errorf("platform version is %s, of the deployment %s", *created.PlatformVersion, *created.Deployments[0].PlatformVersion)
	}
	w.step()
	if s := w.service(); s.PendingCount != 2 || s.RunningCount != 0 || s.Deployments[0].PendingCount != 2 {
		t.Errorf("%d tasks are pending and %d run", s.PendingCount, s.RunningCount)
	}
	w.steps(5)
	if s := w.service(); s.RunningCount != 2 || isDone(s) {
		t.Errorf("with %d tasks that run and are not healthy, the rollout is %s", s.RunningCount, s.Deployments[0].RolloutState)
	}
	for _, f := range w.tasks {
		f.condition.Health = types.HealthStatusHealthy
	}
	w.step()
	deployment := w.service().Deployments[0]
	if !isDone(w.service()) || *deployment.RolloutStateReason != "ECS deployment "+*deployment.Id+" completed." {
		t.Errorf("in the end, the deployment is %+v", deployment)
	}
	if got, want := w.events(), []string{
		"has started 2 tasks: (task 1) (task 2).",
		"registered 1 targets in (target-group group)",
		"registered 1 targets in (target-group group)",
		"(deployment " + *deployment.Id + ") deployment completed.",
		"has reached a steady state.",
	}; !slices.Equal(got, want) {
		t.Errorf("events are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestAServiceWithoutTasksIsDoneAtOnce(t *testing.T) {
	w := newWorld(t)
	w.create(input(good, 0))
	w.step()
	if !isDone(w.service()) || len(w.tasks) > 0 {
		t.Errorf("deployments are %+v, %d tasks were launched", w.service().Deployments, len(w.tasks))
	}
}

// Whatever the percentages are, a rolling update keeps to them at each step.
func TestARollingUpdateStaysWithinItsBounds(t *testing.T) {
	tests := []struct {
		desired, minimum, maximum int32
		fewest, most              int
	}{
		{1, 100, 200, 1, 2},
		{2, 100, 200, 2, 4},
		{3, 100, 150, 3, 4},
		{4, 50, 100, 2, 4},
		{3, 50, 100, 2, 3},
		{1, 0, 100, 0, 1},
		{5, 60, 120, 3, 6},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%d tasks, %d to %d percent", test.desired, test.minimum, test.maximum), func(t *testing.T) {
			w := newWorld(t)
			settings := input(good, test.desired)
			settings.DeploymentConfiguration.MinimumHealthyPercent = &test.minimum
			settings.DeploymentConfiguration.MaximumPercent = &test.maximum
			w.deployed(settings)
			fewest, most := len(w.tasks), 0
			w.watch = func(types.Service) {
				living, healthy := append(w.living(good), w.living(alsoGood)...), 0
				for _, f := range living {
					if f.condition.Health == types.HealthStatusHealthy {
						healthy++
					}
				}
				fewest, most = min(fewest, healthy), max(most, len(living))
			}
			w.deploy(alsoGood)
			w.until("the update is done", isDone)
			w.expectLiving(map[string]int{alsoGood: int(test.desired)})
			if fewest != test.fewest || most != test.most {
				t.Errorf("there were %d healthy tasks at least and %d tasks at most, want %d and %d", fewest, most, test.fewest, test.most)
			}
			if w.told("was unable to stop or start tasks") {
				t.Error("an event says that the update stands still")
			}
		})
	}
}

func TestAnUpdateThatMayNeitherStartNorStopATaskSaysSo(t *testing.T) {
	w := newWorld(t)
	settings := input(good, 1)
	settings.DeploymentConfiguration.MinimumHealthyPercent, settings.DeploymentConfiguration.MaximumPercent = aws.Int32(50), aws.Int32(100)
	w.deployed(settings)
	w.deploy(alsoGood)
	w.steps(10)
	w.expectLiving(map[string]int{good: 1})
	if count := strings.Count(strings.Join(w.events(), "\n"), "was unable to stop or start tasks"); count != 1 {
		t.Errorf("it was told %d times", count)
	}
	w.update(ecs.UpdateServiceInput{DeploymentConfiguration: &types.DeploymentConfiguration{}})
	w.until("the update is done", isDone)
}

func TestFormerTasksStayUntilTheNewOnesAreHealthy(t *testing.T) {
	w := newWorld(t)
	w.deployed(input(good, 2))
	w.deploy(slow)
	w.steps(10)
	w.expectLiving(map[string]int{good: 2, slow: 2})
	if d := w.service().Deployments; len(d) != 2 || *d[0].Status != "PRIMARY" || *d[1].Status != "ACTIVE" || d[1].RunningCount != 2 {
		t.Errorf("deployments are %+v", d)
	}
	w.tasks[2].condition.Health = types.HealthStatusHealthy
	w.steps(10)
	w.expectLiving(map[string]int{good: 1, slow: 2})
	if d := w.service().Deployments; d[0].DesiredCount != 2 || d[1].DesiredCount != 1 {
		t.Errorf("desired are %d tasks, and of the former %d", d[0].DesiredCount, d[1].DesiredCount)
	}
	w.tasks[3].condition.Health = types.HealthStatusHealthy
	w.until("the update is done", isDone)
	if code, reason := w.tasks[0].record.StopCode, *w.tasks[0].record.StoppedReason; code != types.TaskStopCodeServiceSchedulerInitiated ||
		reason != "Scaling activity initiated by (deployment "+*w.service().Deployments[0].Id+")" {
		t.Errorf("a former task was stopped with %s: %s", code, reason)
	}
}

// The AWS provider takes a service for stable when it has one deployment.
func TestADeploymentIsDoneWhenTheFormerTasksHaveStopped(t *testing.T) {
	w := newWorld(t)
	w.deployed(input(good, 1))
	w.watch = func(s types.Service) {
		draining := w.tasks[0].is("DEACTIVATING")
		if draining && len(s.Deployments) != 2 {
			t.Error("a deployment is gone while its task drains")
		}
		if draining && s.RunningCount != 1 {
			t.Errorf("%d tasks run, with one that drains", s.RunningCount)
		}
	}
	w.deploy(alsoGood)
	w.until("the former task has stopped", func(types.Service) bool { return w.tasks[0].is(statusStopped) })
	if !isDone(w.service()) {
		t.Errorf("then, deployments are %+v", w.service().Deployments)
	}
}

func TestANewDeploymentTakesThePlaceOfOneInProgress(t *testing.T) {
	w := newWorld(t)
	w.deployed(input(good, 2))
	w.deploy(slow)
	w.steps(3)
	w.deploy(alsoGood)
	if d := w.service().Deployments; len(d) != 3 || *d[0].TaskDefinition != alsoGood || *d[1].Status != "ACTIVE" {
		t.Errorf("deployments are %+v", d)
	}
	w.until("the last deployment is done", isDone)
	w.expectLiving(map[string]int{alsoGood: 2})
	var statuses []types.ServiceDeploymentStatus
	for _, d := range w.history() {
		statuses = append(statuses, d.Status)
	}
	if want := []types.ServiceDeploymentStatus{
		types.ServiceDeploymentStatusSuccessful, types.ServiceDeploymentStatusStopped, types.ServiceDeploymentStatusSuccessful,
	}; !slices.Equal(statuses, want) {
		t.Errorf("deployments have ended %v, want %v", statuses, want)
	}
}

func TestWhatFailsOfAFormerDeploymentDoesNotCount(t *testing.T) {
	w := newWorld(t)
	w.deployed(input(good, 3))
	w.deploy(slow)
	w.steps(3)
	w.deploy(alsoGood)
	for _, f := range w.living(slow) {
		f.Stop(types.TaskStopCodeEssentialContainerExited, "Essential container in task exited")
	}
	w.until("the last deployment is done", isDone)
	if w.told("deployment failed") {
		t.Errorf("events are %v", w.events())
	}
}

func TestOnlyWhatTasksAreMadeOfIsDeployed(t *testing.T) {
	tests := []struct {
		name   string
		change ecs.UpdateServiceInput
		deploy bool
	}{
		{"the same task definition", ecs.UpdateServiceInput{TaskDefinition: aws.String(good)}, false},
		{"another task definition", ecs.UpdateServiceInput{TaskDefinition: aws.String(alsoGood)}, true},
		{"the number of tasks", ecs.UpdateServiceInput{DesiredCount: aws.Int32(3)}, false},
		{"the time of grace", ecs.UpdateServiceInput{HealthCheckGracePeriodSeconds: aws.Int32(3)}, false},
		{"how it is deployed", ecs.UpdateServiceInput{DeploymentConfiguration: &types.DeploymentConfiguration{}}, false},
		{"the network", ecs.UpdateServiceInput{NetworkConfiguration: &types.NetworkConfiguration{}}, true},
		{"the tags that tasks get", ecs.UpdateServiceInput{PropagateTags: types.PropagateTagsService}, true},
		{"the load balancers", ecs.UpdateServiceInput{LoadBalancers: []types.LoadBalancer{{}}}, true},
		{"nothing, by force", ecs.UpdateServiceInput{ForceNewDeployment: true}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.deployed(input(good, 1))
			if deployments := w.update(test.change).Deployments; (len(deployments) == 2) != test.deploy {
				t.Errorf("there are %d deployments", len(deployments))
			}
		})
	}
}

func TestTheHistoryTellsOfARollout(t *testing.T) {
	w := newWorld(t)
	created := w.create(input(good, 1))
	going := w.history()[0]
	if going.Status != types.ServiceDeploymentStatusInProgress || going.FinishedAt != nil || *created.CurrentServiceDeployment != *going.ServiceDeploymentArn {
		t.Errorf("while it goes on: %+v, current is %s", going, *created.CurrentServiceDeployment)
	}
	if monitor := going.DeploymentCircuitBreaker; monitor.Status != types.ServiceDeploymentRollbackMonitorsStatusMonitoring || monitor.Threshold != 3 {
		t.Errorf("the circuit breaker is %+v", monitor)
	}
	// The AWS provider finds the deployment to wait for by this.
	if number := strings.TrimPrefix(*created.Deployments[0].Id, "ecs-svc/"); !strings.HasSuffix(*going.TargetServiceRevision.Arn, "/"+number) {
		t.Errorf("the revision is %s, want it to end with %s", *going.TargetServiceRevision.Arn, number)
	}
	w.until("it is done", isDone)
	done := w.history()[0]
	if done.Status != types.ServiceDeploymentStatusSuccessful || !done.FinishedAt.Equal(w.now) || w.service().CurrentServiceDeployment != nil {
		t.Errorf("when it is done: %+v", done)
	}
	if status := done.DeploymentCircuitBreaker.Status; status != types.ServiceDeploymentRollbackMonitorsStatusMonitoringComplete {
		t.Errorf("then the circuit breaker is %s", status)
	}
}
