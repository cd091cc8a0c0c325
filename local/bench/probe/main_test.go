package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// unreadyServer serves an app that gets ready with its third request.
func unreadyServer(t *testing.T) (url string) {
	t.Helper()
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestTheFirst200CountsAndTheCommandIsEnded(t *testing.T) {
	start := time.Now()
	took, err := measure(unreadyServer(t), []string{"sleep", "60"})
	if err != nil || took < 2*interval || took > time.Since(start) {
		t.Errorf("got %s, %v", took, err)
	}
}

func TestWithoutACommandAServerIsWaitedFor(t *testing.T) {
	if took, err := measure(unreadyServer(t), nil); err != nil || took < 2*interval {
		t.Errorf("got %s, %v", took, err)
	}
}

func TestACommandThatCannotBeStartedIsTold(t *testing.T) {
	if _, err := measure(unreadyServer(t), []string{"/no/such/command"}); err == nil || !strings.Contains(err.Error(), "/no/such/command") {
		t.Errorf("error %v", err)
	}
}
