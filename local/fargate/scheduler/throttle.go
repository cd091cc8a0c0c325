package scheduler

import "time"

const (
	// patience is how often tasks may fail to start before ECS waits.
	patience = 3

	// firstWait is how long it waits then; each time twice as long, but not
	// longer than the longestWait.
	firstWait   = time.Second
	longestWait = 27 * time.Minute
)

// A throttle has a service wait longer and longer before it launches tasks
// that fail before they are RUNNING. Those that fail later are replaced at
// once, however often.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-throttle-logic.html
type throttle struct {
	// failures are those in a row. Tasks that were launched together fail
	// together, and once.
	failures int
	last     time.Time
}

// fail notes that a task that was launched at a time has failed to start. It
// tells whether that is where patience ends.
func (t *throttle) fail(launched, now time.Time) bool {
	if launched.Before(t.last) {
		return false
	}
	t.failures++
	t.last = now
	return t.failures == patience
}

// until returns when the next task may be launched.
func (t *throttle) until() time.Time {
	if t.failures < patience {
		return time.Time{}
	}
	wait := firstWait
	for range t.failures - patience {
		wait = min(2*wait, longestWait)
	}
	return t.last.Add(wait)
}
