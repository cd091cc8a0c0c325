package loadbalancer

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// errIdle is the cause of a request that ended because nothing was sent.
var errIdle = errors.New("nothing was sent within the idle timeout")

// A silence ends a request when nothing goes through it, in either direction,
// for the idle timeout of the load balancer.
type silence struct {
	timer *time.Timer
	limit time.Duration
}

// newSilence begins a silence, and calls end when it has lasted for limit.
func newSilence(limit time.Duration, end func()) *silence {
	return &silence{timer: time.AfterFunc(limit, end), limit: limit}
}

// end ends the watch.
func (s *silence) end() {
	s.timer.Stop()
}

// broken begins the silence anew, if something was sent.
func (s *silence) broken(sent int) {
	if sent > 0 {
		s.timer.Reset(s.limit)
	}
}

// watchRequest watches what is sent to a target.
func (s *silence) watchRequest(request *http.Request) {
	if request.Body != nil {
		request.Body = watchedBody{request.Body, s}
	}
}

// watchResponse watches what a target sends, and both directions after the
// protocol was switched.
func (s *silence) watchResponse(response *http.Response) {
	if both, is := response.Body.(io.ReadWriteCloser); is {
		response.Body = switchedBody{watchedBody{both, s}, both}
		return
	}
	response.Body = watchedBody{response.Body, s}
}

// A watchedBody is a body whose bytes break a silence.
type watchedBody struct {
	io.ReadCloser
	silence *silence
}

func (b watchedBody) Read(buffer []byte) (int, error) {
	n, err := b.ReadCloser.Read(buffer)
	b.silence.broken(n)
	return n, err
}

// A switchedBody is the connection to a target that has switched protocols,
// which is a body that can be written to.
type switchedBody struct {
	watchedBody
	writer io.Writer
}

func (b switchedBody) Write(data []byte) (int, error) {
	n, err := b.writer.Write(data)
	b.silence.broken(n)
	return n, err
}

// CloseWrite tells the target that the client sends no more.
func (b switchedBody) CloseWrite() error {
	if half, is := b.writer.(interface{ CloseWrite() error }); is {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}
