package main

import (
	"errors"
	"io"
	"net/http"
	"os"
)

// maxBodyBytes is plenty: nothing here needs a body.
const maxBodyBytes = 64 << 10

// limitBody returns a handler that answers 413 to requests with more than
// maxBodyBytes of body. It reads what body there is and drops it before next
// is called, as no handler takes one; so the limit also holds for bodies that
// don't declare their length.
func limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == http.NoBody {
			next.ServeHTTP(w, r)
			return
		}
		if status := dropBody(w, r); status != http.StatusOK {
			// The rest of the body would be taken for the next request.
			w.Header().Set("Connection", "close")
			http.Error(w, http.StatusText(status), status)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// dropBody reads the body and returns what to answer: 200 to go on.
func dropBody(w http.ResponseWriter, r *http.Request) int {
	if r.ContentLength > maxBodyBytes {
		return http.StatusRequestEntityTooLarge
	}
	_, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, maxBodyBytes))
	switch _, tooLarge := errors.AsType[*http.MaxBytesError](err); {
	case tooLarge:
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return http.StatusRequestTimeout
	case err != nil:
		return http.StatusBadRequest
	default:
		return http.StatusOK
	}
}
