package secrets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/smithy-go"
)

// SecretsManagerAPI is what is asked of Secrets Manager. A
// [secretsmanager.Client] answers it.
type SecretsManagerAPI interface {
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
}

// SSMAPI is what is asked of the SSM parameter store. An [ssm.Client] answers
// it.
type SSMAPI interface {
	GetParameters(context.Context, *ssm.GetParametersInput, ...func(*ssm.Options)) (*ssm.GetParametersOutput, error)
}

// A Client reads secrets.
type Client struct {
	secretsManager SecretsManagerAPI
	ssm            SSMAPI
}

// New returns a client of the two services, which it asks in the region of each
// secret.
func New(secretsManager SecretsManagerAPI, ssm SSMAPI) *Client {
	return &Client{secretsManager: secretsManager, ssm: ssm}
}

// Value returns the value of a secret. The error is in the words of ECS, and
// never has a value in it.
func (c *Client) Value(ctx context.Context, r Reference) (string, error) {
	if r.Service == SSM {
		return c.parameter(ctx, r)
	}
	return c.secret(ctx, r)
}

func (c *Client) parameter(ctx context.Context, r Reference) (string, error) {
	answer, err := c.ssm.GetParameters(ctx,
		&ssm.GetParametersInput{Names: []string{r.Parameter}, WithDecryption: aws.Bool(true)},
		func(o *ssm.Options) { o.Region = r.Region })
	if err != nil {
		return "", inWordsOfECS(err)
	}
	if len(answer.Parameters) != 1 {
		return "", fmt.Errorf("invalid parameters: %s", strings.Join(answer.InvalidParameters, ","))
	}
	return aws.ToString(answer.Parameters[0].Value), nil
}

func (c *Client) secret(ctx context.Context, r Reference) (string, error) {
	question := &secretsmanager.GetSecretValueInput{SecretId: &r.ARN}
	if r.Stage != "" {
		question.VersionStage = &r.Stage
	}
	if r.Version != "" {
		question.VersionId = &r.Version
	}
	answer, err := c.secretsManager.GetSecretValue(ctx, question, func(o *secretsmanager.Options) { o.Region = r.Region })
	if err != nil {
		return "", fmt.Errorf("failed to fetch secret %s from secrets manager: %w", r.ARN, inWordsOfECS(err))
	}
	if r.Key == "" {
		return aws.ToString(answer.SecretString), nil
	}
	return member(aws.ToString(answer.SecretString), r.Key)
}

// member returns one value of a JSON object.
func member(object, key string) (string, error) {
	var members map[string]json.RawMessage
	if json.Unmarshal([]byte(object), &members) != nil {
		// What the decoder says would have a part of the secret in it.
		return "", fmt.Errorf("retrieved secret from Secrets Manager is not a JSON object, of which json key %s could be one", key)
	}
	value, ok := members[key]
	if !ok {
		return "", fmt.Errorf("retrieved secret from Secrets Manager did not contain json key %s", key)
	}
	var text string
	if json.Unmarshal(value, &text) != nil {
		return string(value), nil // a number or the like
	}
	return text, nil
}

// inWordsOfECS returns why a service gave no value, as ECS writes it down.
func inWordsOfECS(err error) error {
	if refusal, ok := errors.AsType[smithy.APIError](err); ok {
		return fmt.Errorf("%s: %s", refusal.ErrorCode(), refusal.ErrorMessage())
	}
	if answer, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		// What the SDK says of an answer that it can't read may have a part of
		// the secret in it.
		return fmt.Errorf("the answer, of HTTP status %d, can't be read", answer.HTTPStatusCode())
	}
	return err
}
