package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const trace = "Self=1-67891234-12456789abcdef012345678;Root=1-67891233-abcdef012345678912345678"

// observed returns the log lines of one request that handler answered.
func observed(t *testing.T, level slog.Level, handler http.Handler, request *http.Request) (lines []map[string]any, answer *httptest.ResponseRecorder) {
	t.Helper()
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: level}))
	answer = httptest.NewRecorder()
	func() {
		defer func() {
			if reason := recover(); reason != nil && reason != http.ErrAbortHandler {
				t.Errorf("panic went on: %v", reason)
			}
		}()
		observe(logger, "GET /health", handler).ServeHTTP(answer, request)
	}()
	decoder := json.NewDecoder(&log)
	for decoder.More() {
		var line map[string]any
		if err := decoder.Decode(&line); err != nil {
			t.Fatalf("log line is not JSON: %v", err)
		}
		lines = append(lines, line)
	}
	return lines, answer
}

func mustRoutes(t *testing.T) http.Handler {
	t.Helper()
	home, err := newHomePage(identity{Name: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	return routes(home, mustSettings(t))
}

func TestARequestIsLoggedWithWhatItWasAndCameTo(t *testing.T) {
	request := httptest.NewRequest(http.MethodGet, "/?password=1", nil)
	request.Header.Set("X-Amzn-Trace-Id", trace)
	lines, answer := observed(t, slog.LevelInfo, mustRoutes(t), request)
	if len(lines) != 1 {
		t.Fatalf("got %d lines: %v", len(lines), lines)
	}
	for key, want := range map[string]any{
		"level":    "INFO",
		"msg":      "request",
		"method":   "GET",
		"path":     "/",
		"status":   200.0,
		"bytes":    float64(answer.Body.Len()),
		"trace_id": trace,
	} {
		if lines[0][key] != want {
			t.Errorf("%s: got %v, want %v", key, lines[0][key], want)
		}
	}
	if duration, ok := lines[0]["duration_ms"].(float64); !ok || duration < 0 {
		t.Errorf("duration_ms: got %v", lines[0]["duration_ms"])
	}
}

func TestARequestThatCameByNoLoadBalancerHasNoTraceID(t *testing.T) {
	lines, _ := observed(t, slog.LevelInfo, mustRoutes(t), httptest.NewRequest(http.MethodGet, "/", nil))
	if _, has := lines[0]["trace_id"]; has {
		t.Errorf("got %v", lines[0])
	}
}

func TestLogLevels(t *testing.T) {
	answering := func(status int) http.Handler {
		mux := http.NewServeMux()
		mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(status) })
		mux.HandleFunc("GET /health", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(status) })
		return mux
	}
	for name, test := range map[string]struct {
		handler http.Handler
		target  string
		want    string
	}{
		"a good answer is info":              {answering(200), "/", "INFO"},
		"a client's mistake is info":         {answering(404), "/", "INFO"},
		"a failure is an error":              {answering(503), "/", "ERROR"},
		"a passed health check is debug":     {answering(200), "/health", "DEBUG"},
		"a failed health check is an error":  {answering(500), "/health", "ERROR"},
		"a path that nothing serves is info": {mustRoutes(t), "/other", "INFO"},
	} {
		t.Run(name, func(t *testing.T) {
			lines, _ := observed(t, slog.LevelDebug, test.handler, httptest.NewRequest(http.MethodGet, test.target, nil))
			if len(lines) != 1 || lines[0]["level"] != test.want {
				t.Errorf("got %v, want one line of level %s", lines, test.want)
			}
		})
	}
}

func TestTheHomePageIsLoggedEvenIfItIsTheHealthCheck(t *testing.T) {
	var log bytes.Buffer
	settings := mustSettings(t, "HEALTH_CHECK_PATH", "/")
	home, err := newHomePage(identity{})
	if err != nil {
		t.Fatal(err)
	}
	ask(observe(slog.New(slog.NewJSONHandler(&log, nil)), settings.healthPattern(), routes(home, settings)), http.MethodGet, "/")
	if !strings.Contains(log.String(), `"path":"/"`) {
		t.Errorf("got %s", &log)
	}
}

func TestTheStatusThatIsLoggedIsTheOneThatWasSent(t *testing.T) {
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		want    float64
	}{
		"nothing written is 200": {func(w http.ResponseWriter, r *http.Request) {}, 200},
		"a body alone is 200":    {func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello") }, 200},
		"the first status counts": {func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusTeapot)
			io.WriteString(w, "hello")
		}, 418},
		"early hints are not the answer": {func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusNotFound)
		}, 404},
	} {
		t.Run(name, func(t *testing.T) {
			lines, _ := observed(t, slog.LevelInfo, test.handler, httptest.NewRequest(http.MethodGet, "/", nil))
			if lines[0]["status"] != test.want {
				t.Errorf("got %v, want %v", lines[0]["status"], test.want)
			}
		})
	}
}

func TestAPanicBecomesA500ThatIsLoggedWithItsStack(t *testing.T) {
	request := httptest.NewRequest(http.MethodGet, "/", nil)
	request.Header.Set("X-Amzn-Trace-Id", trace)
	lines, answer := observed(t, slog.LevelInfo, http.HandlerFunc(panics), request)
	if answer.Code != http.StatusInternalServerError {
		t.Errorf("status: got %d", answer.Code)
	}
	if strings.Contains(answer.Body.String(), "the reason") {
		t.Errorf("the client is told the reason: %s", answer.Body)
	}
	if len(lines) != 2 {
		t.Fatalf("got %d lines: %v", len(lines), lines)
	}
	for key, want := range map[string]any{"level": "ERROR", "msg": "panic", "reason": "the reason", "path": "/", "trace_id": trace} {
		if lines[0][key] != want {
			t.Errorf("%s: got %v, want %v", key, lines[0][key], want)
		}
	}
	if stack, _ := lines[0]["stack"].(string); !strings.Contains(stack, ".panics(") {
		t.Errorf("stack does not name what panicked: %s", stack)
	}
	if lines[1]["status"] != 500.0 || lines[1]["level"] != "ERROR" {
		t.Errorf("got %v", lines[1])
	}
}

func panics(http.ResponseWriter, *http.Request) { panic("the reason") }

func TestTheServerGoesOnAfterAPanic(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/", health)
	mux.HandleFunc("/panics", panics)
	server := httptest.NewServer(observe(slog.New(slog.DiscardHandler), "", mux))
	defer server.Close()
	for _, want := range []struct {
		path   string
		status int
	}{{"/panics", 500}, {"/", 200}, {"/panics", 500}, {"/", 200}} {
		answer, err := server.Client().Get(server.URL + want.path)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want.status {
			t.Errorf("%s: got %d, want %d", want.path, answer.StatusCode, want.status)
		}
	}
}

func TestAnAnswerThatBreaksOffIsSeenAsBroken(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"by a panic": func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "half")
			panic("the reason")
		},
		"on purpose": func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "half")
			panic(http.ErrAbortHandler)
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(observe(slog.New(slog.DiscardHandler), "", handler))
			defer server.Close()
			answer, err := server.Client().Get(server.URL)
			if err == nil {
				_, err = io.ReadAll(answer.Body)
				answer.Body.Close()
			}
			if err == nil {
				t.Error("the client takes the half for the whole")
			}

			lines, _ := observed(t, slog.LevelInfo, handler, httptest.NewRequest(http.MethodGet, "/", nil))
			last := lines[len(lines)-1]
			if last["aborted"] != true || last["level"] != "ERROR" {
				t.Errorf("got %v", last)
			}
		})
	}
}

func TestAnAbortOnPurposeIsNoPanicInTheLog(t *testing.T) {
	lines, _ := observed(t, slog.LevelInfo, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		panic(http.ErrAbortHandler)
	}), httptest.NewRequest(http.MethodGet, "/", nil))
	if len(lines) != 1 || lines[0]["msg"] != "request" {
		t.Errorf("got %v", lines)
	}
}

func TestAResponseControllerReachesTheConnection(t *testing.T) {
	var err error
	server := httptest.NewServer(observe(slog.New(slog.DiscardHandler), "", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err = http.NewResponseController(w).Flush()
	})))
	answer, getErr := server.Client().Get(server.URL)
	if getErr != nil {
		t.Fatal(getErr)
	}
	answer.Body.Close()
	server.Close() // waits for the handler
	if errors.Is(err, http.ErrNotSupported) {
		t.Error("Flush is not supported")
	}
}
