package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fargate-stack/local/fargate"
)

// newListener listens in a directory whose path is short enough for a socket.
func newListener(t *testing.T) net.Listener {
	t.Helper()
	directory, err := os.MkdirTemp("", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(directory) })
	listener, err := listen(filepath.Join(directory, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}

func clientOf(listener net.Listener) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", listener.Addr().String())
		},
	}}
}

func TestASocketThatWasLeftBehindIsReplaced(t *testing.T) {
	left := newListener(t)
	left.(*net.UnixListener).SetUnlinkOnClose(false)
	left.Close()
	listener, err := listen(left.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
}

func TestOperationsAreAnsweredUntilTheEnd(t *testing.T) {
	listener := newListener(t)
	client := clientOf(listener)
	ctx, end := context.WithCancel(t.Context())
	asked := make(chan struct{})
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(asked)
		<-ctx.Done() // a request that is being answered at the end
		io.Copy(w, r.Body)
	})
	ended := make(chan error, 1)
	go func() { ended <- answer(ctx, listener, handler) }()

	response, err := client.Get("http://fargate" + fargate.ReadyPath)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("asked whether it is ready, it says %v (%v)", response, err)
	}
	response.Body.Close()
	answered := make(chan string, 1)
	go func() {
		response, err := client.Post("http://fargate/", "text/plain", strings.NewReader("an operation"))
		if err != nil {
			answered <- err.Error()
			return
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		answered <- string(body)
	}()
	<-asked
	end()
	if got := <-answered; got != "an operation" {
		t.Errorf("the answer is %q", got)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, err := client.Get("http://fargate" + fargate.ReadyPath); err == nil {
		t.Error("after the end, it answers")
	}
}

func TestAnOperationDoesNotDelayTheEndForLong(t *testing.T) {
	listener := newListener(t)
	ctx, end := context.WithCancel(t.Context())
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		end()
		<-r.Context().Done()
	})
	ended := make(chan error, 1)
	go func() { ended <- answer(ctx, listener, handler) }()
	if _, err := clientOf(listener).Post("http://fargate/", "text/plain", nil); err == nil {
		t.Error("it is answered")
	}
	select {
	case err := <-ended:
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("it ends with %v", err)
		}
	case <-time.After(2 * answerLimit):
		t.Error("it does not end")
	}
}
