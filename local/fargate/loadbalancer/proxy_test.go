package loadbalancer

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// newBalancers returns Balancers with the test's target group, and the
// settings of a listener that forwards to it. It is for tests with a clock of
// their own.
func newBalancers(t *testing.T, n *network, targets ...Target) (*Balancers, *listenerSettings) {
	t.Helper()
	b := New(Options{Dialer: n, Log: quiet})
	b.groups[testGroup] = startGroup(t, n, targets...)
	forward, err := newRule(newDefaultRule(forwardTo(testGroup)))
	if err != nil {
		t.Fatal(err)
	}
	return b, &listenerSettings{port: 80, rules: []rule{forward}, idleTimeout: time.Minute}
}

// healthyOr serves the health check with success, and all else with handler.
func healthyOr(handler http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/health" {
			handler(w, r)
		}
	}
}

// get sends a request to a listener and returns the answer.
func get(b *Balancers, settings *listenerSettings, request *http.Request) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	b.serve(recorder, request, settings)
	return recorder
}

func TestTargetGetsTheRequestAsItCame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		requests := make(chan *http.Request, 1)
		n := newNetwork()
		n.serve(t, one, healthyOr(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			requests <- r
			w.Header().Set("X-Answer", "yes")
			w.WriteHeader(http.StatusTeapot)
			io.WriteString(w, "short and stout")
		}))
		b, settings := newBalancers(t, n, one)
		request := httptest.NewRequest(http.MethodPut, "http://shop.example.com/a%2Fb?c=d;e", strings.NewReader("tea"))
		request.Header.Set("Forwarded", "for=203.0.113.9")
		recorder := get(b, settings, request)

		if recorder.Code != http.StatusTeapot || recorder.Body.String() != "short and stout" || recorder.Header().Get("X-Answer") != "yes" {
			t.Errorf("answered %d %q with %v", recorder.Code, recorder.Body, recorder.Header())
		}
		if recorder.Header().Get("Server") != "" {
			t.Error("the answer of a target names a server")
		}
		got := <-requests
		body, _ := io.ReadAll(got.Body)
		if got.Method != http.MethodPut || got.RequestURI != "/a%2Fb?c=d;e" || got.Host != "shop.example.com" || string(body) != "tea" {
			t.Errorf("got %s %s of %s with %q", got.Method, got.RequestURI, got.Host, body)
		}
		if got.Header.Get("Forwarded") != "for=203.0.113.9" || got.Header.Get("Accept-Encoding") != "" {
			t.Errorf("got the headers %v", got.Header)
		}
	})
}

func TestRequestWithoutAnswer(t *testing.T) {
	tests := []struct {
		name    string
		targets []Target
		arrange func(*testing.T, *network) // once the target is healthy
		want    int
		after   time.Duration
	}{
		{"without a target it is 503", nil, func(*testing.T, *network) {}, 503, 0},
		{"a refused connection is 502", []Target{one}, func(_ *testing.T, n *network) { delete(n.servers, one.String()) }, 502, 0},
		{"a connection that is not made in time is 504", []Target{one}, func(_ *testing.T, n *network) { n.drop(one) }, 504, 10 * time.Second},
		{"a broken connection is 502", []Target{one}, func(t *testing.T, n *network) {
			n.serve(t, one, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		}, 502, 0},
		{"no answer within the idle timeout is 504", []Target{one}, func(t *testing.T, n *network) {
			n.serve(t, one, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		}, 504, time.Minute},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork()
				stop := n.serve(t, one, answering("well"))
				b, settings := newBalancers(t, n, test.targets...)
				stop()
				test.arrange(t, n)
				start := time.Now()
				recorder := get(b, settings, httptest.NewRequest(http.MethodGet, "/", nil))
				if recorder.Code != test.want || time.Since(start) != test.after {
					t.Errorf("answered %d after %s, want %d after %s", recorder.Code, time.Since(start), test.want, test.after)
				}
				if !strings.Contains(recorder.Body.String(), "<h1>") || recorder.Header().Get("Server") != "awselb/2.0" {
					t.Errorf("answered %s with %v", recorder.Body, recorder.Header())
				}
			})
		})
	}
}

func TestRequestIsCutWhenTheDeregistrationDelayHasElapsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		n.serve(t, one, healthyOr(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
		b, settings := newBalancers(t, n, one)
		time.AfterFunc(time.Second, func() { b.Deregister(testGroup, one) })
		start := time.Now()
		recorder := get(b, settings, httptest.NewRequest(http.MethodGet, "/", nil))
		if recorder.Code != 502 || time.Since(start) != 31*time.Second {
			t.Errorf("answered %d after %s", recorder.Code, time.Since(start))
		}
		if !isClosed(b.Drained(testGroup, one)) {
			t.Error("not drained")
		}
	})
}

func TestRequestThatIsNotIdleMayTakeLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		n.serve(t, one, healthyOr(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			for _, part := range strings.SplitAfter(string(body), ",") {
				io.WriteString(w, part)
				w.(http.Flusher).Flush()
				time.Sleep(50 * time.Second)
			}
		}))
		b, settings := newBalancers(t, n, one)
		body, writer := io.Pipe()
		go func() {
			defer writer.Close()
			for _, part := range []string{"a,", "b,", "c"} {
				time.Sleep(50 * time.Second)
				io.WriteString(writer, part)
			}
		}()
		recorder := get(b, settings, httptest.NewRequest(http.MethodPost, "/", body))
		if recorder.Code != 200 || recorder.Body.String() != "a,b,c" {
			t.Errorf("answered %d %q", recorder.Code, recorder.Body)
		}
	})
}

func TestClientThatLeavesEndsItsRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		n.serve(t, one, healthyOr(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
		b, settings := newBalancers(t, n, one)
		ctx, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		start := time.Now()
		recorder := get(b, settings, httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
		if time.Since(start) != time.Second || recorder.Body.Len() > 0 {
			t.Errorf("answered %q after %s", recorder.Body, time.Since(start))
		}
		b.Deregister(testGroup, one)
		if !isClosed(b.Drained(testGroup, one)) {
			t.Error("the request is still in flight")
		}
	})
}

func TestConnectionsToATargetAreKeptUntilItIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		n.serve(t, one, answering("well"))
		b, settings := newBalancers(t, n, one)
		before := n.dialed()
		for range 3 {
			get(b, settings, httptest.NewRequest(http.MethodGet, "/", nil))
			synctest.Wait()
		}
		if made := n.dialed() - before; made != 1 {
			t.Errorf("3 requests took %d connections", made)
		}
		// The test would hang if the connection were still open at its end.
		b.Deregister(testGroup, one)
	})
}

func TestUnusedGroupRefusesConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		n.serve(t, one, answering("well"))
		b, settings := newBalancers(t, n, one)
		unused := settingsOf(t, newGroup(testGroup))
		unused.loadBalancer = nil
		b.find(testGroup).update(unused)
		if got := get(b, settings, httptest.NewRequest(http.MethodGet, "/", nil)).Code; got != 502 {
			t.Errorf("answered %d", got)
		}
	})
}

func TestProtocolCanBeSwitched(t *testing.T) {
	n := newNetwork()
	n.serve(t, one, healthyOr(func(w http.ResponseWriter, r *http.Request) {
		connection, buffer, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer connection.Close()
		io.WriteString(connection, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		io.Copy(connection, buffer)
	}))
	b := New(Options{Dialer: n, Log: quiet})
	group := b.group(testGroup)
	group.update(settingsOf(t, newGroup(testGroup)))
	group.register([]Target{one})
	group.targets[0].health.state = types.TargetHealthStateEnumHealthy
	t.Cleanup(group.close)
	forward, err := newRule(newDefaultRule(forwardTo(testGroup)))
	if err != nil {
		t.Fatal(err)
	}
	settings := &listenerSettings{port: 80, rules: []rule{forward}, idleTimeout: time.Minute}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { b.serve(w, r, settings) }))
	t.Cleanup(server.Close)

	connection, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	io.WriteString(connection, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	reader := bufio.NewReader(connection)
	response, err := http.ReadResponse(reader, nil)
	if err != nil || response.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("answered %v (%v)", response, err)
	}
	for _, word := range []string{"hello\n", "again\n"} {
		io.WriteString(connection, word)
		if got, err := reader.ReadString('\n'); got != word {
			t.Errorf("echoed %q (%v)", got, err)
		}
	}
	// The target drains as long as the connection is open.
	b.Deregister(testGroup, one)
	drained := b.Drained(testGroup, one)
	if isClosed(drained) {
		t.Error("drained with a connection open")
	}
	connection.Close()
	select {
	case <-drained:
	case <-time.After(5 * time.Second):
		t.Error("not drained though the connection is closed")
	}
}
