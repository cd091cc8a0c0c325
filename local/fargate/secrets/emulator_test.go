package secrets

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"fargate-stack/local/emulator/emulatortest"
)

// What the other tests have the services answer is what the emulator answers.
func TestWithTheEmulator(t *testing.T) {
	config := emulatortest.Start(t, "eu-central-1")
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
