package secrets

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// A Client reads secrets. It speaks the two services' protocol by itself, for
// the one call that it makes of each.
// https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
type Client struct {
	endpoint    string
	credentials aws.CredentialsProvider
	signer      *v4.Signer
}

// New returns a client of the endpoint, with the credentials, of a
// configuration.
func New(config aws.Config) *Client {
	return &Client{
		endpoint:    aws.ToString(config.BaseEndpoint),
		credentials: config.Credentials,
		signer:      v4.NewSigner(),
	}
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
	var answer struct {
		Parameters        []struct{ Value string }
		InvalidParameters []string
	}
	err := c.call(ctx, r.Region, SSM, "AmazonSSM.GetParameters",
		map[string]any{"Names": []string{r.Parameter}, "WithDecryption": true}, &answer)
	if err != nil {
		return "", err
	}
	if len(answer.Parameters) != 1 {
		return "", fmt.Errorf("invalid parameters: %s", strings.Join(answer.InvalidParameters, ","))
	}
	return answer.Parameters[0].Value, nil
}

func (c *Client) secret(ctx context.Context, r Reference) (string, error) {
	question := map[string]any{"SecretId": r.ARN}
	if r.Stage != "" {
		question["VersionStage"] = r.Stage
	}
	if r.Version != "" {
		question["VersionId"] = r.Version
	}
	var answer struct{ SecretString string }
	if err := c.call(ctx, r.Region, SecretsManager, "secretsmanager.GetSecretValue", question, &answer); err != nil {
		return "", fmt.Errorf("failed to fetch secret %s from secrets manager: %w", r.ARN, err)
	}
	if r.Key == "" {
		return answer.SecretString, nil
	}
	return member(answer.SecretString, r.Key)
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

// call asks a service something.
func (c *Client) call(ctx context.Context, region, service, operation string, question, answer any) error {
	body, err := json.Marshal(question)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", operation)
	credentials, err := c.credentials.Retrieve(ctx)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	if err := c.signer.SignHTTP(ctx, credentials, request, hex.EncodeToString(sum[:]), service, region, time.Now()); err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	decoder := json.NewDecoder(response.Body)
	if response.StatusCode != http.StatusOK {
		return refusal(response.Status, decoder)
	}
	if decoder.Decode(answer) != nil {
		return errors.New(operation + ": the answer is no JSON, or of another form")
	}
	return nil
}

// refusal returns what a service says that refuses, as ECS writes it down.
func refusal(status string, body *json.Decoder) error {
	var said struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	if body.Decode(&said) != nil || said.Type == "" {
		return errors.New(status)
	}
	code := said.Type[strings.LastIndexByte(said.Type, '#')+1:] // behind the name of its model
	return fmt.Errorf("%s: %s", code, said.Message)
}
