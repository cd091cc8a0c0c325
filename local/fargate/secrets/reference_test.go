package secrets

import "testing"

func TestParse(t *testing.T) {
	const secret = "arn:aws:secretsmanager:eu-west-1:444455556666:secret:shop/db-AbC123"
	const parameter = "arn:aws:ssm:eu-west-1:444455556666:parameter/"
	tests := []struct {
		name, valueFrom string
		want            Reference
	}{
		{"a secret", secret, Reference{Service: SecretsManager, Region: "eu-west-1", ARN: secret}},
		{"a JSON key of a secret", secret + ":user::", Reference{Service: SecretsManager, Region: "eu-west-1", ARN: secret, Key: "user"}},
		{"a stage of a secret", secret + "::AWSPREVIOUS:", Reference{Service: SecretsManager, Region: "eu-west-1", ARN: secret, Stage: "AWSPREVIOUS"}},
		{"a version of a secret", secret + ":::0123", Reference{Service: SecretsManager, Region: "eu-west-1", ARN: secret, Version: "0123"}},
		{"a parameter", parameter + "level", Reference{Service: SSM, Region: "eu-west-1", ARN: parameter + "level", Parameter: "level"}},
		{"a parameter with a path", parameter + "shop/level", Reference{Service: SSM, Region: "eu-west-1", ARN: parameter + "shop/level", Parameter: "/shop/level"}},
		{"the name of a parameter here", "level",
			Reference{Service: SSM, Region: "eu-central-1", ARN: "arn:aws:ssm:eu-central-1:111122223333:parameter/level", Parameter: "level"}},
		{"the name of a parameter here with a path", "/shop/level",
			Reference{Service: SSM, Region: "eu-central-1", ARN: "arn:aws:ssm:eu-central-1:111122223333:parameter/shop/level", Parameter: "/shop/level"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Parse(test.valueFrom, "eu-central-1", "111122223333")
			if err != nil || got != test.want {
				t.Errorf("got %+v, %v\nwant %+v", got, err, test.want)
			}
		})
	}
	for name, valueFrom := range map[string]string{
		"an ARN of another service": "arn:aws:s3:::bucket",
		"an ARN cut off":            "arn:aws:ssm:",
		"too few parts of a secret": secret + ":user",
		"SSM, but no parameter":     "arn:aws:ssm:eu-west-1:444455556666:document/a",
	} {
		if got, err := Parse(valueFrom, "eu-central-1", "111122223333"); err == nil {
			t.Errorf("%s is taken for %+v", name, got)
		}
	}
}
