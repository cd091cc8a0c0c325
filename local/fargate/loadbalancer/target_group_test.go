package loadbalancer

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func isClosed(channel <-chan struct{}) bool {
	select {
	case <-channel:
		return true
	default:
		return false
	}
}

// failing answers requests with a failure.
func failing(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "not well", http.StatusInternalServerError)
}

// taken acquires and releases n targets, and counts which ones it got.
func taken(g *targetGroup, n int) map[Target]int {
	counts := map[Target]int{}
	for range n {
		if t, _ := g.acquire(); t != nil {
			counts[t.Target]++
			g.release(t)
		}
	}
	return counts
}

func TestRequestsGoRoundHealthyTargets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		three := Target{"10.0.0.3", 8080}
		n.serve(t, one, answering("one"))
		n.serve(t, two, answering("two"))
		n.serve(t, three, failing)
		g := startGroup(t, n, one, two, three)
		if got := taken(g, 10); got[one] != 5 || got[two] != 5 {
			t.Errorf("10 requests went to %v", got)
		}
	})
}

func TestInitialTargetGetsNoRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		n.serve(t, one, failing)
		g := startGroup(t, n, one)
		if got := taken(g, 1); len(got) > 0 {
			t.Errorf("after one failed check, a request went to %v", got)
		}
	})
}

func TestUnhealthyTargetsGetRequestsIfThereAreNoOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		n.serve(t, one, failing)
		n.serve(t, two, failing)
		g := startGroup(t, n, one, two)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if got := taken(g, 10); got[one] != 5 || got[two] != 5 {
			t.Errorf("all are unhealthy, and 10 requests went to %v", got)
		}
	})
}

func TestDrainingTargetGetsNoRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		n.serve(t, one, answering("one"))
		n.serve(t, two, answering("two"))
		g := startGroup(t, n, one, two)
		inFlight, _ := g.acquire()
		g.deregister([]Target{inFlight.Target})
		other := one
		if inFlight.Target == one {
			other = two
		}
		if got := taken(g, 10); got[other] != 10 {
			t.Errorf("10 requests went to %v", got)
		}
		want := TargetHealth{inFlight.Target, "draining", "Target.DeregistrationInProgress", "Target deregistration is in progress"}
		found := false
		for _, health := range g.health() {
			found = found || health == want
		}
		if !found {
			t.Errorf("health is %v, want %v in it", g.health(), want)
		}
		g.release(inFlight)
	})
}

func TestDrainingEnds(t *testing.T) {
	start := func(t *testing.T) (*targetGroup, *target) {
		n := newNetwork()
		n.serve(t, one, answering("one"))
		g := startGroup(t, n, one)
		inFlight, _ := g.acquire()
		return g, inFlight
	}
	t.Run("at once without requests", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g, inFlight := start(t)
			drained := g.drained(one)
			g.release(inFlight)
			if isClosed(drained) {
				t.Error("drained while registered")
			}
			g.deregister([]Target{one})
			if !isClosed(drained) || !isClosed(g.drained(one)) {
				t.Error("not drained")
			}
		})
	})
	t.Run("when the last request has ended", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g, first := start(t)
			second, _ := g.acquire()
			drained := g.drained(one)
			g.deregister([]Target{one})
			g.release(first)
			time.Sleep(29 * time.Second)
			if isClosed(drained) {
				t.Error("drained while a request is in flight")
			}
			g.release(second)
			if !isClosed(drained) {
				t.Error("not drained")
			}
		})
	})
	t.Run("when the delay has elapsed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g, inFlight := start(t)
			drained := g.drained(one)
			g.deregister([]Target{one})
			time.Sleep(29 * time.Second)
			g.deregister([]Target{one}) // Once more is not anew.
			if isClosed(drained) {
				t.Error("drained before the delay has elapsed")
			}
			time.Sleep(time.Second)
			synctest.Wait()
			if !isClosed(drained) || !errors.Is(context.Cause(inFlight.lifetime), errDelayElapsed) {
				t.Errorf("drained: %v, because %v", isClosed(drained), context.Cause(inFlight.lifetime))
			}
			g.release(inFlight)
		})
	})
	t.Run("when the target group is gone", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g, inFlight := start(t)
			drained := g.drained(one)
			g.close()
			if !isClosed(drained) {
				t.Error("not drained")
			}
			g.release(inFlight)
		})
	})
}

func TestTargetThatDrainsCanBeRegisteredAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		n.serve(t, one, answering("one"))
		g := startGroup(t, n, one)
		inFlight, _ := g.acquire()
		g.deregister([]Target{one})
		g.register([]Target{one})
		if got := stateOf(t, g); got != initial {
			t.Errorf("registered again, the target is %s", got)
		}
		startChecks(t, g)
		g.release(inFlight)
		if got := taken(g, 1); got[one] != 1 || isClosed(g.drained(one)) {
			t.Errorf("registered again, a request went to %v, and drained is %v", got, isClosed(g.drained(one)))
		}
	})
}

func TestRegisteredTargetStaysAsItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		n.serve(t, one, answering("one"))
		g := startGroup(t, n, one)
		g.register([]Target{one})
		if got := stateOf(t, g); got != healthy {
			t.Errorf("registered again, the target is %s", got)
		}
	})
}
