package loadbalancer

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httputil"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// forward sends a request to a target of one of the target groups, and the
// answer back.
func (b *Balancers) forward(w http.ResponseWriter, r *http.Request, settings *listenerSettings, groups []types.TargetGroupTuple) {
	group := b.find(choose(groups))
	t, groupSettings := group.acquire()
	if t == nil {
		answer(w, http.StatusServiceUnavailable)
		return
	}
	defer group.release(t)

	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	forgetTarget := context.AfterFunc(t.lifetime, func() { cancel(context.Cause(t.lifetime)) })
	defer forgetTarget()
	silence := newSilence(settings.idleTimeout, func() { cancel(errIdle) })
	defer silence.end()

	proxy := httputil.ReverseProxy{
		Transport: t.transport,
		Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL.Scheme, p.Out.URL.Host = groupSettings.scheme, t.String()
			// Rewriting leaves out what is no query by Go's measure.
			p.Out.URL.RawQuery = p.In.URL.RawQuery
			setForwardedHeaders(p, settings)
			silence.watchRequest(p.Out)
		},
		ModifyResponse: func(response *http.Response) error {
			silence.watchResponse(response)
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			// A client that has left needs no answer.
			if r.Context().Err() == nil {
				b.answerFailure(w, r, t.Target, err)
			}
		},
		ErrorLog: slog.NewLogLogger(b.log.Handler(), slog.LevelDebug),
	}
	proxy.ServeHTTP(w, r.WithContext(ctx))
}

// answerFailure answers a request that got no answer from its target.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#load-balancer-http-error-codes
func (b *Balancers) answerFailure(w http.ResponseWriter, r *http.Request, which Target, err error) {
	status := http.StatusBadGateway
	if errors.Is(err, errIdle) || errors.Is(err, errNotConnected) {
		status = http.StatusGatewayTimeout
	}
	b.log.Warn("no answer from target", "target", which, "request", r.Method+" "+r.URL.Path, "status", status, "error", err)
	answer(w, status)
}

// choose returns the ARN of one of the target groups, by their weights.
func choose(groups []types.TargetGroupTuple) string {
	total := 0
	for _, group := range groups {
		total += weight(group)
	}
	if total == 0 {
		return ""
	}
	left := rand.IntN(total)
	i := 0
	for ; left >= weight(groups[i]); i++ {
		left -= weight(groups[i])
	}
	return aws.ToString(groups[i].TargetGroupArn)
}

// weight returns the weight of a target group. A single one needs none.
func weight(group types.TargetGroupTuple) int {
	if group.Weight == nil {
		return 1
	}
	return int(*group.Weight)
}
