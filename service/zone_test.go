package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestTheZoneComesFromTheTaskMetadata(t *testing.T) {
	metadata := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v4/1/task" {
			http.NotFound(w, r)
			return
		}
		w.Write([]byte(`{"Cluster": "default", "AvailabilityZone": "us-west-2d", "Containers": []}`))
	}))
	defer metadata.Close()
	got, err := fetchZone(t.Context(), metadata.URL+"/v4/1")
	if err != nil || got != "us-west-2d" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestNoZoneIsAnErrorThatSaysWhy(t *testing.T) {
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"metadata without a zone": {func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(`{}`)) }, "no AvailabilityZone"},
		"metadata that is not JSON": {func(w http.ResponseWriter, r *http.Request) {
			w.Write([]byte(`<html>`))
		}, "reading task metadata"},
		"an endpoint that fails": {func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, "", http.StatusInternalServerError)
		}, "500"},
		"an endpoint that points elsewhere": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://192.0.2.1/", http.StatusFound)
		}, "302"},
	} {
		t.Run(name, func(t *testing.T) {
			metadata := httptest.NewServer(test.answer)
			defer metadata.Close()
			zone, err := fetchZone(t.Context(), metadata.URL)
			if err == nil || zone != "" || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %q, %v; want an error with %q", zone, err, test.want)
			}
		})
	}
}

func TestAnEndpointThatDoesNotAnswerIsGivenUp(t *testing.T) {
	released := make(chan struct{})
	metadata := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-released }))
	defer metadata.Close()
	defer close(released)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, err := fetchZone(ctx, metadata.URL); err == nil {
		t.Error("no error")
	}
	if ctx.Err() != nil {
		t.Error("still waiting after 5 s")
	}
}
