package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func ask(handler http.Handler, method, target string) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest(method, target, nil))
	return answer
}

func TestRoutes(t *testing.T) {
	home, err := newHomePage(identity{Name: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		healthPath, method, target string
		want                       int
	}{
		"home is found":                                   {"/health", "GET", "/", 200},
		"home is found with a query":                      {"/health", "GET", "/?a=1", 200},
		"home takes HEAD":                                 {"/health", "HEAD", "/", 200},
		"home does not take POST":                         {"/health", "POST", "/", 405},
		"home is not everything":                          {"/health", "GET", "/other", 404},
		"health is found":                                 {"/health", "GET", "/health", 200},
		"health takes HEAD":                               {"/health", "HEAD", "/health", 200},
		"health does not take DELETE":                     {"/health", "DELETE", "/health", 405},
		"health is nothing below it":                      {"/health", "GET", "/health/more", 404},
		"health is where it is set to be":                 {"/up", "GET", "/up", 200},
		"health is not where it is no more":               {"/up", "GET", "/health", 404},
		"health may be home":                              {"/", "GET", "/", 200},
		"home is not everything when it is health":        {"/", "GET", "/other", 404},
		"a health path may have a query":                  {"/up?deep=1", "GET", "/up?deep=1", 200},
		"a health path may end in a slash":                {"/up/", "GET", "/up/", 200},
		"a health path that ends in a slash is that only": {"/up/", "GET", "/up/more", 404},
		"braces in a health path are no wildcard":         {"/{up}", "GET", "/other", 404},
		"braces in a health path are themselves":          {"/{up}", "GET", "/%7Bup%7D", 200},
		"a health path may be escaped":                    {"/a%20b", "GET", "/a%20b", 200},
		"a health path may have all that ALBs take":       {"/-._~+,;:@!$'()*", "GET", "/-._~+,;:@!$'()*", 200},
	} {
		t.Run(name, func(t *testing.T) {
			settings := mustSettings(t, "HEALTH_CHECK_PATH", test.healthPath)
			if got := ask(routes(home, settings), test.method, test.target).Code; got != test.want {
				t.Errorf("%s %s: got %d, want %d", test.method, test.target, got, test.want)
			}
		})
	}
}

func TestAWrongMethodIsToldTheRightOnes(t *testing.T) {
	home, err := newHomePage(identity{Name: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	answer := ask(routes(home, mustSettings(t)), http.MethodPost, "/")
	if got := answer.Header().Get("Allow"); got != "GET, HEAD" {
		t.Errorf("Allow: got %q", got)
	}
}

func TestHealthSaysOK(t *testing.T) {
	answer := ask(http.HandlerFunc(health), http.MethodGet, "/health")
	if answer.Body.String() != "{\"status\":\"ok\"}\n" || answer.Header().Get("Content-Type") != "application/json" {
		t.Errorf("got %v %s", answer.Header(), answer.Body)
	}
}
