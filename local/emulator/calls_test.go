package emulator

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCallsAreWrittenDown(t *testing.T) {
	settings := options(t)
	settings.CallLog = filepath.Join(t.TempDir(), "calls")
	url := start(t, settings).URL()
	tests := []struct{ statement, method, path, service, contentType, target, body, want string }{
		{"by JSON", http.MethodPost, "/", "ecr", "application/x-amz-json-1.1", "AmazonEC2ContainerRegistry_V20150921.CreateRepository", `{"repositoryName":"shop"}`,
			`{"caller": "me", "service": "ecr", "operation": "CreateRepository", "request": {"repositoryName": "shop"}}`},
		{"by form", http.MethodPost, "/", "iam", "application/x-www-form-urlencoded", "", "Action=GetRole&RoleName=shop&Version=2010-05-08",
			`{"caller": "me", "service": "iam", "operation": "GetRole", "request": {"RoleName": "shop", "Version": "2010-05-08"}}`},
		{"by REST", http.MethodGet, "/shop?policy", "s3", "", "", "",
			`{"caller": "me", "service": "s3", "method": "GET", "path": "/shop", "query": ["policy"]}`},
	}
	for i, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), test.method, url+test.path, strings.NewReader(test.body))
			must(t, err)
			request.Header.Set("Content-Type", test.contentType)
			request.Header.Set("X-Amz-Target", test.target)
			request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=me/20260101/eu-central-1/"+test.service+"/aws4_request")
			answer, err := http.DefaultClient.Do(request)
			must(t, err)
			answer.Body.Close()
			log, err := os.ReadFile(settings.CallLog)
			must(t, err)
			if lines := strings.Split(strings.TrimSpace(string(log)), "\n"); len(lines) != i+1 || lines[i] != test.want {
				t.Errorf("written down is %q, want %s at the end", lines, test.want)
			}
		})
	}
}
