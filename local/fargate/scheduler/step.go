package scheduler

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// step takes the service one step towards what is wanted of it. Each part
// looks at the tasks as they are, so that it does not matter what came before.
func (s *service) step() {
	if aws.ToString(s.record.Status) == statusInactive {
		return
	}
	s.noteStarted()
	s.replaceUnhealthy()
	s.countFailures()
	s.dismissStopped()
	if aws.ToString(s.record.Status) == statusDraining {
		s.end()
		return
	}
	s.launch()
	s.retire()
	s.noteDeadlock()
	s.complete()
}

// noteStarted notes which tasks run for the first time, and which are healthy
// for the first time.
func (s *service) noteStarted() {
	for _, t := range s.tasks {
		if !t.started && t.running() {
			t.started = true
			s.throttle = throttle{}
			for _, balancer := range t.deployment.settings.LoadBalancers {
				s.tell("registered 1 targets in (target-group %s)", aws.ToString(balancer.TargetGroupArn))
			}
		}
		if !t.proven && t.healthy() {
			t.proven = true
			s.forgetFailures(t.deployment)
		}
	}
}

// replaceUnhealthy stops tasks that fail their health checks, once their time
// of grace is over.
func (s *service) replaceUnhealthy() {
	grace := time.Duration(aws.ToInt32(s.record.HealthCheckGracePeriodSeconds)) * time.Second
	for _, t := range s.tasks {
		condition := t.Condition()
		if !t.wanted() || condition.Health != types.HealthStatusUnhealthy {
			continue
		}
		started := t.Record().StartedAt
		if started == nil || s.scheduler.options.Now().Before(started.Add(grace)) {
			continue
		}
		s.tell("(task %s) %s", t.id(), condition.Reason)
		t.Stop(types.TaskStopCodeServiceSchedulerInitiated, "Task "+condition.Reason)
	}
}

// countFailures has the throttle and the circuit breaker look at each task
// that has failed.
func (s *service) countFailures() {
	for _, t := range s.tasks {
		if t.counted || !t.failed() {
			continue
		}
		t.counted = true
		s.steady = false
		record := t.Record()
		if record.StartedAt == nil && s.throttle.fail(*record.CreatedAt, s.scheduler.options.Now()) {
			s.tell("is unable to consistently start tasks successfully.")
		}
		if d := t.deployment; d == s.primary() && d.inProgress() {
			d.FailedTasks++
			s.breakCircuit(d)
		}
	}
}

// dismissStopped lets the tasks go that have stopped.
func (s *service) dismissStopped() {
	s.tasks = slices.DeleteFunc(s.tasks, func(t *task) bool {
		if !t.stopped() || t.failed() && !t.counted { // it failed a moment ago
			return false
		}
		s.scheduler.stopped = append(s.scheduler.stopped, t)
		return true
	})
}

// launch launches as many tasks of the primary deployment as are missing, and
// fit under the maximum.
func (s *service) launch() {
	primary := s.primary()
	if primary.RolloutState == types.DeploymentRolloutStateFailed || s.scheduler.options.Now().Before(s.throttle.until()) {
		return
	}
	_, maximum := s.bounds()
	missing := int(s.record.DesiredCount) - len(s.wanted(primary))
	room := maximum - len(s.wanted(nil))
	var launched []*task
	for range min(missing, room) {
		next := &task{deployment: primary, Task: s.scheduler.options.Launch(Launch{
			Service:          primary.settings,
			Deployment:       *primary.Id,
			TaskDefinition:   *primary.TaskDefinition,
			CapacityProvider: chooseProvider(primary.settings.CapacityProviderStrategy, s.wanted(primary)),
		})}
		launched, s.tasks = append(launched, next), append(s.tasks, next)
	}
	if len(launched) == 0 {
		return
	}
	s.steady = false
	s.tell("has started %d tasks:%s.", len(launched), list(launched))
}

// wanted returns the tasks that are to run, of a deployment or of all.
func (s *service) wanted(d *deployment) []*task {
	return s.choose(func(t *task) bool { return t.wanted() && (d == nil || t.deployment == d) })
}

func (s *service) choose(fits func(*task) bool) []*task {
	var chosen []*task
	for _, t := range s.tasks {
		if fits(t) {
			chosen = append(chosen, t)
		}
	}
	return chosen
}

// retire stops what is more than wanted: tasks of earlier deployments as far
// as enough healthy ones remain, and the latest of the primary's own when the
// service was scaled in.
func (s *service) retire() {
	minimum, maximum := s.bounds()
	desired, primary, wanted := int(s.record.DesiredCount), s.primary(), s.wanted(nil)
	own := len(s.wanted(primary))
	excess := len(wanted) - desired
	if missing := desired - own; missing > 0 && len(wanted) >= maximum {
		excess = max(excess, missing) // to make room for those that are missing
	}
	spare := len(s.choose((*task).healthy)) - minimum
	slices.SortStableFunc(wanted, byRetirement(primary))
	var stopped []*task
	for _, t := range wanted {
		if len(stopped) >= excess || t.deployment == primary && own <= desired {
			break
		}
		if t.healthy() {
			if spare <= 0 {
				continue
			}
			spare--
		}
		if t.deployment == primary {
			own--
		}
		t.Stop(types.TaskStopCodeServiceSchedulerInitiated, fmt.Sprintf("Scaling activity initiated by (deployment %s)", *primary.Id))
		stopped = append(stopped, t)
	}
	if len(stopped) > 0 {
		s.tell("has begun draining connections on %d tasks.", len(stopped))
		s.tell("has stopped %d running tasks:%s.", len(stopped), list(stopped))
	}
}

// noteDeadlock tells once of a rollout that may neither start nor stop a task.
func (s *service) noteDeadlock() {
	_, maximum := s.bounds()
	primary := s.primary()
	wanted, healthy := len(s.wanted(nil)), len(s.choose((*task).healthy))
	missing := int(s.record.DesiredCount) - len(s.wanted(primary))
	if primary.deadlocked || !primary.inProgress() || missing <= 0 || wanted < maximum || healthy < wanted {
		return
	}
	primary.deadlocked = true
	s.tell("was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again.")
}

// byRetirement orders tasks by who goes first: those of earlier deployments,
// of them the ones that are not healthy, and then the latest.
func byRetirement(primary *deployment) func(a, b *task) int {
	rank := func(later bool) int {
		if later {
			return 1
		}
		return 0
	}
	return func(a, b *task) int {
		return cmp.Or(
			rank(a.deployment == primary)-rank(b.deployment == primary),
			rank(a.healthy())-rank(b.healthy()),
			b.Record().CreatedAt.Compare(*a.Record().CreatedAt),
		)
	}
}

// complete ends the rollout when the primary deployment has as many healthy
// tasks as wanted, and the tasks of all others are gone.
func (s *service) complete() {
	primary := s.primary()
	healthy := s.choose(func(t *task) bool { return t.deployment == primary && t.healthy() })
	if len(healthy) != int(s.record.DesiredCount) {
		return
	}
	s.deployments = slices.DeleteFunc(s.deployments, func(d *deployment) bool {
		return d != primary && len(s.choose(func(t *task) bool { return t.deployment == d })) == 0
	})
	if len(s.deployments) > 1 {
		return
	}
	if primary.inProgress() {
		s.completeRollout(primary)
	}
	if !s.steady {
		s.steady = true
		s.tell("has reached a steady state.")
	}
}

// completeRollout ends the rollout of the primary deployment, or the way back
// to it from the latest one.
func (s *service) completeRollout(primary *deployment) {
	now := s.scheduler.options.Now()
	reason := fmt.Sprintf("ECS deployment %s completed.", *primary.Id)
	primary.enter(now, types.DeploymentRolloutStateCompleted, reason)
	s.completed = primary
	if latest := s.history[0]; latest == primary {
		latest.conclude(now, types.ServiceDeploymentStatusSuccessful, reason)
	} else {
		latest.conclude(now, types.ServiceDeploymentStatusRollbackSuccessful, "Service deployment rolled back because the circuit breaker threshold was exceeded.")
	}
	s.tell("(deployment %s) deployment completed.", *primary.Id)
}

// end makes a deleted service inactive when its tasks have stopped.
func (s *service) end() {
	for _, t := range s.tasks {
		t.Stop(types.TaskStopCodeServiceSchedulerInitiated, "Service deleted")
	}
	if len(s.tasks) == 0 {
		s.record.Status = aws.String(statusInactive)
		s.deployments = nil
	}
}
