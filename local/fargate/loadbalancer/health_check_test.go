package loadbalancer

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

var one, two = Target{"10.0.0.1", 8080}, Target{"10.0.0.2", 8080}

const (
	initial   = types.TargetHealthStateEnumInitial
	healthy   = types.TargetHealthStateEnumHealthy
	unhealthy = types.TargetHealthStateEnumUnhealthy
)

// settingsOf returns the settings of a target group that a load balancer uses.
func settingsOf(t *testing.T, group types.TargetGroup) *groupSettings {
	t.Helper()
	check, err := newHealthCheck(group)
	if err != nil {
		t.Fatal(err)
	}
	return &groupSettings{
		loadBalancer:        &types.LoadBalancer{},
		scheme:              "http",
		deregistrationDelay: 30 * time.Second,
		check:               check,
	}
}

// startGroup returns a target group in use whose targets are checked until the
// test ends. It is for tests with a clock of their own.
func startGroup(t *testing.T, n *network, targets ...Target) *targetGroup {
	t.Helper()
	g := newTargetGroup(testGroup, n, quiet)
	g.update(settingsOf(t, newGroup(testGroup)))
	g.register(targets)
	startChecks(t, g)
	return g
}

// startChecks checks the targets that are new until the test ends.
func startChecks(t *testing.T, g *targetGroup) {
	var running sync.WaitGroup
	g.startChecks(&running)
	t.Cleanup(func() {
		g.close()
		running.Wait()
	})
	synctest.Wait()
}

// stateOf returns the state of the only target of a group.
func stateOf(t *testing.T, g *targetGroup) types.TargetHealthStateEnum {
	t.Helper()
	all := g.health()
	if len(all) != 1 {
		t.Fatalf("there is not one target: %v", all)
	}
	return all[0].State
}

func TestHealthFollowsChecks(t *testing.T) {
	tests := []struct {
		name  string
		codes []int // of one check after the other
		want  []types.TargetHealthStateEnum
	}{
		{"an initial target is healthy with its first success", []int{200}, []types.TargetHealthStateEnum{healthy}},
		{"an initial target is unhealthy after the unhealthy threshold", []int{500, 500}, []types.TargetHealthStateEnum{initial, unhealthy}},
		{"an initial target may fail before its first success", []int{500, 200}, []types.TargetHealthStateEnum{initial, healthy}},
		{"a healthy target may fail once", []int{200, 500, 200}, []types.TargetHealthStateEnum{healthy, healthy, healthy}},
		{"failures have to be in a row", []int{200, 500, 200, 500}, []types.TargetHealthStateEnum{healthy, healthy, healthy, healthy}},
		{"a healthy target is unhealthy after the unhealthy threshold", []int{200, 500, 500}, []types.TargetHealthStateEnum{healthy, healthy, unhealthy}},
		{"an unhealthy target needs the healthy threshold", []int{500, 500, 200, 200, 200},
			[]types.TargetHealthStateEnum{initial, unhealthy, unhealthy, unhealthy, healthy}},
		{"successes have to be in a row", []int{500, 500, 200, 200, 500, 200},
			[]types.TargetHealthStateEnum{initial, unhealthy, unhealthy, unhealthy, unhealthy, unhealthy}},
		{"any code of the matcher is a success", []int{299}, []types.TargetHealthStateEnum{healthy}},
		{"a redirect is not followed", []int{302, 302}, []types.TargetHealthStateEnum{initial, unhealthy}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var checks atomic.Int32
				n := newNetwork()
				n.serve(t, one, func(w http.ResponseWriter, _ *http.Request) {
					w.WriteHeader(test.codes[checks.Add(1)-1])
				})
				g := startGroup(t, n, one)
				for i, want := range test.want {
					if got := stateOf(t, g); got != want || checks.Load() != int32(i+1) {
						t.Errorf("after %d checks, %v: %s, want %s", checks.Load(), test.codes[:i+1], got, want)
					}
					if i+1 < len(test.want) {
						time.Sleep(10 * time.Second)
						synctest.Wait()
					}
				}
			})
		})
	}
}

func TestHealthTellsWhyATargetIsUnhealthy(t *testing.T) {
	hijack := func(answer string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			connection, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				io.WriteString(connection, answer)
				connection.Close()
			}
		}
	}
	silent := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	tests := []struct {
		name   string
		listen func(*testing.T, *network)
		want   TargetHealth
	}{
		{"nobody listens", func(*testing.T, *network) {},
			TargetHealth{one, unhealthy, "Target.FailedHealthChecks", "Health checks failed"}},
		{"packets are dropped", func(_ *testing.T, n *network) { n.drop(one) },
			TargetHealth{one, unhealthy, "Target.Timeout", "Request timed out"}},
		{"the target does not answer", func(t *testing.T, n *network) { n.serve(t, one, silent) },
			TargetHealth{one, unhealthy, "Target.Timeout", "Request timed out"}},
		{"the target answers something else than HTTP", func(t *testing.T, n *network) { n.serve(t, one, hijack("220 mail\r\n")) },
			TargetHealth{one, unhealthy, "Target.FailedHealthChecks", "Health checks failed"}},
		{"the target closes the connection", func(t *testing.T, n *network) { n.serve(t, one, hijack("")) },
			TargetHealth{one, unhealthy, "Target.FailedHealthChecks", "Health checks failed"}},
		{"the target answers another code", func(t *testing.T, n *network) { n.serve(t, one, http.NotFound) },
			TargetHealth{one, unhealthy, "Target.ResponseCodeMismatch", "Health checks failed with these codes: [404]"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork()
				test.listen(t, n)
				g := startGroup(t, n, one)
				time.Sleep(15 * time.Second) // Two checks, the second with its timeout.
				synctest.Wait()
				if got := g.health(); !slices.Equal(got, []TargetHealth{test.want}) {
					t.Errorf("health is %v, want %v", got, test.want)
				}
			})
		})
	}
}

func TestHealthBeforeAndWithoutChecks(t *testing.T) {
	g := newTargetGroup(testGroup, newNetwork(), quiet)
	g.register([]Target{one})
	t.Cleanup(g.close)
	unused := settingsOf(t, newGroup(testGroup))
	unused.loadBalancer = nil
	steps := []struct {
		name string
		do   func()
		want TargetHealth
	}{
		{"a target of a group that is not described is being registered", func() {},
			TargetHealth{one, initial, "Elb.RegistrationInProgress", "Target registration is in progress"}},
		{"a target of a group without a load balancer is not in use", func() { g.update(unused) },
			TargetHealth{one, "unused", "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer"}},
		{"a target that was not checked yet is initial", func() { g.update(settingsOf(t, newGroup(testGroup))) },
			TargetHealth{one, initial, "Elb.InitialHealthChecking", "Initial health checks in progress"}},
		{"a target is forgotten when it is deregistered", func() { g.deregister([]Target{one}) }, TargetHealth{}},
	}
	for _, step := range steps {
		step.do()
		var got TargetHealth
		if all := g.health(); len(all) > 0 {
			got = all[0]
		}
		if got != step.want {
			t.Errorf("%s: health is %v", step.name, got)
		}
	}
}

func TestCheckAsksAsTheTargetGroupSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		requests := make(chan string, 10)
		record := func(w http.ResponseWriter, r *http.Request) {
			requests <- fmt.Sprintf("%s %s of %s by %s", r.Method, r.RequestURI, r.Host, r.UserAgent())
		}
		n := newNetwork()
		n.serve(t, one, record)
		n.serve(t, Target{one.Address, 9000}, record)
		g := startGroup(t, n, one)

		changed := newGroup(testGroup)
		changed.HealthCheckPort, changed.HealthCheckPath, changed.HealthCheckIntervalSeconds = aws.String("9000"), aws.String("/ready"), aws.Int32(5)
		g.update(settingsOf(t, changed))
		time.Sleep(9 * time.Second)
		synctest.Wait()

		close(requests)
		var asked []string
		for request := range requests {
			asked = append(asked, request)
		}
		want := []string{
			"GET /health?deep=no of 10.0.0.1:8080 by ELB-HealthChecker/2.0",
			"GET /ready of 10.0.0.1:9000 by ELB-HealthChecker/2.0",
		}
		if !slices.Equal(asked, want) {
			t.Errorf("asked\n%s\nwant\n%s", strings.Join(asked, "\n"), strings.Join(want, "\n"))
		}
		if n.dialed() != len(want) {
			t.Errorf("%d checks on %d connections", len(want), n.dialed())
		}
	})
}

func TestTargetsOfAGroupThatIsNotInUseAreNotChecked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var checks atomic.Int32
		n := newNetwork()
		n.serve(t, one, func(http.ResponseWriter, *http.Request) { checks.Add(1) })
		g := startGroup(t, n, one)
		unused := settingsOf(t, newGroup(testGroup))
		unused.loadBalancer = nil
		g.update(unused)
		time.Sleep(time.Minute)
		if checks.Load() != 1 || stateOf(t, g) != "unused" {
			t.Errorf("%d checks, and the target is %s", checks.Load(), stateOf(t, g))
		}

		g.update(unused)
		g.update(settingsOf(t, newGroup(testGroup)))
		if got := stateOf(t, g); got != initial {
			t.Errorf("in use again, the target is %s", got)
		}
		synctest.Wait()
		if got := stateOf(t, g); got != healthy {
			t.Errorf("checked again, the target is %s", got)
		}
	})
}

func TestDeregistrationEndsChecks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		asked := make(chan struct{}, 1)
		n.serve(t, one, func(_ http.ResponseWriter, r *http.Request) {
			asked <- struct{}{}
			<-r.Context().Done()
		})
		g := startGroup(t, n, one)
		<-asked
		g.deregister([]Target{one})
		synctest.Wait() // The check under way ends: the test would hang otherwise.
		if got := g.health(); len(got) > 0 {
			t.Errorf("there is still %v", got)
		}
	})
}

func TestHealthCheckThatIsNotUnderstoodIsAnError(t *testing.T) {
	tests := []struct {
		name    string
		change  func(*types.TargetGroup)
		problem string
	}{
		{"a protocol without requests", func(g *types.TargetGroup) { g.HealthCheckProtocol = types.ProtocolEnumTcp }, "TCP"},
		{"a port that is no number", func(g *types.TargetGroup) { g.HealthCheckPort = aws.String("web") }, `"web"`},
		{"a path that is none", func(g *types.TargetGroup) { g.HealthCheckPath = aws.String("health") }, `"health"`},
		{"a matcher without codes", func(g *types.TargetGroup) { g.Matcher.HttpCode = aws.String("2xx") }, `"2xx"`},
		{"a matcher with an open range", func(g *types.TargetGroup) { g.Matcher.HttpCode = aws.String("200-") }, `"200-"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			group := newGroup(testGroup)
			test.change(&group)
			_, err := newHealthCheck(group)
			if err == nil || !strings.Contains(err.Error(), test.problem) {
				t.Errorf("error %v, want one with %s", err, test.problem)
			}
		})
	}
}

func TestMatcher(t *testing.T) {
	tests := []struct {
		matcher string
		want    []codeRange
	}{
		{"200", []codeRange{{200, 200}}},
		{"200,202", []codeRange{{200, 200}, {202, 202}}},
		{"200-299, 401", []codeRange{{200, 299}, {401, 401}}},
	}
	for _, test := range tests {
		if got, err := parseCodes(test.matcher); err != nil || !slices.Equal(got, test.want) {
			t.Errorf("codes of %q are %v (%v), want %v", test.matcher, got, err, test.want)
		}
	}
}
