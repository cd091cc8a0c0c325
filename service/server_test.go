package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestAllTimeoutsAreSet(t *testing.T) {
	server := newServer(http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	for name, timeout := range map[string]time.Duration{
		"ReadHeaderTimeout": server.ReadHeaderTimeout,
		"ReadTimeout":       server.ReadTimeout,
		"WriteTimeout":      server.WriteTimeout,
		"IdleTimeout":       server.IdleTimeout,
	} {
		if timeout <= 0 {
			t.Errorf("%s is %s", name, timeout)
		}
	}
}

func TestIdleConnectionsOutliveThoseOfTheLoadBalancer(t *testing.T) {
	server := newServer(http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	if server.IdleTimeout <= 60*time.Second {
		t.Errorf("IdleTimeout is %s", server.IdleTimeout)
	}
}

func TestWhatIsInFlightEndsBeforeTheDrainAndTheDrainBeforeECSKills(t *testing.T) {
	server := newServer(http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	longest := max(server.ReadTimeout, server.ReadHeaderTimeout+server.WriteTimeout)
	if longest >= drainTimeout {
		t.Errorf("a request may take %s, the drain %s", longest, drainTimeout)
	}
	if drainTimeout >= 30*time.Second {
		t.Errorf("the drain may take %s", drainTimeout)
	}
}

func TestHeaderLimit(t *testing.T) {
	server := httptest.NewUnstartedServer(nil)
	server.Config = newServer(http.HandlerFunc(health), slog.New(slog.DiscardHandler))
	server.Start()
	defer server.Close()
	for name, test := range map[string]struct {
		bytes, want int
	}{
		"what the load balancer lets through is fine": {60 << 10, 200},
		"much more than that is refused":              {80 << 10, 431},
	} {
		t.Run(name, func(t *testing.T) {
			request, err := http.NewRequest(http.MethodGet, server.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Cookie", strings.Repeat("x", test.bytes))
			answer, err := server.Client().Do(request)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if answer.StatusCode != test.want {
				t.Errorf("got %d, want %d", answer.StatusCode, test.want)
			}
		})
	}
}

func TestWhatTheServerItselfHasToSayGoesToTheLog(t *testing.T) {
	var log bytes.Buffer
	server := httptest.NewUnstartedServer(nil)
	server.Config = newServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		w.WriteHeader(http.StatusOK) // a mistake that net/http complains about
	}), slog.New(slog.NewJSONHandler(&log, nil)))
	server.Start()
	answer, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	server.Close() // waits for the handler

	var line struct{ Level, Msg string }
	if err := json.Unmarshal(log.Bytes(), &line); err != nil || line.Level != "WARN" || !strings.Contains(line.Msg, "WriteHeader") {
		t.Errorf("got %q, %v", &log, err)
	}
}

func TestWhatDoesNotEndIsCutOffAfterTheDrainWithAnError(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.DiscardHandler)
	ctx, stop := context.WithCancel(t.Context())
	released := make(chan struct{})
	defer close(released)
	server := newServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		stop() // now that a request is in flight
		<-released
	}), logger)
	asked := make(chan error, 1)
	go func() {
		answer, err := http.Get("http://" + listener.Addr().String())
		if err == nil {
			answer.Body.Close()
		}
		asked <- err
	}()
	if err := serve(ctx, server, listener, 50*time.Millisecond, logger); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("got %v", err)
	}
	if err := <-asked; err == nil {
		t.Error("the request that was cut off got an answer")
	}
}
