package secrets

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	secretsmanagertypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// A fakeServices is both services.
type fakeServices struct {
	// secret is the text of the only secret, and parameter the value of the
	// only parameter if there is one.
	secret    string
	parameter *string
	// failure is what both answer with if it is set.
	failure error
	// asked is the input that was given last, and region where.
	asked  any
	region string
}

func (f *fakeServices) GetSecretValue(_ context.Context, in *secretsmanager.GetSecretValueInput, settings ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	var options secretsmanager.Options
	for _, set := range settings {
		set(&options)
	}
	f.asked, f.region = in, options.Region
	return &secretsmanager.GetSecretValueOutput{SecretString: &f.secret}, f.failure
}

func (f *fakeServices) GetParameters(_ context.Context, in *ssm.GetParametersInput, settings ...func(*ssm.Options)) (*ssm.GetParametersOutput, error) {
	var options ssm.Options
	for _, set := range settings {
		set(&options)
	}
	f.asked, f.region = in, options.Region
	if f.parameter == nil {
		return &ssm.GetParametersOutput{InvalidParameters: in.Names}, f.failure
	}
	return &ssm.GetParametersOutput{Parameters: []ssmtypes.Parameter{{Name: &in.Names[0], Value: f.parameter}}}, f.failure
}

var (
	whole  = Reference{Service: SecretsManager, Region: "eu-west-1", ARN: "arn:db"}
	oneKey = Reference{Service: SecretsManager, Region: "eu-west-1", ARN: "arn:db", Key: "user"}
	level  = Reference{Service: SSM, Region: "eu-west-1", ARN: "arn:level", Parameter: "/shop/level"}
)

func TestValues(t *testing.T) {
	current := &secretsmanager.GetSecretValueInput{SecretId: aws.String("arn:db")}
	tests := []struct {
		name      string
		reference Reference
		services  fakeServices
		want      string
		asked     any
	}{
		{"a secret is its whole text", whole, fakeServices{secret: `{"user":"me"}`}, `{"user":"me"}`, current},
		{"a JSON key is its text", oneKey, fakeServices{secret: `{"user":"m\"e"}`}, `m"e`, current},
		{"a JSON key can be a number", oneKey, fakeServices{secret: `{"user":10000000}`}, "10000000", current},
		{"a version can be chosen", Reference{Service: SecretsManager, Region: "eu-west-1", ARN: "arn:db", Stage: "AWSPREVIOUS", Version: "7"},
			fakeServices{secret: "old"}, "old",
			&secretsmanager.GetSecretValueInput{SecretId: aws.String("arn:db"), VersionStage: aws.String("AWSPREVIOUS"), VersionId: aws.String("7")}},
		{"a parameter is decrypted", level, fakeServices{parameter: aws.String("debug")}, "debug",
			&ssm.GetParametersInput{Names: []string{"/shop/level"}, WithDecryption: aws.Bool(true)}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			value, err := New(&test.services, &test.services).Value(t.Context(), test.reference)
			if err != nil || value != test.want {
				t.Errorf("got %q, %v", value, err)
			}
			if !reflect.DeepEqual(test.services.asked, test.asked) || test.services.region != "eu-west-1" {
				t.Errorf("asked %+v in %s", test.services.asked, test.services.region)
			}
		})
	}
}

func TestWhatKeepsAValueBackIsToldAsOnAWS(t *testing.T) {
	tests := []struct {
		name      string
		reference Reference
		services  fakeServices
		want      string
	}{
		{"no such secret", whole,
			fakeServices{failure: &secretsmanagertypes.ResourceNotFoundException{Message: aws.String("Secrets Manager can't find the specified secret.")}},
			"failed to fetch secret arn:db from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret."},
		{"no such JSON key", oneKey, fakeServices{secret: `{"password":"hush-hush"}`},
			"retrieved secret from Secrets Manager did not contain json key user"},
		{"no JSON", oneKey, fakeServices{secret: "hush-hush"},
			"retrieved secret from Secrets Manager is not a JSON object, of which json key user could be one"},
		{"no such parameter", level, fakeServices{}, "invalid parameters: /shop/level"},
		{"parameters are not to be read", level, fakeServices{failure: &ssmtypes.InvalidKeyId{Message: aws.String("The key is disabled.")}},
			"InvalidKeyId: The key is disabled."},
		{"no connection", level, fakeServices{failure: errors.New("connection refused")}, "connection refused"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			value, err := New(&test.services, &test.services).Value(t.Context(), test.reference)
			if err == nil || err.Error() != test.want || value != "" {
				t.Errorf("got %q, %v\nwant %s", value, err, test.want)
			}
		})
	}
}

// The SDK quotes what it can't read, so that it is the SDK that is asked here.
func TestAnAnswerThatCannotBeReadIsNotTold(t *testing.T) {
	tests := []struct {
		name      string
		reference Reference
		status    int
		answer    string
		want      string
	}{
		{"a secret that is no text", whole, http.StatusOK, `{"SecretString":["hush-hush"]}`,
			"failed to fetch secret arn:db from secrets manager: the answer, of HTTP status 200, can't be read"},
		{"a secret that is cut off", whole, http.StatusOK, `{"SecretString":"hush-hush`,
			"failed to fetch secret arn:db from secrets manager: the answer, of HTTP status 200, can't be read"},
		{"a parameter of another form", level, http.StatusOK, `"hush-hush"`, "the answer, of HTTP status 200, can't be read"},
		{"a service that is not well", level, http.StatusInternalServerError, "hush-hush", "the answer, of HTTP status 500, can't be read"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				io.WriteString(w, test.answer)
			}))
			defer server.Close()
			config := aws.Config{
				BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
				Retryer: func() aws.Retryer { return aws.NopRetryer{} },
			}
			client := New(secretsmanager.NewFromConfig(config), ssm.NewFromConfig(config))
			value, err := client.Value(t.Context(), test.reference)
			if err == nil || err.Error() != test.want || value != "" {
				t.Errorf("got %q, %v\nwant %s", value, err, test.want)
			}
		})
	}
}
