package infra

import "testing"

func TestARNsOfSecrets(t *testing.T) {
	const secretsManagerARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:"
	tests := []struct {
		statement, valueFrom string
		// service is empty for what is none.
		service, arn string
	}{
		{"a whole secret", secretsManagerARN + "shop-AbC123", secretsManager, secretsManagerARN + "shop-AbC123"},
		{"a secret in a folder", secretsManagerARN + "shop/db_1+=.@x-AbC123", secretsManager, secretsManagerARN + "shop/db_1+=.@x-AbC123"},
		{"a JSON key of a secret", secretsManagerARN + "shop-AbC123:user::", secretsManager, secretsManagerARN + "shop-AbC123"},
		{"a stage of a secret", secretsManagerARN + "shop-AbC123::AWSPREVIOUS:", secretsManager, secretsManagerARN + "shop-AbC123"},
		{"a version of a secret", secretsManagerARN + "shop-AbC123:::0b7c1f0e-8f0a-4c1e-9d55-2f0a5b1c7d11", secretsManager, secretsManagerARN + "shop-AbC123"},
		{"a parameter", "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/level", parameterStore, "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/level"},
		{"a parameter in a folder", levelParameter, parameterStore, levelParameter},

		{"the name of a parameter", "/shop/level", "", ""},
		{"a secret without the end of its ARN", secretsManagerARN + "shop", "", ""},
		{"a JSON key with too few colons", secretsManagerARN + "shop-AbC123:user", "", ""},
		{"both a stage and a version", secretsManagerARN + "shop-AbC123::AWSCURRENT:0b7c1f0e-8f0a-4c1e-9d55-2f0a5b1c7d11", "", ""},
		{"a version that is a number", secretsManagerARN + "shop-AbC123:::2", "", ""},
		{"a version of a parameter", levelParameter + ":2", "", ""},
		{"all parameters of a folder", "arn:aws:ssm:eu-central-1:123456789012:parameter/shop/*", "", ""},
		{"an ARN of another service", secretKey, "", ""},
	}
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			got, ok := parseSecret(test.valueFrom)
			if ok != (test.service != "") || got.service != test.service || got.arn != test.arn {
				t.Errorf("got %+v, %v", got, ok)
			}
		})
	}
}
