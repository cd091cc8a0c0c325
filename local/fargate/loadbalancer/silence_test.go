package loadbalancer

import (
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func TestSwitchedProtocolIsWatchedInBothDirections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		ended := make(chan time.Duration, 1)
		s := newSilence(time.Minute, func() { ended <- time.Since(start) })
		near, target := net.Pipe()
		defer near.Close()
		defer target.Close()
		response := &http.Response{Body: near}
		s.watchResponse(response)

		time.Sleep(50 * time.Second)
		go io.WriteString(target, "to the client")
		if _, err := response.Body.Read(make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Second)
		go io.Copy(io.Discard, target)
		if _, err := io.WriteString(response.Body.(io.Writer), "to the target"); err != nil {
			t.Fatal(err)
		}
		if got := <-ended; got != 160*time.Second {
			t.Errorf("ended after %s, want a minute after the last byte", got)
		}
	})
}

// A halfConnection notes that it is closed for writing.
type halfConnection struct {
	io.ReadWriteCloser
	closed bool
}

func (c *halfConnection) CloseWrite() error {
	c.closed = true
	return nil
}

func TestSwitchedProtocolCanBeClosedInOneDirection(t *testing.T) {
	s := newSilence(time.Minute, func() {})
	defer s.end()
	connection := &halfConnection{}
	response := &http.Response{Body: connection}
	s.watchResponse(response)
	if err := response.Body.(switchedBody).CloseWrite(); err != nil || !connection.closed {
		t.Errorf("closed for writing: %v (%v)", connection.closed, err)
	}
}
