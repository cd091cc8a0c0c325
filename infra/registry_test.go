package infra

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestRegistryDigest(t *testing.T) {
	tests := []struct {
		statement string
		status    int
		want      string
		wantError string
	}{
		{"an image that is there has a digest", http.StatusOK, "sha256:there", ""},
		{"an image or repository that is not there has none", http.StatusNotFound, "", ""},
		{"a login that may not read is an error", http.StatusForbidden, "", "answers 403 Forbidden; check that you may read from ECR"},
		{"a registry that is broken is an error", http.StatusInternalServerError, "", "answers 500"},
	}
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodHead || r.URL.Path != "/v2/app/manifests/tag" {
					t.Errorf("asked for %s %s", r.Method, r.URL.Path)
				}
				w.Header().Set("Docker-Content-Digest", "sha256:there")
				w.WriteHeader(test.status)
			}))
			defer server.Close()
			got, err := (&registry{endpoint: server.URL}).digest(t.Context(), "app", "tag")
			if got != test.want {
				t.Errorf("digest is %q, want %q", got, test.want)
			}
			if failed := err != nil; failed != (test.wantError != "") || failed && !strings.Contains(err.Error(), test.wantError) {
				t.Errorf("error is %v, want %q", err, test.wantError)
			}
		})
	}
	t.Run("a registry that can't be reached is an error", func(t *testing.T) {
		server := httptest.NewServer(http.NotFoundHandler())
		server.Close()
		if _, err := (&registry{endpoint: server.URL}).digest(t.Context(), "app", "tag"); err == nil {
			t.Error("no error")
		}
	})
}
