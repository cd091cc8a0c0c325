package task

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"fargate-stack/local/fargate/secrets"
)

// readSecrets reads the values of the containers' secrets. Only the containers
// get them: they are in no record and no log.
func (t *Task) readSecrets(ctx context.Context) error {
	t.secrets = map[string][]string{}
	for _, definition := range t.definition.ContainerDefinitions {
		for _, secret := range definition.Secrets {
			value, err := t.readSecret(ctx, aws.ToString(secret.ValueFrom))
			if err != nil {
				return err
			}
			container := aws.ToString(definition.Name)
			t.secrets[container] = append(t.secrets[container], aws.ToString(secret.Name)+"="+value)
		}
	}
	return nil
}

func (t *Task) hasSecrets() bool {
	return slices.ContainsFunc(t.definition.ContainerDefinitions, func(definition types.ContainerDefinition) bool {
		return len(definition.Secrets) > 0
	})
}

// readActions are what the execution role has to be allowed to do to read from
// a service.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
var readActions = map[string]string{
	secrets.SecretsManager: "secretsmanager:GetSecretValue",
	secrets.SSM:            "ssm:GetParameters",
}

// readProblems begin what ECS says when it could not read from a service.
var readProblems = map[string]string{
	secrets.SecretsManager: cannotPull + "unable to retrieve secret from asm: service call has been retried 1 time(s): ",
	secrets.SSM:            cannotPull + "unable to retrieve secrets from ssm: service call has been retried 1 time(s): ",
}

func (t *Task) readSecret(ctx context.Context, valueFrom string) (string, error) {
	reference, err := secrets.Parse(valueFrom, t.launcher.Region, t.launcher.Account)
	if err != nil {
		return "", fmt.Errorf(cannotPull+"%w", err)
	}
	problem := readProblems[reference.Service]
	if err := t.launcher.Network.Reaches(ctx, t.attached, reference.Region, reference.Service); err != nil {
		return "", fmt.Errorf(problem+"RequestError: send request failed caused by: Post \"https://%s.%s.amazonaws.com/\": dial tcp: i/o timeout. Please check your task network configuration: %w",
			reference.Service, reference.Region, err)
	}
	err = t.launcher.Roles.Check(ctx, aws.ToString(t.definition.ExecutionRoleArn), reference.ARN, readActions[reference.Service])
	if err != nil {
		return "", fmt.Errorf(problem+"AccessDeniedException: %w", err)
	}
	value, err := t.launcher.Secrets.Value(ctx, reference)
	if err != nil {
		return "", fmt.Errorf(problem+"%w", err)
	}
	return value, nil
}
