package infra

import (
	"maps"
	"regexp"
	"slices"
)

// The services that ECS reads secrets from, as VPC endpoints name them.
const (
	secretsManager = "secretsmanager"
	parameterStore = "ssm"
)

var (
	// secretARN is the whole ARN of a secret, with the hyphen and six characters
	// that Secrets Manager puts at its end: IAM compares it with the policy. ECS
	// takes a JSON key, a version stage and a version id behind it.
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
	secretARN = regexp.MustCompile(`^(arn:aws[a-z-]*:secretsmanager:([a-z0-9-]+):[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6})(:[^:]*:([^:]*:|:[A-Za-z0-9-]{32,64}))?$`)

	// parameterARN is the ARN of a parameter in the SSM parameter store.
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-ssm-paramstore.html
	parameterARN = regexp.MustCompile(`^(arn:aws[a-z-]*:ssm:([a-z0-9-]+):[0-9]{12}:parameter/[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*)$`)
)

// A secret is where ECS reads the value of an environment variable when it
// starts a task.
type secret struct {
	// service is [secretsManager] or [parameterStore].
	service string
	// arn is what a policy names, without what ECS takes behind it.
	arn string
	// region is that of the ARN.
	region string
}

// parseSecret reads an ARN as ECS takes it.
func parseSecret(valueFrom string) (secret, bool) {
	for service, arn := range map[string]*regexp.Regexp{secretsManager: secretARN, parameterStore: parameterARN} {
		if parts := arn.FindStringSubmatch(valueFrom); parts != nil {
			return secret{service: service, arn: parts[1], region: parts[2]}, true
		}
	}
	return secret{}, false
}

// secretARNs returns the ARNs of the secrets that a service has, each once,
// sorted, so that the same ones make the same policy.
func (c *Config) secretARNs(service string) []string {
	var arns []string
	for valueFrom := range maps.Values(c.Secrets) {
		if s, ok := parseSecret(valueFrom); ok && s.service == service {
			arns = append(arns, s.arn)
		}
	}
	slices.Sort(arns)
	return slices.Compact(arns)
}

// secretVariables returns the variables that ECS sets from secrets, sorted, as
// those of the environment are.
func secretVariables(config *Config) []secretVariable {
	var variables []secretVariable
	for _, name := range slices.Sorted(maps.Keys(config.Secrets)) {
		variables = append(variables, secretVariable{name, config.Secrets[name]})
	}
	return variables
}

// readSecrets lets the execution role read the app's secrets, and no others. A
// key has to be named only if it is not AWS's own.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
func readSecrets(config *Config) []statement {
	var statements []statement
	for _, may := range []statement{
		{Sid: "ReadSecrets", Action: []string{"secretsmanager:GetSecretValue"}, Resource: config.secretARNs(secretsManager)},
		{Sid: "ReadParameters", Action: []string{"ssm:GetParameters"}, Resource: config.secretARNs(parameterStore)},
		{Sid: "DecryptSecrets", Action: []string{"kms:Decrypt"}, Resource: config.SecretKeyARNs},
	} {
		if len(may.Resource) > 0 {
			may.Effect = "Allow"
			statements = append(statements, may)
		}
	}
	return statements
}
