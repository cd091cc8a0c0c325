package main

import (
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// A fakeEngine answers what the command asks a Docker engine. It has none of
// the images that it is asked for, and gets none.
type fakeEngine struct {
	// host is its address.
	host string
	// reachesRegistry tells whether it can log in to a registry.
	reachesRegistry bool
	// images are those that it lists, as the API does.
	images string
	// removed are the images that were removed.
	removed []string
}

func newFakeEngine(t *testing.T) *fakeEngine {
	t.Helper()
	socket := filepath.Join(shortDirectory(t), "docker.sock")
	listening, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	engine := &fakeEngine{host: "unix://" + socket, reachesRegistry: true, images: "[]"}
	server := &http.Server{Handler: engine.handler(t)}
	go server.Serve(listening)
	t.Cleanup(func() { server.Close() })
	return engine
}

func (e *fakeEngine) handler(t *testing.T) http.Handler {
	refuse := func(w http.ResponseWriter, status int, message string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"message": %q}`, message)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/_ping", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Api-Version", "1.41")
		w.Header().Set("Ostype", "linux")
	})
	mux.HandleFunc("GET /v1.41/version", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"Os": "linux", "Arch": %q}`, runtime.GOARCH)
	})
	mux.HandleFunc("POST /v1.41/auth", func(w http.ResponseWriter, _ *http.Request) {
		if !e.reachesRegistry {
			refuse(w, http.StatusInternalServerError, "connection refused")
			return
		}
		fmt.Fprint(w, `{"Status": "Login Succeeded"}`)
	})
	mux.HandleFunc("POST /v1.41/images/create", func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusInternalServerError, "connection refused")
	})
	mux.HandleFunc("GET /v1.41/containers/json", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "[]")
	})
	mux.HandleFunc("GET /v1.41/images/json", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, e.images)
	})
	mux.HandleFunc("GET /v1.41/images/", func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusNotFound, "no such image")
	})
	mux.HandleFunc("DELETE /v1.41/images/", func(w http.ResponseWriter, r *http.Request) {
		e.removed = append(e.removed, strings.TrimPrefix(r.URL.Path, "/v1.41/images/"))
		fmt.Fprint(w, "[]")
	})
	mux.HandleFunc("/", func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the engine was asked for %s %s", r.Method, r.URL)
	})
	return mux
}
