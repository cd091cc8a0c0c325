package emulator

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestACallThatIsSentAgainIsAnsweredAsTheFirst(t *testing.T) {
	url := start(t, options(t)).URL()
	create := func(invocation string) (int, string) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader("Action=CreateTargetGroup&Version=2015-12-01&Name=app&Port=80&Protocol=HTTP"))
		must(t, err)
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/elasticloadbalancing/aws4_request")
		request.Header.Set("Amz-Sdk-Invocation-Id", invocation)
		answer, err := http.DefaultClient.Do(request)
		must(t, err)
		defer answer.Body.Close()
		content, err := io.ReadAll(answer.Body)
		must(t, err)
		return answer.StatusCode, string(content)
	}
	status, first := create("a")
	if status != http.StatusOK {
		t.Fatalf("the first call is answered %d: %s", status, first)
	}
	if status, again := create("a"); status != http.StatusOK || again != first {
		t.Errorf("the second attempt is answered %d: %s", status, again)
	}
	if status, other := create("b"); status != http.StatusBadRequest || !strings.Contains(other, "DuplicateTargetGroupName") {
		t.Errorf("another call is answered %d: %s", status, other)
	}
}
