package secrets

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// ask asks a service that answers as given for a value, and returns what the
// service was asked.
func ask(t *testing.T, r Reference, status int, answer string) (value, asked string, err error) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		scope := strings.Split(request.Header.Get("Authorization"), "/")
		asked = strings.Join([]string{request.Header.Get("X-Amz-Target"), scope[2], scope[3], string(body)}, " ")
		w.WriteHeader(status)
		io.WriteString(w, answer)
	}))
	defer server.Close()
	client := New(aws.Config{
		BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	value, err = client.Value(t.Context(), r)
	return value, asked, err
}

var (
	whole  = Reference{Service: SecretsManager, Region: "eu-west-1", ARN: "arn:db"}
	oneKey = Reference{Service: SecretsManager, Region: "eu-west-1", ARN: "arn:db", Key: "user"}
	level  = Reference{Service: SSM, Region: "eu-west-1", ARN: "arn:level", Parameter: "/shop/level"}
)

func TestValues(t *testing.T) {
	tests := []struct {
		name                string
		reference           Reference
		answer, want, asked string
	}{
		{"a secret is its whole text", whole, `{"SecretString":"{\"user\":\"me\"}"}`, `{"user":"me"}`,
			`secretsmanager.GetSecretValue eu-west-1 secretsmanager {"SecretId":"arn:db"}`},
		{"a JSON key is its text", oneKey, `{"SecretString":"{\"user\":\"m\\\"e\"}"}`, `m"e`,
			`secretsmanager.GetSecretValue eu-west-1 secretsmanager {"SecretId":"arn:db"}`},
		{"a JSON key can be a number", oneKey, `{"SecretString":"{\"user\":10000000}"}`, "10000000",
			`secretsmanager.GetSecretValue eu-west-1 secretsmanager {"SecretId":"arn:db"}`},
		{"a version can be chosen", Reference{Service: SecretsManager, Region: "eu-west-1", ARN: "arn:db", Stage: "AWSPREVIOUS", Version: "7"},
			`{"SecretString":"old"}`, "old",
			`secretsmanager.GetSecretValue eu-west-1 secretsmanager {"SecretId":"arn:db","VersionId":"7","VersionStage":"AWSPREVIOUS"}`},
		{"a parameter is decrypted", level, `{"Parameters":[{"Name":"/shop/level","Value":"debug"}]}`, "debug",
			`AmazonSSM.GetParameters eu-west-1 ssm {"Names":["/shop/level"],"WithDecryption":true}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			value, asked, err := ask(t, test.reference, http.StatusOK, test.answer)
			if err != nil || value != test.want || asked != test.asked {
				t.Errorf("got %q, %v\nasked %s\nwant  %s", value, err, asked, test.asked)
			}
		})
	}
}

func TestWhatKeepsAValueBackIsToldAsOnAWS(t *testing.T) {
	tests := []struct {
		name      string
		reference Reference
		status    int
		answer    string
		want      string
	}{
		{"no such secret", whole, http.StatusBadRequest, `{"__type":"ResourceNotFoundException","Message":"Secrets Manager can't find the specified secret."}`,
			"failed to fetch secret arn:db from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret."},
		{"a code with its model", whole, http.StatusBadRequest, `{"__type":"com.amazonaws#InvalidRequestException","message":"It is to be deleted."}`,
			"failed to fetch secret arn:db from secrets manager: InvalidRequestException: It is to be deleted."},
		{"no such JSON key", oneKey, http.StatusOK, `{"SecretString":"{\"password\":\"hush-hush\"}"}`,
			"retrieved secret from Secrets Manager did not contain json key user"},
		{"no JSON", oneKey, http.StatusOK, `{"SecretString":"hush-hush"}`,
			"retrieved secret from Secrets Manager is not a JSON object, of which json key user could be one"},
		{"no such parameter", level, http.StatusOK, `{"Parameters":[],"InvalidParameters":["/shop/level"]}`, "invalid parameters: /shop/level"},
		{"a service that is not well", level, http.StatusInternalServerError, "hush-hush", "500 Internal Server Error"},
		{"an answer of another form", level, http.StatusOK, `"hush-hush"`, "AmazonSSM.GetParameters: the answer is no JSON, or of another form"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			value, _, err := ask(t, test.reference, test.status, test.answer)
			if err == nil || err.Error() != test.want || value != "" {
				t.Errorf("got %q, %v\nwant %s", value, err, test.want)
			}
		})
	}
}
