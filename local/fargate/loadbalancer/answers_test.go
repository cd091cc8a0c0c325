package loadbalancer

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

func TestAnswerIsASmallPage(t *testing.T) {
	recorder := httptest.NewRecorder()
	answer(recorder, http.StatusServiceUnavailable)
	if recorder.Code != 503 || !strings.Contains(recorder.Body.String(), "<center><h1>503 Service Temporarily Unavailable</h1></center>") {
		t.Errorf("answered %d %s", recorder.Code, recorder.Body)
	}
	if got := recorder.Header().Get("Content-Type"); got != "text/html; charset=utf-8" {
		t.Errorf("of type %s", got)
	}
}

func TestFixedResponse(t *testing.T) {
	respond, err := fixedResponse(types.FixedResponseActionConfig{
		StatusCode: aws.String("404"), ContentType: aws.String("application/json"), MessageBody: aws.String(`{"found":false}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	recorder := httptest.NewRecorder()
	respond(recorder, httptest.NewRequest(http.MethodGet, "/", nil), 80)
	if recorder.Code != 404 || recorder.Body.String() != `{"found":false}` || recorder.Header().Get("Content-Type") != "application/json; charset=utf-8" {
		t.Errorf("answered %d %s of type %s", recorder.Code, recorder.Body, recorder.Header().Get("Content-Type"))
	}
}

func TestRedirect(t *testing.T) {
	found, moved := types.RedirectActionStatusCodeEnumHttp302, types.RedirectActionStatusCodeEnumHttp301
	tests := []struct {
		name     string
		config   types.RedirectActionConfig
		status   int
		location string
	}{
		{"another protocol and port leave the rest", types.RedirectActionConfig{StatusCode: moved, Protocol: aws.String("HTTPS"), Port: aws.String("443")},
			301, "https://example.com:443/a/b?c=d"},
		{"parts can be used in other parts", types.RedirectActionConfig{StatusCode: found, Host: aws.String("www.#{host}"), Path: aws.String("/new/#{path}"), Query: aws.String("from=#{port}&#{query}")},
			302, "http://www.example.com:8080/new/a/b?from=8080&c=d"},
		{"an empty query is left out", types.RedirectActionConfig{StatusCode: found, Host: aws.String("other.org"), Query: aws.String("")},
			302, "http://other.org:8080/a/b"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			recorder := httptest.NewRecorder()
			redirect(test.config)(recorder, httptest.NewRequest(http.MethodGet, "http://example.com:8080/a/b?c=d", nil), 8080)
			if recorder.Code != test.status || recorder.Header().Get("Location") != test.location {
				t.Errorf("redirected with %d to %s, want %d to %s", recorder.Code, recorder.Header().Get("Location"), test.status, test.location)
			}
		})
	}
}
