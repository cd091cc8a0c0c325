package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"
)

const (
	// A load is requestsPerSecond requests a second from loadClients clients,
	// each of which keeps its connection as browsers do.
	requestsPerSecond = 100
	loadClients       = 10

	// answerLimit is how long a request of a load may take.
	answerLimit = 10 * time.Second
)

// A load is a steady stream of requests to a URL.
type load struct {
	url    string
	cancel context.CancelFunc
	ended  sync.WaitGroup

	mutex    sync.Mutex
	answers  map[string]int // by the app's version
	failures []string
}

// startLoad starts a load, which ends with the test at the latest.
func startLoad(t *testing.T, url string) *load {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	l := &load{url: url, cancel: cancel, answers: map[string]int{}}
	for range loadClients {
		l.ended.Go(func() { l.ask(ctx) })
	}
	t.Cleanup(l.stop)
	return l
}

// stop ends the load.
func (l *load) stop() {
	l.cancel()
	l.ended.Wait()
}

// ask sends one client's part of the requests until ctx ends.
func (l *load) ask(ctx context.Context) {
	client := &http.Client{Transport: &http.Transport{}, Timeout: answerLimit}
	defer client.CloseIdleConnections()
	ticker := time.NewTicker(time.Second * loadClients / requestsPerSecond)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			l.note(version(client, l.url))
		}
	}
}

func (l *load) note(version string, err error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if err != nil {
		l.failures = append(l.failures, fmt.Sprintf("%s %v", time.Now().Format(time.TimeOnly), err))
		return
	}
	l.answers[version]++
}

// count returns how many requests were answered.
func (l *load) count() int {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	total := 0
	for _, n := range l.answers {
		total += n
	}
	return total
}

// expectNoFailure waits until the load has come to a number of requests, ends
// it, and checks that each was answered.
func (l *load) expectNoFailure(t *testing.T, requests int) {
	t.Helper()
	wait(t, time.Duration(2*requests/requestsPerSecond+60)*time.Second, "enough requests", func() bool { return l.count() >= requests })
	l.stop()
	t.Logf("%d requests were answered, %d failed; by version: %v", l.count(), len(l.failures), l.answers)
	if len(l.failures) > 0 {
		t.Errorf("%d requests failed, the first and the last: %s, %s", len(l.failures), l.failures[0], l.failures[len(l.failures)-1])
	}
}

// version asks the app for its version.
func version(client *http.Client, url string) (string, error) {
	answer, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return "", err
	}
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s", answer.Status, body)
	}
	var identity struct{ Version string }
	return identity.Version, json.Unmarshal(body, &identity)
}

// wait waits until something is so.
func wait(t *testing.T, limit time.Duration, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !is(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", limit, what)
		}
	}
}

// status asks for a URL on a connection of its own and returns the status, 0
// if there was no answer within limit.
func status(t *testing.T, url string, limit time.Duration) int {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: limit}
	answer, err := client.Get(url)
	if err != nil {
		t.Logf("%s: %v", url, err)
		return 0
	}
	answer.Body.Close()
	return answer.StatusCode
}
