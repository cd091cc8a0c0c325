package task

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const (
	secretARN    = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:db-AbC123"
	parameterARN = "arn:aws:ssm:eu-central-1:111122223333:parameter/level"
)

// withSecrets returns a cloud with a task of two containers, of which the first
// has secrets.
func withSecrets() *fakeCloud {
	f := newFakeCloud()
	f.values = map[string]string{secretARN: "hush-hush", parameterARN: "debug"}
	app := &f.definition.ContainerDefinitions[0]
	app.Environment = []types.KeyValuePair{{Name: aws.String("NAME"), Value: aws.String("shop")}}
	app.Secrets = []types.Secret{
		{Name: aws.String("PASSWORD"), ValueFrom: aws.String(secretARN + ":password::")},
		{Name: aws.String("LEVEL"), ValueFrom: aws.String(parameterARN)},
	}
	other := types.ContainerDefinition{Name: aws.String("other"), Image: app.Image}
	f.definition.ContainerDefinitions = append(f.definition.ContainerDefinitions, other)
	return f
}

func TestAContainerGetsItsSecrets(t *testing.T) {
	task := withSecrets().described(t)
	if err := prepareButPull(t, task); err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"NAME=shop", "PASSWORD=hush-hush", "LEVEL=debug"}, nil}
	for i, definition := range task.definition.ContainerDefinitions {
		got := slices.DeleteFunc(task.containerConfig(definition).Env, func(variable string) bool {
			return strings.HasPrefix(variable, metadataVariable+"=")
		})
		if !slices.Equal(got, want[i]) {
			t.Errorf("container %s gets %v, want %v", *definition.Name, got, want[i])
		}
	}
}

func TestSecretsAreReadAsTheExecutionRole(t *testing.T) {
	f := withSecrets()
	if err := prepareButPull(t, f.described(t)); err != nil {
		t.Fatal(err)
	}
	want := []string{
		executionRole + " secretsmanager:GetSecretValue " + secretARN,
		executionRole + " ssm:GetParameters " + parameterARN,
	}
	if got := f.asked[1:3]; !reflect.DeepEqual(got, want) {
		t.Errorf("asked was\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestWhatKeepsASecretBackIsToldAsOnAWS(t *testing.T) {
	const (
		cannot = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
		asm    = cannot + "unable to retrieve secret from asm: service call has been retried 1 time(s): "
		ssm    = cannot + "unable to retrieve secrets from ssm: service call has been retried 1 time(s): "
	)
	tests := []struct {
		name string
		put  func(*fakeCloud)
		want string
	}{
		{"no way to Secrets Manager", func(f *fakeCloud) { f.unreachable = []string{"secretsmanager"} },
			asm + `RequestError: send request failed caused by: Post "https://secretsmanager.eu-central-1.amazonaws.com/": dial tcp: i/o timeout. Please check your task network configuration: no route`},
		{"no way to SSM", func(f *fakeCloud) { f.unreachable = []string{"ssm"} },
			ssm + `RequestError: send request failed caused by: Post "https://ssm.eu-central-1.amazonaws.com/": dial tcp: i/o timeout. Please check your task network configuration: no route`},
		{"no permission to read the secret", func(f *fakeCloud) { f.forbidden = []string{"secretsmanager:GetSecretValue"} },
			asm + "AccessDeniedException: not authorized to perform: secretsmanager:GetSecretValue"},
		{"no permission to read the parameter", func(f *fakeCloud) { f.forbidden = []string{"ssm:GetParameters"} },
			ssm + "AccessDeniedException: not authorized to perform: ssm:GetParameters"},
		{"no secret", func(f *fakeCloud) { delete(f.values, secretARN) }, asm + "ResourceNotFoundException: " + secretARN},
		{"no parameter", func(f *fakeCloud) { delete(f.values, parameterARN) }, ssm + "ResourceNotFoundException: " + parameterARN},
		{"an ARN of something else", func(f *fakeCloud) {
			f.definition.ContainerDefinitions[0].Secrets[0].ValueFrom = aws.String("arn:aws:s3:::bucket")
		}, cannot + "unexpected ARN format with parameters when trying to retrieve secret: arn:aws:s3:::bucket"},
		{"no execution role", func(f *fakeCloud) {
			f.repositories = nil
			f.definition.ContainerDefinitions[0].LogConfiguration = nil
			f.definition.ExecutionRoleArn = nil
		}, "ResourceInitializationError: the task definition has no execution role, which ECR, secrets and awslogs need"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := withSecrets()
			test.put(f)
			if err := prepareButPull(t, f.described(t)); err == nil || err.Error() != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

func TestNothingTellsTheValueOfASecret(t *testing.T) {
	task := withSecrets().described(t)
	task.launcher.Docker = noEngine(t)
	if err := task.readSecrets(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, failed := task.createContainer(t.Context(), 0, task.definition.ContainerDefinitions[0])
	if failed == nil {
		t.Fatal("a container was created without an engine")
	}
	record, err := json.Marshal(task.Record())
	if err != nil {
		t.Fatal(err)
	}
	for what, told := range map[string]string{"the record": string(record), "the error": failed.Error()} {
		if strings.Contains(told, "hush-hush") {
			t.Errorf("%s tells it: %s", what, told)
		}
	}
}
