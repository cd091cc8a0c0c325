package diagnosis

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const (
	secretARN    = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop/db-AbC123"
	parameterARN = "arn:aws:ssm:eu-central-1:123456789012:parameter/shop/level"

	cannotPull = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
)

// useSecrets has the container get variables from secrets.
func (a *account) useSecrets(valuesFrom ...string) {
	for _, valueFrom := range valuesFrom {
		a.definitions[0].ContainerDefinitions[0].Secrets = append(a.definitions[0].ContainerDefinitions[0].Secrets,
			ecstypes.Secret{Name: aws.String("SECRET"), ValueFrom: &valueFrom})
	}
}

func TestSecrets(t *testing.T) {
	failing := func(reason string) func(*account) {
		return func(a *account) {
			a.fail(ecstypes.TaskStopCodeTaskFailedToStart, cannotPull+reason, ecstypes.Container{})
		}
	}
	examineEach(t, []failure{
		{"secrets that can be read are no failure", func(a *account) { a.useSecrets(secretARN, parameterARN) }, nil, ""},
		{
			"an execution role that may not read a secret is denied",
			func(a *account) {
				a.useSecrets(secretARN + ":password::")
				a.denied["secretsmanager:GetSecretValue"] = true
			},
			[]Kind{ExecutionRoleDenied}, "IAM: secretsmanager:GetSecretValue on " + secretARN + " is implicitDeny for " + executionRole,
		},
		{
			"an execution role that may not read a parameter is denied",
			func(a *account) {
				a.useSecrets(parameterARN)
				a.denied["ssm:GetParameters"] = true
			},
			[]Kind{ExecutionRoleDenied}, "IAM: ssm:GetParameters on " + parameterARN,
		},
		{
			"a parameter can be known by its name",
			func(a *account) {
				a.useSecrets("/shop/level")
				a.denied["ssm:GetParameters"] = true
			},
			[]Kind{ExecutionRoleDenied}, "IAM: ssm:GetParameters on " + parameterARN,
		},
		{
			"an execution role that may not use the key of a secret is denied",
			failing("unable to retrieve secret from asm: failed to fetch secret " + secretARN + " from secrets manager: AccessDeniedException: Access to KMS is not allowed"),
			[]Kind{ExecutionRoleDenied}, "Access to KMS is not allowed",
		},
		{
			"a secret that is gone is missing",
			failing("unable to retrieve secret from asm: failed to fetch secret " + secretARN + " from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret."),
			[]Kind{SecretMissing}, secretARN,
		},
		{
			"a secret that is to be deleted is missing",
			failing("unable to retrieve secret from asm: InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion."),
			[]Kind{SecretMissing}, "marked for deletion",
		},
		{
			"a JSON key that a secret has not is missing",
			failing("unable to retrieve secret from asm: retrieved secret from Secrets Manager did not contain json key password"),
			[]Kind{SecretMissing}, "json key password",
		},
		{
			"a parameter that is gone is missing",
			failing("unable to retrieve secrets from ssm: invalid parameters: /shop/level"),
			[]Kind{SecretMissing}, "/shop/level",
		},
		{
			"a secret without an endpoint of its service can't be reached",
			func(a *account) {
				a.useEndpoints()
				a.useSecrets(secretARN)
			},
			[]Kind{RegistryUnreachable}, "vpc-1 has no VPC endpoint of secretsmanager",
		},
		{
			"a parameter without an endpoint of its service can't be reached",
			func(a *account) {
				a.useEndpoints()
				a.useSecrets(parameterARN)
			},
			[]Kind{RegistryUnreachable}, "vpc-1 has no VPC endpoint of ssm",
		},
	})
}
