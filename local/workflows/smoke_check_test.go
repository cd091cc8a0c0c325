package workflows

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

const (
	deployed = "0123456789abcdef01234567"
	older    = "76543210fedcba9876543210"
)

// stubs are programs that the smoke check asks, and what they answer.
var stubs = map[string]string{
	"pulumi": `case "$*" in
"stack output url --stack dev") echo "$URL" ;;
"stack output albDnsName --stack dev") echo balancer.example.com ;;
"config get healthCheckPath --stack dev") echo /healthy ;;
"stack export --stack dev") echo '{"deployment": {"resources": [{"type": "pulumi:pulumi:Stack"},
  {"type": "docker:index/image:Image", "inputs": {"build": {"args": {"VERSION": "` + deployed + `"}}}}]}}' ;;
*) echo "pulumi: $*" >&2; exit 1 ;;
esac
`,
	"go": `[ "$*" = "run ./doctor -stack dev" ] && echo "the doctor's findings"; exit 1` + "\n",
}

// smokeCheck runs the smoke check on an app, once or until it succeeds.
func smokeCheck(t *testing.T, seconds int, app http.HandlerFunc) (string, error) {
	t.Helper()
	directory := t.TempDir()
	for name, script := range stubs {
		must(t, os.WriteFile(filepath.Join(directory, name), []byte("#!/bin/sh\n"+script), 0o755))
	}
	server := httptest.NewServer(app)
	defer server.Close()
	check := exec.CommandContext(t.Context(), "../../.github/scripts/smoke-check.sh", "dev")
	check.Env = append(os.Environ(), "URL="+server.URL, fmt.Sprintf("SMOKE_CHECK_SECONDS=%d", seconds),
		"PATH="+directory+string(os.PathListSeparator)+os.Getenv("PATH"))
	said, err := check.CombinedOutput()
	return string(said), err
}

// answers returns an app with a status for its health, and one and a body for
// its home page.
func answers(health, home int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/healthy":
			w.WriteHeader(health)
		case "/":
			w.WriteHeader(home)
			fmt.Fprint(w, body)
		default:
			w.WriteHeader(http.StatusTeapot)
		}
	}
}

func TestSmokeCheck(t *testing.T) {
	for _, test := range []struct {
		statement string
		app       http.HandlerFunc
		// problem is what is said of the app, nothing if it is right.
		problem string
	}{
		{"the version that was deployed is right", answers(200, 200, `{"version": "`+deployed+`"}`), ""},
		{"a page without a version is right", answers(200, 200, "<html>"), ""},
		{"an app may have versions of its own", answers(200, 200, `{"version": "1.2.3"}`), ""},
		{"an app needs no home page", answers(200, 404, ""), ""},
		{"another version is wrong", answers(200, 200, `{"version": "`+older+`"}`), "/ is version " + older + ", and " + deployed + " was deployed"},
		{"an app that is not healthy is wrong", answers(503, 200, ""), "/healthy answers 503, not 200"},
		{"an error of the home page is wrong", answers(200, 500, ""), "/ answers 500"},
	} {
		t.Run(test.statement, func(t *testing.T) {
			said, err := smokeCheck(t, 0, test.app)
			if right := test.problem == ""; (err == nil) != right {
				t.Errorf("the check ends with %v", err)
			}
			if !strings.Contains(said, test.problem) || strings.Contains(said, "doctor's findings") != (test.problem != "") {
				t.Errorf("the check says %q, want %q", said, test.problem)
			}
		})
	}
}

func TestSmokeCheckWaits(t *testing.T) {
	var requests atomic.Int32
	said, err := smokeCheck(t, 60, func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	if err != nil || requests.Load() != 3 {
		t.Errorf("after %d requests, the check ends with %v: %s", requests.Load(), err, said)
	}
}
