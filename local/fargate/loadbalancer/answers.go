package loadbalancer

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// statusTexts are the names of statuses that a load balancer words otherwise
// than the standard does.
var statusTexts = map[int]string{
	http.StatusServiceUnavailable: "Service Temporarily Unavailable",
	http.StatusGatewayTimeout:     "Gateway Time-out",
}

// answer answers with a status and nothing but its name, as a small page.
func answer(w http.ResponseWriter, status int) {
	title := fmt.Sprintf("%d %s", status, cmp.Or(statusTexts[status], http.StatusText(status)))
	writeAnswer(w, status, "text/html", strings.Join([]string{
		"<html>",
		"<head><title>" + title + "</title></head>",
		"<body>",
		"<center><h1>" + title + "</h1></center>",
		"</body>",
		"</html>",
		"",
	}, "\r\n"))
}

// A fixedAnswer answers a request to a listener's port without a target.
type fixedAnswer func(w http.ResponseWriter, r *http.Request, port int)

// fixedResponse answers as a fixed-response action says.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_FixedResponseActionConfig.html
func fixedResponse(config types.FixedResponseActionConfig) (fixedAnswer, error) {
	status, err := strconv.Atoi(aws.ToString(config.StatusCode))
	if err != nil || status < 200 || status > 599 {
		return nil, fmt.Errorf("the status code of its fixed response is %q, which is none of 2XX, 4XX and 5XX", aws.ToString(config.StatusCode))
	}
	return func(w http.ResponseWriter, _ *http.Request, _ int) {
		writeAnswer(w, status, cmp.Or(aws.ToString(config.ContentType), "text/plain"), aws.ToString(config.MessageBody))
	}, nil
}

// writeAnswer writes an answer that comes from no target.
func writeAnswer(w http.ResponseWriter, status int, contentType, body string) {
	w.Header().Set("Server", "awselb/2.0")
	w.Header().Set("Content-Type", contentType+"; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	// It fails if the client has left, which needs no answer.
	_, _ = io.WriteString(w, body)
}

// redirect answers as a redirect action says.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RedirectActionConfig.html
func redirect(config types.RedirectActionConfig) fixedAnswer {
	status := http.StatusFound
	if config.StatusCode == types.RedirectActionStatusCodeEnumHttp301 {
		status = http.StatusMovedPermanently
	}
	return func(w http.ResponseWriter, r *http.Request, port int) {
		w.Header().Set("Location", location(r, config, port))
		answer(w, status)
	}
}

// protocol returns what a request came by.
func protocol(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	return "http"
}

// location returns where a request is redirected to. A part that the action
// does not name stays what it is.
func location(r *http.Request, config types.RedirectActionConfig, port int) string {
	keywords := strings.NewReplacer(
		"#{protocol}", protocol(r),
		"#{host}", withoutPort(r.Host),
		"#{port}", strconv.Itoa(port),
		"#{path}", strings.TrimPrefix(r.URL.EscapedPath(), "/"),
		"#{query}", r.URL.RawQuery,
	)
	part := func(named *string, otherwise string) string {
		if named != nil {
			otherwise = *named
		}
		return keywords.Replace(otherwise)
	}
	to := strings.ToLower(part(config.Protocol, "#{protocol}")) + "://" +
		part(config.Host, "#{host}") + ":" + part(config.Port, "#{port}") +
		part(config.Path, "/#{path}")
	if query := part(config.Query, "#{query}"); query != "" {
		to += "?" + query
	}
	return to
}
