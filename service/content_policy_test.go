package main

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestHomePolicyAllowsWhatThePageBringsAndNothingElse(t *testing.T) {
	answer := askHome(t, identity{Name: "shop"}, http.MethodGet, browserAccept)
	want := []string{
		"default-src 'none'", "style-src " + hashOf(t, answer.Body.String(), "<style>", "</style>"),
		"script-src " + hashOf(t, answer.Body.String(), `<script type="module">`, "</script>"),
		"connect-src 'self'", "img-src data:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
		"require-trusted-types-for 'script'", "trusted-types 'none'",
	}
	if got := strings.Split(answer.Header().Get("Content-Security-Policy"), "; "); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := answer.Header().Get("Referrer-Policy"); got != "no-referrer" {
		t.Errorf("Referrer-Policy: got %q", got)
	}
}

// hashOf returns the source of a policy for what is between two tags, of which
// a browser takes the first that it finds.
func hashOf(t *testing.T, page, start, end string) string {
	t.Helper()
	_, rest, found := strings.Cut(page, start)
	content, _, ended := strings.Cut(rest, end)
	if !found || !ended || content == "" {
		t.Fatalf("nothing between %s and %s in:\n%s", start, end, page)
	}
	sum := sha256.Sum256([]byte(content))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
