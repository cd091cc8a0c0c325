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
	about := identity{Name: "shop", Version: "1.2", Host: "ip-10-0-1-2", Task: "0123abcd", Zone: "eu-central-1a"}
	answer := askHome(t, about, http.MethodGet, "")
	if got := answer.Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type: got %q", got)
	}
	var got map[string]string
	if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil {
		t.Fatalf("not JSON: %v in %s", err, answer.Body)
	}
	want := map[string]string{"name": "shop", "version": "1.2", "host": "ip-10-0-1-2", "task": "0123abcd", "zone": "eu-central-1a"}
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
	answer := askHome(t, identity{Name: "shop"}, http.MethodGet, browserAccept)
	if got := answer.Header().Get("Content-Type"); got != "text/html; charset=utf-8" {
		t.Errorf("Content-Type: got %q", got)
	}
	if got := answer.Body.String(); !strings.HasPrefix(got, "<!doctype html>") || !strings.Contains(got, "<title>shop</title>") {
		t.Errorf("got %s", got)
	}
}

func TestHomePageIsCompleteWithoutItsScript(t *testing.T) {
	about := identity{Name: "shop", Version: "1.2", Host: "ip-10-0-1-2", Task: "0123abcd", Zone: "eu-central-1a"}
	page := askHome(t, about, http.MethodGet, browserAccept).Body.String()
	for name, want := range map[string]string{
		"the version is a fact":             "<dt>Version</dt><dd>1.2</dd>",
		"the task is a fact":                "<dt>Task</dt><dd>0123abcd</dd>",
		"the zone is a fact":                "<dt>Zone</dt><dd>eu-central-1a</dd>",
		"the task has its row in the tally": `<th scope="row">0123abcd</th><td>1.2</td><td>eu-central-1a</td><td>1</td>`,
		"how to go on is told":              "<noscript><p>Reload",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%s: %s is missing in:\n%s", name, want, page)
		}
	}
}

func TestHomePageLeavesNoPlaceholder(t *testing.T) {
	page := askHome(t, identity{Name: "shop"}, http.MethodGet, browserAccept).Body.String()
	for _, placeholder := range []string{"{name}", "{version}", "{task}", "{zone}", "{style}", "{script}"} {
		if strings.Contains(page, placeholder) {
			t.Errorf("%s is still in the page", placeholder)
		}
	}
}

func TestHomePageTakesValuesForTextAndNotForMarkup(t *testing.T) {
	const markup = "<script>alert(1)</script>"
	about := identity{Name: markup, Version: markup, Task: markup, Zone: markup}
	answer := askHome(t, about, http.MethodGet, browserAccept)
	if strings.Contains(answer.Body.String(), markup) {
		t.Errorf("markup got through:\n%s", answer.Body)
	}
	if !strings.Contains(answer.Body.String(), "&lt;script&gt;") {
		t.Errorf("the values are missing:\n%s", answer.Body)
	}
}

func TestHomePageNeedsNothingFromElsewhere(t *testing.T) {
	for _, reference := range []string{"http:", "https:", "src=", "@import", "url("} {
		if strings.Contains(homeHTML+homeStyle+homeScript, reference) {
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
			for _, key := range []string{"Content-Security-Policy", "Referrer-Policy"} {
				if got := answer.Header().Get(key) != ""; got != (accept != "") {
					t.Errorf("has a %s: %v", key, got)
				}
			}
		})
	}
}

// answerWithoutEnd is a [http.ResponseWriter] that can be used again.
type answerWithoutEnd http.Header

func (a answerWithoutEnd) Header() http.Header            { return http.Header(a) }
func (a answerWithoutEnd) Write(body []byte) (int, error) { return len(body), nil }
func (a answerWithoutEnd) WriteHeader(int)                {}

func TestHomeAllocatesNothingForAnAnswer(t *testing.T) {
	home, err := newHomePage(identity{Name: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	for name, accept := range map[string]string{"JSON": "application/json", "HTML": browserAccept} {
		request := httptest.NewRequest(http.MethodGet, "/", nil)
		request.Header.Set("Accept", accept)
		answer := answerWithoutEnd{}
		if got := testing.AllocsPerRun(100, func() { home.ServeHTTP(answer, request) }); got != 0 {
			t.Errorf("%s: %v allocations", name, got)
		}
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
