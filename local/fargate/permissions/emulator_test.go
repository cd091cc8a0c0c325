package permissions

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"fargate-stack/local/emulator/emulatortest"
)

const trustPolicy = `{"Version": "2012-10-17", "Statement": [{
	"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole",
	"Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}, "ArnLike": {"aws:SourceArn": "arn:aws:ecs:eu-central-1:111122223333:*"}}}]}`

const executionPolicy = `{"Version": "2012-10-17", "Statement": [
	{"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"},
	{"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "arn:aws:logs:eu-central-1:111122223333:log-group:app:log-stream:*"},
	{"Effect": "Deny", "Action": "logs:DeleteLogStream", "Resource": "*"}]}`

// What the other tests have IAM answer is what the emulator answers.
func TestWithTheEmulator(t *testing.T) {
	client := iam.NewFromConfig(emulatortest.Start(t, "eu-central-1"))
	made, err := client.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String("execution"), AssumeRolePolicyDocument: aws.String(trustPolicy)})
	if err != nil {
		t.Fatal(err)
	}
	role := *made.Role.Arn
	if _, err := client.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{
		RoleName: aws.String("execution"), PolicyName: aws.String("execution"), PolicyDocument: aws.String(executionPolicy),
	}); err != nil {
		t.Fatal(err)
	}
	roles := New(client)
	t.Run("a role may do what its policies say", func(t *testing.T) { testCheck(t, roles, role) })
	t.Run("a role is assumed by whom it trusts", func(t *testing.T) {
		if err := roles.CheckTrust(t.Context(), role, account, task); err != nil {
			t.Error(err)
		}
		for _, stranger := range []struct{ role, account string }{{role, "444455556666"}, {role + "s", account}} {
			err := roles.CheckTrust(t.Context(), stranger.role, stranger.account, task)
			if _, ok := errors.AsType[*UntrustedError](err); !ok {
				t.Errorf("role %s, account %s: got %v", stranger.role, stranger.account, err)
			}
		}
	})
}

func testCheck(t *testing.T, roles *Roles, role string) {
	const stream = "arn:aws:logs:eu-central-1:111122223333:log-group:app:log-stream:app/app/0123"
	if err := roles.Check(t.Context(), role, "*", "ecr:GetAuthorizationToken"); err != nil {
		t.Error(err)
	}
	if err := roles.Check(t.Context(), role, stream, "logs:CreateLogStream", "logs:PutLogEvents"); err != nil {
		t.Error(err)
	}
	tests := []struct {
		name, resource, action string
		explicit               bool
	}{
		{"an action that no policy names", stream, "logs:GetLogEvents", false},
		{"an action on another resource", "arn:aws:logs:eu-central-1:111122223333:log-group:other:log-stream:x", "logs:PutLogEvents", false},
		{"an action that a policy denies", stream, "logs:DeleteLogStream", true},
	}
	for _, test := range tests {
		t.Run(test.name+" is denied", func(t *testing.T) {
			err := roles.Check(t.Context(), role, test.resource, "ecr:GetAuthorizationToken", test.action)
			denied, ok := errors.AsType[*DeniedError](err)
			if !ok || denied.Action != test.action || denied.Explicit != test.explicit {
				t.Errorf("got %v", err)
			}
		})
	}
}
