package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// appNamed serves an app whose name can be changed.
func appNamed(t *testing.T, name string) (url string, rename func(string)) {
	t.Helper()
	var current atomic.Value
	current.Store(name)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if current.Load() == "" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		fmt.Fprintf(w, `{"name":%q,"version":"dev","host":"here"}`, current.Load())
	}))
	t.Cleanup(server.Close)
	return server.URL, func(name string) { current.Store(name) }
}

func TestAnAnswerIsWaitedForUntilItIsTheNewVersions(t *testing.T) {
	url, rename := appNamed(t, "old")
	answered := make(chan error, 1)
	go func() { answered <- waitForAnswer(t.Context(), url, "new") }()
	for _, name := range []string{"old", ""} {
		rename(name)
		select {
		case err := <-answered:
			t.Fatalf("the app that is named %q was taken for the new one: %v", name, err)
		case <-time.After(3 * pollInterval):
		}
	}
	rename("new")
	if err := <-answered; err != nil {
		t.Error(err)
	}
}

func TestAnAnswerThatDoesNotComeIsToldWithWhatCameInstead(t *testing.T) {
	url, _ := appNamed(t, "old")
	ctx, cancel := context.WithTimeout(t.Context(), 10*pollInterval)
	defer cancel()
	err := waitForAnswer(ctx, url, "new")
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), `"old"`) {
		t.Errorf("error %v", err)
	}
}

func TestACommandThatFailsIsToldWithWhatItSaidLast(t *testing.T) {
	d := &deployment{program: &program{directory: t.TempDir()}}
	_, err := d.run(t.Context(), nil, "/bin/sh", "-c", "echo starting; echo no such bucket >&2; exit 4")
	if err == nil || !strings.Contains(err.Error(), "exit status 4") || !strings.Contains(err.Error(), "no such bucket") {
		t.Errorf("error %v", err)
	}
}

func TestACommandIsInterruptedAndMayEndInGoodOrder(t *testing.T) {
	d := &deployment{program: &program{directory: t.TempDir()}}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := d.run(ctx, nil, "/bin/sh", "-c", `trap 'sleep 0.2; echo done > ended; exit' INT; while :; do sleep 0.05; done`)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	if took := time.Since(start); took < 400*time.Millisecond {
		t.Errorf("returned after %s, before the command had ended", took)
	}
}
