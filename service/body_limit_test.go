package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestBodyLimit(t *testing.T) {
	server := httptest.NewServer(limitBody(http.HandlerFunc(health)))
	defer server.Close()
	for name, test := range map[string]struct {
		length   int
		declared bool
		want     int
	}{
		"no body is fine":                           {0, true, 200},
		"a body at the limit is fine":               {maxBodyBytes, true, 200},
		"a body above the limit is refused":         {maxBodyBytes + 1, true, 413},
		"a chunked body at the limit is fine":       {maxBodyBytes, false, 200},
		"a chunked body above the limit is refused": {maxBodyBytes + 1, false, 413},
	} {
		t.Run(name, func(t *testing.T) {
			var body io.Reader = strings.NewReader(strings.Repeat("x", test.length))
			if !test.declared {
				body = io.MultiReader(body) // hides the length from net/http
			}
			answer, err := server.Client().Post(server.URL, "text/plain", body)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if answer.StatusCode != test.want {
				t.Errorf("got %d, want %d", answer.StatusCode, test.want)
			}
			if refused := test.want != 200; answer.Close != refused {
				t.Errorf("connection is closed: %v", answer.Close)
			}
		})
	}
}

func TestABodyThatIsDeclaredTooLongIsNotEvenAskedFor(t *testing.T) {
	server := httptest.NewServer(limitBody(http.HandlerFunc(health)))
	defer server.Close()
	request := fmt.Sprintf("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", maxBodyBytes+1)
	if got := statusOfRaw(t, server.Listener.Addr(), request); got != 413 {
		t.Errorf("got %d", got)
	}
}

func TestABodyThatDoesNotComeIs408(t *testing.T) {
	server := httptest.NewUnstartedServer(limitBody(http.HandlerFunc(health)))
	server.Config.ReadTimeout = 100 * time.Millisecond
	server.Start()
	defer server.Close()
	if got := statusOfRaw(t, server.Listener.Addr(), "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf"); got != 408 {
		t.Errorf("got %d", got)
	}
}

func TestABodyThatIsBrokenIs400(t *testing.T) {
	server := httptest.NewServer(limitBody(http.HandlerFunc(health)))
	defer server.Close()
	if got := statusOfRaw(t, server.Listener.Addr(), "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nno length\r\n"); got != 400 {
		t.Errorf("got %d", got)
	}
}

// statusOfRaw sends bytes as they are and returns the status of the answer.
func statusOfRaw(t *testing.T, address net.Addr, request string) int {
	t.Helper()
	connection, err := net.Dial("tcp", address.String())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	fmt.Fprint(connection, request)
	answer, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}
