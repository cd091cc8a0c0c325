package loadbalancer

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httputil"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// validHeaderName is the name of a header that is kept when invalid ones are
// dropped.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html#load-balancer-attributes
var validHeaderName = regexp.MustCompile(`^[-A-Za-z0-9]+$`)

// setForwardedHeaders sets the headers that a load balancer adds to requests.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html
func setForwardedHeaders(p *httputil.ProxyRequest, settings *listenerSettings) {
	in, out := p.In.Header, p.Out.Header
	// Rewriting has taken away what other proxies say.
	for _, name := range []string{"Forwarded", "X-Forwarded-Host"} {
		if values := in.Values(name); len(values) > 0 {
			out[name] = slices.Clone(values)
		}
	}
	out.Set("X-Forwarded-For", strings.Join(append(slices.Clone(in.Values("X-Forwarded-For")), clientOf(p.In).String()), ", "))
	out.Set("X-Forwarded-Proto", protocol(p.In))
	out.Set("X-Forwarded-Port", strconv.Itoa(settings.port))
	out.Set(traceHeader, trace(in.Get(traceHeader)))
	if settings.dropInvalidHeaders {
		dropInvalid(out)
	}
}

func dropInvalid(headers http.Header) {
	for name := range headers {
		if !validHeaderName.MatchString(name) {
			delete(headers, name)
		}
	}
}

const traceHeader = "X-Amzn-Trace-Id"

// trace returns the trace header for a target: what came with the request,
// with a Root if there was none, and else with this load balancer as Self.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html
func trace(given string) string {
	var fields []string
	added := "Root"
	for field := range strings.SplitSeq(given, ";") {
		switch name, _, _ := strings.Cut(field, "="); name {
		case "", "Self":
			continue
		case "Root":
			added = "Self"
		}
		fields = append(fields, field)
	}
	id := fmt.Sprintf("%s=1-%08x-%016x%08x", added, time.Now().Unix(), rand.Uint64(), rand.Uint32())
	return strings.Join(append([]string{id}, fields...), ";")
}
