package loadbalancer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// patience is how long a test waits for what has to happen.
const patience = 10 * time.Second

// eventually waits until something holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it does not come to pass that %s", what)
		}
	}
}

// freeAddress returns an address to listen on.
func freeAddress(t *testing.T) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).AddrPort()
}

// run runs Balancers until the test ends. It returns what ends them before.
func run(t *testing.T, a *api, n *network, log *slog.Logger) (*Balancers, func()) {
	t.Helper()
	b := New(Options{Client: a, Certificates: a, Dialer: n, Log: log})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b.Run(ctx)
	}()
	end := func() {
		cancel()
		<-ended
	}
	t.Cleanup(end)
	return b, end
}

// newClient returns a client that keeps its connections until the test ends.
func newClient(t *testing.T) *http.Client {
	transport := &http.Transport{MaxIdleConnsPerHost: 100}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: patience}
}

// fetch returns the body at an address, or the error or status in its place.
func fetch(client *http.Client, address netip.AddrPort) string {
	response, err := client.Get(fmt.Sprintf("http://%s/", address))
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err.Error()
	}
	if response.StatusCode != http.StatusOK {
		return response.Status
	}
	return string(body)
}

func TestNoRequestFailsWhileTargetsComeAndGo(t *testing.T) {
	address, n := freeAddress(t), newNetwork()
	b, _ := run(t, newAPI(address), n, quiet)
	client := newClient(t)

	var targets []Target
	for i := range 6 {
		which := Target{fmt.Sprintf("10.0.1.%d", i), 8080}
		targets = append(targets, which)
		n.serve(t, which, healthyOr(func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(time.Duration(i) * time.Millisecond)
			io.WriteString(w, "well")
		}))
	}
	b.Register(testGroup, targets[0], targets[1])
	eventually(t, "requests are answered", func() bool { return fetch(client, address) == "well" })

	var (
		clients  sync.WaitGroup
		answered atomic.Int64
	)
	stop := make(chan struct{})
	for range 8 {
		clients.Go(func() {
			for !isClosed(stop) {
				if got := fetch(client, address); got != "well" {
					t.Errorf("answered %q", got)
					return
				}
				answered.Add(1)
			}
		})
	}
	// Each round is a rolling deployment: two targets come, then two go.
	for round := range 9 {
		come, leave := targets[(2*round+2)%6:][:2], targets[2*round%6:][:2]
		b.Register(testGroup, come...)
		eventually(t, "the new targets are healthy", func() bool { return countHealthy(b) == 4 })
		b.Deregister(testGroup, leave...)
		for _, gone := range leave {
			<-b.Drained(testGroup, gone)
		}
		eventually(t, "the load goes on", func() bool { return t.Failed() || answered.Load() >= int64(100*(round+1)) })
	}
	close(stop)
	clients.Wait()
}

func countHealthy(b *Balancers) int {
	count := 0
	for _, target := range b.Health(testGroup) {
		if target.State == types.TargetHealthStateEnumHealthy {
			count++
		}
	}
	return count
}

func TestListenersFollowTheAPI(t *testing.T) {
	first, second, n := freeAddress(t), freeAddress(t), newNetwork()
	a := newAPI(first)
	a.rules["arn:listener"] = []types.Rule{
		newDefaultRule(fixedText("default")),
		{RuleArn: aws.String("arn:rule"), Priority: aws.String("1"), Conditions: []types.RuleCondition{methodIs("GET")}, Actions: []types.Action{fixedText("one")}},
	}
	_, end := run(t, a, n, quiet)
	client := newClient(t)
	eventually(t, "the first listener answers by its rule", func() bool { return fetch(client, first) == "one" })

	a.change(func() {
		a.rules["arn:listener"] = a.rules["arn:listener"][:1]
		a.listeners = append(a.listeners, newListener("arn:second", second.Port()))
		a.rules["arn:second"] = []types.Rule{newDefaultRule(fixedText("two"))}
	})
	eventually(t, "the second listener answers", func() bool { return fetch(client, second) == "two" })
	if got := fetch(client, first); got != "default" {
		t.Errorf("without its rule, the first listener answers %q", got)
	}

	a.change(func() { a.listeners = a.listeners[1:] })
	eventually(t, "the first listener is closed", func() bool { return strings.Contains(fetch(client, first), "refused") })
	if got := fetch(client, second); got != "two" {
		t.Errorf("the second listener answers %q", got)
	}

	end()
	if got := fetch(client, second); !strings.Contains(got, "refused") {
		t.Errorf("after the end, the second listener answers %q", got)
	}
}

func TestListenerThatIsRemovedFinishesItsRequests(t *testing.T) {
	address, n := freeAddress(t), newNetwork()
	arrived, proceed := make(chan struct{}), make(chan struct{})
	n.serve(t, one, healthyOr(func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-proceed
		io.WriteString(w, "well")
	}))
	a := newAPI(address)
	b, _ := run(t, a, n, quiet)
	b.Register(testGroup, one)
	eventually(t, "the target is healthy", func() bool { return countHealthy(b) == 1 })
	answered := make(chan string)
	go func() { answered <- fetch(newClient(t), address) }()
	<-arrived

	a.change(func() { a.listeners = nil })
	eventually(t, "the listener is closed", func() bool {
		connection, err := net.Dial("tcp", address.String())
		if err == nil {
			connection.Close()
		}
		return err != nil
	})
	close(proceed)
	if got := <-answered; got != "well" {
		t.Errorf("answered %q", got)
	}
}

func TestTargetGroupThatIsDeletedLosesItsTargets(t *testing.T) {
	n := newNetwork()
	n.serve(t, one, answering("well"))
	a := newAPI(freeAddress(t))
	b, _ := run(t, a, n, quiet)
	b.Register(testGroup, one)
	eventually(t, "the target is healthy", func() bool { return countHealthy(b) == 1 })
	a.change(func() { a.listeners, a.groups = nil, nil })
	eventually(t, "there is no target", func() bool { return len(b.Health(testGroup)) == 0 })
}

func TestTrafficGoesOnWhileTheAPIDoesNotAnswer(t *testing.T) {
	address, n := freeAddress(t), newNetwork()
	n.serve(t, one, answering("well"))
	a, log := newAPI(address), &logged{}
	b, _ := run(t, a, n, slog.New(slog.NewTextHandler(log, nil)))
	b.Register(testGroup, one)
	client := newClient(t)
	eventually(t, "requests are answered", func() bool { return fetch(client, address) == "well" })
	a.change(func() { a.err = errors.New("no answer") })
	eventually(t, "the log tells of it", func() bool { return log.count("no answer") == 1 })
	if got := fetch(client, address); got != "well" {
		t.Errorf("answered %q", got)
	}
}

func TestClientThatIsNotAdmittedGetsNoAnswer(t *testing.T) {
	address, n := freeAddress(t), newNetwork()
	n.refuse(netip.MustParseAddr("127.0.0.2"))
	a := newAPI(address)
	a.rules["arn:listener"] = []types.Rule{newDefaultRule(fixedText("well"))}
	_, end := run(t, a, n, quiet)
	client := newClient(t)
	eventually(t, "another client gets an answer", func() bool { return fetch(client, address) == "well" })

	refused := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP("127.0.0.2")}}
	connection, err := refused.DialContext(t.Context(), "tcp", address.String())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	io.WriteString(connection, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	connection.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	var timeout net.Error
	if n, err := connection.Read(make([]byte, 1)); n > 0 || !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("read %d bytes: %v", n, err)
	}
	end() // It would hang if the connection were still held.
}

func TestWhatIsNotServedIsLoggedOnce(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	address := taken.Addr().(*net.TCPAddr).AddrPort()
	a, log := newAPI(address), &logged{}
	a.balancers = append(a.balancers,
		types.LoadBalancer{LoadBalancerArn: aws.String("arn:network"), Type: types.LoadBalancerTypeEnumNetwork},
		types.LoadBalancer{LoadBalancerArn: aws.String("arn:named"), Type: types.LoadBalancerTypeEnumApplication, DNSName: aws.String("a.elb.amazonaws.com")},
		types.LoadBalancer{LoadBalancerArn: aws.String("arn:public"), Type: types.LoadBalancerTypeEnumApplication, DNSName: aws.String("192.0.2.1")},
	)
	tcp := newListener("arn:tcp", 443)
	tcp.Protocol = types.ProtocolEnumTcp
	a.listeners = append(a.listeners, tcp)
	a.rules["arn:listener"] = append(a.rules["arn:listener"], types.Rule{
		RuleArn: aws.String("arn:rule"), Priority: aws.String("1"), Actions: []types.Action{{Type: types.ActionTypeEnumJwtValidation}},
	})
	odd := newGroup("arn:odd")
	odd.HealthCheckProtocol = types.ProtocolEnumTcp
	a.groups = append(a.groups, odd)
	_, _ = run(t, a, newNetwork(), slog.New(slog.NewTextHandler(log, nil)))

	subjects := []string{"arn:network", "arn:named", "arn:public", "arn:tcp", "arn:rule", "arn:odd", "end the program that listens there"}
	for _, subject := range subjects {
		eventually(t, "the log tells of "+subject, func() bool { return log.count(subject) == 1 })
	}
	taken.Close()
	client := newClient(t)
	eventually(t, "the listener is opened when its port is free", func() bool { return strings.HasPrefix(fetch(client, address), "503") })
	for _, subject := range subjects {
		if got := log.count(subject); got != 1 {
			t.Errorf("the log tells %d times of %s", got, subject)
		}
	}
}

func TestAttributesOfTheAPIAreHeeded(t *testing.T) {
	a := newAPI(netip.MustParseAddrPort("127.0.0.1:80"))
	a.balancerAttributes = []types.LoadBalancerAttribute{
		{Key: aws.String("idle_timeout.timeout_seconds"), Value: aws.String("7")},
		{Key: aws.String("routing.http.drop_invalid_header_fields.enabled"), Value: aws.String("true")},
	}
	a.groupAttributes = []types.TargetGroupAttribute{{Key: aws.String("deregistration_delay.timeout_seconds"), Value: aws.String("9")}}
	d, err := describe(t.Context(), a, nil)
	if err != nil {
		t.Fatal(err)
	}
	listener := d.listeners[netip.MustParseAddrPort("127.0.0.1:80")]
	if listener.idleTimeout != 7*time.Second || !listener.dropInvalidHeaders {
		t.Errorf("idle timeout %s, dropping invalid headers: %v", listener.idleTimeout, listener.dropInvalidHeaders)
	}
	if got := d.groups[testGroup].deregistrationDelay; got != 9*time.Second {
		t.Errorf("deregistration delay %s", got)
	}
}

// logged is a log that a test reads while it is written to.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

// count returns in how many lines a text occurs.
func (l *logged) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := 0
	for line := range strings.Lines(l.text.String()) {
		if strings.Contains(line, text) {
			lines++
		}
	}
	return lines
}
