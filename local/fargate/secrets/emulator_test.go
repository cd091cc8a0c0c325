package secrets

import (
	"net"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"fargate-stack/local/emulator"
	"fargate-stack/local/progress"
	"fargate-stack/local/settings"
)

// startEmulator returns the configuration of clients of an emulator that ends
// with the test.
func startEmulator(t *testing.T) aws.Config {
	t.Helper()
	cache, err := settings.Cache()
	if err != nil {
		t.Fatal(err)
	}
	listening, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listening.Addr().(*net.TCPAddr).Port
	listening.Close()
	started, err := emulator.Start(t.Context(), emulator.Options{
		Port: port, Region: "eu-central-1", StateDirectory: t.TempDir(), Cache: cache, Report: progress.New(t.Output()),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := started.Stop(); err != nil {
			t.Error(err)
		}
	})
	return aws.Config{
		Region: "eu-central-1", BaseEndpoint: aws.String(started.URL()), Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
}

// What the other tests have the services answer is what the emulator answers.
func TestWithTheEmulator(t *testing.T) {
	config := startEmulator(t)
	secretsManager, parameters := secretsmanager.NewFromConfig(config), ssm.NewFromConfig(config)
	secret, err := secretsManager.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
		Name: aws.String("shop/db"), SecretString: aws.String(`{"user":"me"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parameters.PutParameter(t.Context(), &ssm.PutParameterInput{
		Name: aws.String("/shop/level"), Type: types.ParameterTypeSecureString, Value: aws.String("debug"),
	}); err != nil {
		t.Fatal(err)
	}
	client := New(secretsManager, parameters)
	const parameter = "arn:aws:ssm:eu-central-1:000000000000:parameter/shop/"
	tests := []struct{ name, valueFrom, want, problem string }{
		{"a secret", *secret.ARN, `{"user":"me"}`, ""},
		{"a JSON key", *secret.ARN + ":user:AWSCURRENT:", "me", ""},
		{"a parameter", parameter + "level", "debug", ""},
		{"the name of a parameter", "/shop/level", "debug", ""},
		{"no secret", strings.Replace(*secret.ARN, "shop/db", "shop/none", 1), "", "ResourceNotFoundException: Secrets Manager can't find the specified secret."},
		{"no parameter", parameter + "none", "", "invalid parameters: /shop/none"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			reference, err := Parse(test.valueFrom, "eu-central-1", "000000000000")
			if err != nil {
				t.Fatal(err)
			}
			value, err := client.Value(t.Context(), reference)
			if value != test.want || (err == nil) != (test.problem == "") || err != nil && !strings.HasSuffix(err.Error(), test.problem) {
				t.Errorf("got %q, %v", value, err)
			}
		})
	}
}
