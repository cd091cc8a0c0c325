package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestTaskAndZoneComeFromTheTaskMetadata(t *testing.T) {
	metadata := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v4/1/task" {
			http.NotFound(w, r)
			return
		}
		w.Write([]byte(`{"Cluster": "default", "TaskARN": "arn:aws:ecs:us-west-2:111122223333:task/default/158d1c8083dd49d6b527399fd6414f5c", "AvailabilityZone": "us-west-2d", "Containers": []}`))
	}))
	defer metadata.Close()
	id, zone, err := fetchTask(t.Context(), metadata.URL+"/v4/1")
	if err != nil || id != "158d1c8083dd49d6b527399fd6414f5c" || zone != "us-west-2d" {
		t.Errorf("got %q, %q, %v", id, zone, err)
	}
}

func TestNoTaskIsAnErrorThatSaysWhy(t *testing.T) {
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"metadata without a zone": {func(w http.ResponseWriter, r *http.Request) {
			w.Write([]byte(`{"TaskARN": "arn:aws:ecs:us-west-2:111122223333:task/default/1"}`))
		}, "no AvailabilityZone"},
		"metadata without a task": {func(w http.ResponseWriter, r *http.Request) {
			w.Write([]byte(`{"AvailabilityZone": "us-west-2d"}`))
		}, "no TaskARN"},
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
			id, zone, err := fetchTask(t.Context(), metadata.URL)
			if err == nil || id != "" || zone != "" || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %q, %q, %v; want an error with %q", id, zone, err, test.want)
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
	if _, _, err := fetchTask(ctx, metadata.URL); err == nil {
		t.Error("no error")
	}
	if ctx.Err() != nil {
		t.Error("still waiting after 5 s")
	}
}
