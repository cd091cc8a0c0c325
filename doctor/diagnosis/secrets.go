package diagnosis

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// readActions are what reading a secret takes, by the service that has it.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
var readActions = map[string]string{
	"secretsmanager": "secretsmanager:GetSecretValue",
	"ssm":            "ssm:GetParameters",
}

// secretARNs returns the ARNs of a container's secrets, as policies name them:
// without what ECS takes behind that of a secret, such as a JSON key. What is no
// ARN is the name of a parameter beside the task definition.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Secret.html
func secretARNs(definition ecstypes.TaskDefinition, container ecstypes.ContainerDefinition) []arn.ARN {
	var arns []arn.ARN
	for _, secret := range container.Secrets {
		valueFrom := aws.ToString(secret.ValueFrom)
		parsed, err := arn.Parse(valueFrom)
		if err != nil {
			parsed, _ = arn.Parse(aws.ToString(definition.TaskDefinitionArn))
			parsed.Service, parsed.Resource = "ssm", "parameter/"+strings.TrimPrefix(valueFrom, "/")
		}
		if parts := strings.Split(parsed.Resource, ":"); parsed.Service == "secretsmanager" && len(parts) > 2 {
			parsed.Resource = parts[0] + ":" + parts[1]
		}
		arns = append(arns, parsed)
	}
	return arns
}
