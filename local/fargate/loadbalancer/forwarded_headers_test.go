package loadbalancer

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"regexp"
	"testing"
)

// forwarded returns the headers that a target gets for a request with others.
func forwarded(settings *listenerSettings, headers http.Header) http.Header {
	in := httptest.NewRequest(http.MethodGet, "/", nil)
	in.RemoteAddr = "192.0.2.7:40000"
	in.Header = headers
	out := in.Clone(in.Context())
	setForwardedHeaders(&httputil.ProxyRequest{In: in, Out: out}, settings)
	return out.Header
}

func TestForwardedHeaders(t *testing.T) {
	settings := &listenerSettings{port: 8080}
	tests := []struct {
		name         string
		given        http.Header
		header, want string
	}{
		{"the client is told", http.Header{}, "X-Forwarded-For", "192.0.2.7"},
		{"the client is told after other proxies", http.Header{"X-Forwarded-For": {"198.51.100.1", "203.0.113.9"}}, "X-Forwarded-For", "198.51.100.1, 203.0.113.9, 192.0.2.7"},
		{"the protocol is told", http.Header{"X-Forwarded-Proto": {"https"}}, "X-Forwarded-Proto", "http"},
		{"the port is told", http.Header{"X-Forwarded-Port": {"443"}}, "X-Forwarded-Port", "8080"},
		{"a name that AWS finds invalid stays by default", http.Header{"X_user": {"me"}}, "X_user", "me"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := forwarded(settings, test.given)[test.header]; len(got) != 1 || got[0] != test.want {
				t.Errorf("%s is %q, want %q", test.header, got, test.want)
			}
		})
	}
}

func TestInvalidHeadersAreDroppedWhenAsked(t *testing.T) {
	got := forwarded(&listenerSettings{dropInvalidHeaders: true}, http.Header{"X_user": {"me"}, "X-User": {"you"}})
	if got["X_user"] != nil || got.Get("X-User") != "you" {
		t.Errorf("got %v", got)
	}
}

func TestTrace(t *testing.T) {
	const id = `1-[0-9a-f]{8}-[0-9a-f]{24}`
	tests := []struct{ name, given, want string }{
		{"a request without a trace gets a root", "", `^Root=` + id + `$`},
		{"a request with a root gets this load balancer", "Root=1-2-3", `^Self=` + id + `;Root=1-2-3$`},
		{"another load balancer gives way to this one", "Self=4-5-6;Root=1-2-3", `^Self=` + id + `;Root=1-2-3$`},
		{"fields of applications stay", "Root=1-2-3;CalledFrom=app", `^Self=` + id + `;Root=1-2-3;CalledFrom=app$`},
		{"a trace without a root gets one", "CalledFrom=app", `^Root=` + id + `;CalledFrom=app$`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := trace(test.given); !regexp.MustCompile(test.want).MatchString(got) {
				t.Errorf("trace of %q is %q, want %s", test.given, got, test.want)
			}
		})
	}
}
