package main

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
)

const appName = "fargate-stack"

// homeHTML has a name in braces wherever a value goes into its text. That is
// all it needs: html/template would make the program a third larger.
//
// Style and script are part of the page. Had they addresses of their own, the
// page of one version could get the script of another during a deployment.
var (
	//go:embed home.html
	homeHTML string
	//go:embed home.css
	homeStyle string
	//go:embed home.js
	homeScript string
)

// identity is what the app says of itself.
type identity struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Host    string `json:"host"`
	// Task is the id of the ECS task; while it is not known, and elsewhere, the
	// host.
	Task string `json:"task"`
	// Zone is the availability zone, empty while it is not known.
	Zone string `json:"zone,omitempty"`
}

// html returns the page that browsers show.
func (i identity) html() []byte {
	return []byte(strings.NewReplacer(
		"{name}", html.EscapeString(i.Name),
		"{version}", html.EscapeString(i.Version),
		"{task}", html.EscapeString(i.Task),
		"{zone}", html.EscapeString(cmp.Or(i.Zone, "not known")),
		"{style}", homeStyle,
		"{script}", homeScript,
	).Replace(homeHTML))
}

// homePage answers with an identity, as HTML to browsers and as JSON to all
// others. Both are made when the identity changes, not by each request.
type homePage struct {
	forms atomic.Pointer[forms]
}

// forms are the representations of one identity.
type forms struct {
	json, html *form
}

// form is a body with headers that go with it, as a [http.Header] has them.
type form struct {
	body          []byte
	contentType   []string
	contentLength []string
}

// These header values are shared by all answers, which must not change them.
var (
	jsonType   = []string{"application/json"}
	htmlType   = []string{"text/html; charset=utf-8"}
	varyAccept = []string{"Accept"}
	noSniff    = []string{"nosniff"}
	noReferrer = []string{"no-referrer"}
	homePolicy = []string{contentPolicy(homeStyle, homeScript)}
)

func newHomePage(about identity) (*homePage, error) {
	h := &homePage{}
	return h, h.show(about)
}

// show makes about the identity that is answered from now on.
func (h *homePage) show(about identity) error {
	asJSON, err := json.Marshal(about)
	if err != nil {
		return fmt.Errorf("writing the home page as JSON: %w", err)
	}
	h.forms.Store(&forms{
		json: newForm(append(asJSON, '\n'), jsonType),
		html: newForm(about.html(), htmlType),
	})
	return nil
}

func newForm(body []byte, contentType []string) *form {
	return &form{body, contentType, []string{strconv.Itoa(len(body))}}
}

// ServeHTTP writes to the header map directly: keys are canonical already, and
// Set would make a new slice for every value of every answer.
func (h *homePage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	forms := h.forms.Load()
	answer := forms.json
	header := w.Header()
	if prefers(r.Header["Accept"], "text/html", "application/json") {
		answer = forms.html
		header["Content-Security-Policy"] = homePolicy
		header["Referrer-Policy"] = noReferrer
	}
	header["Content-Type"] = answer.contentType
	header["Content-Length"] = answer.contentLength
	header["Cache-Control"] = noStore
	header["Vary"] = varyAccept
	header["X-Content-Type-Options"] = noSniff
	w.Write(answer.body)
}
