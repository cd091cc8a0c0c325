// Package secrets reads what task definitions name as secrets: secrets of
// Secrets Manager and parameters of the SSM parameter store.
package secrets

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// The services that have secrets, as ARNs and VPC endpoints name them.
const (
	SecretsManager = "secretsmanager"
	SSM            = "ssm"
)

// A Reference says where the value of a secret is.
type Reference struct {
	// Service is [SecretsManager] or [SSM], and Region where it is asked.
	Service, Region string
	// ARN is what a policy names.
	ARN string
	// Parameter is the name of a parameter.
	Parameter string
	// Key chooses one value of a secret that is a JSON object, and Stage and
	// Version choose one of its versions. They are empty for all of the current
	// one.
	Key, Stage, Version string
}

// Parse reads a reference as ECS takes it: the ARN of a secret, with a JSON key,
// a version stage and a version id behind it or nothing; the ARN of a parameter;
// or the name of a parameter in the task's own region and account.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Secret.html
func Parse(valueFrom, region, account string) (Reference, error) {
	if !strings.HasPrefix(valueFrom, "arn:") {
		return Reference{
			Service: SSM, Region: region, Parameter: valueFrom,
			ARN: fmt.Sprintf("arn:aws:ssm:%s:%s:parameter/%s", region, account, strings.TrimPrefix(valueFrom, "/")),
		}, nil
	}
	parsed, err := arn.Parse(valueFrom)
	if err != nil {
		return Reference{}, err
	}
	switch parts := strings.Split(parsed.Resource, ":"); {
	case parsed.Service == SSM && strings.HasPrefix(parsed.Resource, "parameter/"):
		return Reference{Service: SSM, Region: parsed.Region, ARN: valueFrom, Parameter: parameter(parsed.Resource)}, nil
	case parsed.Service == SecretsManager && parts[0] == "secret" && (len(parts) == 2 || len(parts) == 5):
		r := Reference{Service: SecretsManager, Region: parsed.Region, ARN: valueFrom}
		if len(parts) == 5 {
			r.Key, r.Stage, r.Version = parts[2], parts[3], parts[4]
			parsed.Resource = "secret:" + parts[1]
			r.ARN = parsed.String()
		}
		return r, nil
	default:
		return Reference{}, fmt.Errorf("unexpected ARN format with parameters when trying to retrieve secret: %s", valueFrom)
	}
}

// parameter returns the name of a parameter from the resource of its ARN. A
// name with a path begins with a slash, which the ARN does not show.
func parameter(resource string) string {
	name := strings.TrimPrefix(resource, "parameter/")
	if strings.Contains(name, "/") {
		return "/" + name
	}
	return name
}
