package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
)

const browserAccept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

func askHome(t *testing.T, about identity, method, accept string) *httptest.ResponseRecorder {
	t.Helper()
	home, err := newHomePage(about)
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest(method, "/", nil)
	if accept != "" {
		request.Header.Set("Accept", accept)
	}
	answer := httptest.NewRecorder()
	home.ServeHTTP(answer, request)
	return answer
}

func TestHomeAnswersJSONWithTheWholeIdentity(t *testing.T) {
	about := identity{Name: "shop", Version: "1.2", Host: "ip-10-0-1-2", Zone: "eu-central-1a"}
	answer := askHome(t, about, http.MethodGet, "")
	if got := answer.Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type: got %q", got)
	}
	var got map[string]string
	if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil {
		t.Fatalf("not JSON: %v in %s", err, answer.Body)
	}
	want := map[string]string{"name": "shop", "version": "1.2", "host": "ip-10-0-1-2", "zone": "eu-central-1a"}
	for key := range want {
		if got[key] != want[key] {
			t.Errorf("%s: got %q, want %q", key, got[key], want[key])
		}
	}
}

func TestHomeLeavesAnUnknownZoneOutOfJSON(t *testing.T) {
	answer := askHome(t, identity{Name: "shop"}, http.MethodGet, "")
	if strings.Contains(answer.Body.String(), "zone") {
		t.Errorf("got %s", answer.Body)
	}
}

func TestHomeAnswersHTMLToABrowser(t *testing.T) {
	about := identity{Name: "shop", Version: "1.2", Host: "ip-10-0-1-2", Zone: "eu-central-1a"}
	answer := askHome(t, about, http.MethodGet, browserAccept)
	if got := answer.Header().Get("Content-Type"); got != "text/html; charset=utf-8" {
		t.Errorf("Content-Type: got %q", got)
	}
	for _, want := range []string{"<!doctype html>", "<title>shop</title>", "<dd>1.2</dd>", "<dd>ip-10-0-1-2</dd>", "<dd>eu-central-1a</dd>"} {
		if !strings.Contains(answer.Body.String(), want) {
			t.Errorf("%s is missing in:\n%s", want, answer.Body)
		}
	}
}

func TestHomePageLeavesNoPlaceholder(t *testing.T) {
	answer := askHome(t, identity{Name: "shop"}, http.MethodGet, browserAccept)
	for _, placeholder := range []string{"{name}", "{version}", "{host}", "{zone}"} {
		if strings.Contains(answer.Body.String(), placeholder) {
			t.Errorf("%s is still in the page", placeholder)
		}
	}
}

func TestHomePageTakesValuesForTextAndNotForMarkup(t *testing.T) {
	const markup = "<script>alert(1)</script>"
	about := identity{Name: markup, Version: markup, Host: markup, Zone: markup}
	answer := askHome(t, about, http.MethodGet, browserAccept)
	if strings.Contains(answer.Body.String(), "<script>") {
		t.Errorf("markup got through:\n%s", answer.Body)
	}
	if !strings.Contains(answer.Body.String(), "&lt;script&gt;") {
		t.Errorf("the values are missing:\n%s", answer.Body)
	}
}

func TestHomePageNeedsNothingFromElsewhere(t *testing.T) {
	for _, reference := range []string{"http:", "https:", "src=", "@import", "url("} {
		if strings.Contains(homeHTML, reference) {
			t.Errorf("the page has %q", reference)
		}
	}
}

func TestHomeHeaders(t *testing.T) {
	for name, accept := range map[string]string{"JSON": "", "HTML": browserAccept} {
		t.Run(name, func(t *testing.T) {
			answer := askHome(t, identity{Name: "shop"}, http.MethodGet, accept)
			for key, want := range map[string]string{
				"Content-Length":         strconv.Itoa(answer.Body.Len()),
				"Cache-Control":          "no-store",
				"Vary":                   "Accept",
				"X-Content-Type-Options": "nosniff",
			} {
				if got := answer.Header().Get(key); got != want {
					t.Errorf("%s: got %q, want %q", key, got, want)
				}
			}
			if got := answer.Header().Get("Content-Security-Policy") != ""; got != (accept != "") {
				t.Errorf("has a Content-Security-Policy: %v", got)
			}
		})
	}
}

func TestHomeShowsAnIdentityThatChanged(t *testing.T) {
	home, err := newHomePage(identity{Name: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	if err := home.show(identity{Name: "shop", Zone: "eu-central-1b"}); err != nil {
		t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	home.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", nil))
	if !strings.Contains(answer.Body.String(), `"zone":"eu-central-1b"`) {
		t.Errorf("got %s", answer.Body)
	}
}
