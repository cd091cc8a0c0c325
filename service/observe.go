package main

import (
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"
)

// observe returns a handler that logs each request that next handles, and
// answers 500 where next panics. Requests of the pattern quiet are logged as
// debug unless they fail: health checks come every few seconds for ever. The
// home page is never quiet, even where it serves as the health check.
func observe(logger *slog.Logger, quiet string, next http.Handler) http.Handler {
	return &observer{logger, quiet, next}
}

type observer struct {
	logger *slog.Logger
	quiet  string
	next   http.Handler
}

func (o *observer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	answer := &response{ResponseWriter: w}
	defer o.log(answer, r, start) // also when a panic goes on
	defer o.recoverPanic(answer, r)
	o.next.ServeHTTP(answer, r)
	if answer.status == 0 {
		answer.status = http.StatusOK // what net/http sends for a handler that wrote nothing
	}
}

// recoverPanic answers 500 if nothing was sent yet. If something was, it cuts
// the connection, so that the client does not take a part for the whole.
func (o *observer) recoverPanic(answer *response, r *http.Request) {
	reason := recover()
	if reason == nil {
		return
	}
	if reason == http.ErrAbortHandler { //nolint:errorlint // the handler wants the connection cut, and says so with this very value
		answer.aborted = true
		panic(reason)
	}
	o.logger.LogAttrs(r.Context(), slog.LevelError, "panic",
		slog.Any("reason", reason),
		slog.String("method", r.Method),
		slog.String("path", r.URL.Path),
		traceID(r),
		slog.String("stack", string(debug.Stack())),
	)
	if answer.status != 0 {
		answer.aborted = true
		panic(http.ErrAbortHandler)
	}
	http.Error(answer, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
}

func (o *observer) log(answer *response, r *http.Request, start time.Time) {
	level := o.level(answer, r)
	if !o.logger.Enabled(r.Context(), level) {
		return
	}
	// The query is left out: it may hold what is nobody else's business.
	attributes := make([]slog.Attr, 0, 7)
	attributes = append(attributes,
		slog.String("method", r.Method),
		slog.String("path", r.URL.Path),
		slog.Int("status", answer.status),
		slog.Int64("bytes", answer.bytes),
		slog.Float64("duration_ms", float64(time.Since(start).Microseconds())/1000),
		traceID(r),
	)
	if answer.aborted {
		attributes = append(attributes, slog.Bool("aborted", true))
	}
	o.logger.LogAttrs(r.Context(), level, "request", attributes...)
}

func (o *observer) level(answer *response, r *http.Request) slog.Level {
	switch {
	case answer.aborted || answer.status >= http.StatusInternalServerError:
		return slog.LevelError
	case r.Pattern == o.quiet && r.Pattern != homePattern:
		return slog.LevelDebug
	default:
		return slog.LevelInfo
	}
}

// traceID returns the whole header that the load balancer gives every request,
// as its own access log has it. Handlers leave an empty attribute out.
func traceID(r *http.Request) slog.Attr {
	value := r.Header.Get("X-Amzn-Trace-Id")
	if value == "" {
		return slog.Attr{}
	}
	return slog.String("trace_id", value)
}

// response is a [http.ResponseWriter] whose status and length are remembered.
type response struct {
	http.ResponseWriter
	status  int // 0 until the header is written
	bytes   int64
	aborted bool
}

func (w *response) WriteHeader(status int) {
	// 1xx other than 101 come before the answer itself.
	final := status >= http.StatusOK || status == http.StatusSwitchingProtocols
	if final && w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *response) Write(data []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(data)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets [http.ResponseController] reach the response.
func (w *response) Unwrap() http.ResponseWriter {
	return w.ResponseWriter
}
