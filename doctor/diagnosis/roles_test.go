package diagnosis

import (
	"strings"
	"testing"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func TestRoles(t *testing.T) {
	examineEach(t, []failure{
		{
			"an execution role that may not log in to ECR is denied",
			func(a *account) {
				a.denied["ecr:GetAuthorizationToken"] = true
				a.fail(ecstypes.TaskStopCodeTaskFailedToStart, "ResourceInitializationError: unable to retrieve ecr registry auth: AccessDeniedException: not authorized", ecstypes.Container{})
			},
			[]Kind{ExecutionRoleDenied}, "IAM: ecr:GetAuthorizationToken on * is implicitDeny for " + executionRole,
		},
		{
			"an execution role that may not pull the image is denied",
			func(a *account) { a.denied["ecr:BatchGetImage"] = true },
			[]Kind{ExecutionRoleDenied}, "IAM: ecr:BatchGetImage on " + repositoryARN,
		},
		{
			"an execution role that may not write logs is denied",
			func(a *account) { a.denied["logs:CreateLogStream"] = true },
			[]Kind{ExecutionRoleDenied}, "IAM: logs:CreateLogStream on " + logGroupARN + ":log-stream:app/app/task",
		},
		{
			"a pull that ECR forbids is denied, even if IAM sees no reason",
			func(a *account) {
				a.fail(ecstypes.TaskStopCodeTaskFailedToStart, "CannotPullContainerError: unexpected status from HEAD request to ecr: 403 Forbidden", ecstypes.Container{})
			},
			[]Kind{ExecutionRoleDenied}, "403 Forbidden",
		},
		{
			"a task definition without an execution role can't pull from ECR",
			func(a *account) { a.definitions[0].ExecutionRoleArn = nil },
			[]Kind{ExecutionRoleDenied}, "app:1 names no execution role",
		},
		{
			"a role that trusts another service is not trusted",
			func(a *account) { a.trust = strings.ReplaceAll(a.trust, "ecs-tasks", "ec2") },
			[]Kind{RoleNotTrusted}, "trust policy of role " + executionRole + `: {"Statement"`,
		},
		{
			"a role that is gone is not trusted",
			func(a *account) { a.trust = "" },
			[]Kind{RoleNotTrusted}, "The role with name app-execution cannot be found.",
		},
		{
			"a role whose conditions do not hold is not trusted if ECS says so",
			func(a *account) {
				a.fail(ecstypes.TaskStopCodeTaskFailedToStart, "ECS was unable to assume the role 'app-execution' that was provided for this task.", ecstypes.Container{})
			},
			[]Kind{RoleNotTrusted}, "ECS was unable to assume the role",
		},
		{
			"a log group that is gone keeps tasks from starting",
			func(a *account) {
				a.logs = map[string][]string{}
				a.fail(ecstypes.TaskStopCodeTaskFailedToStart, "ResourceInitializationError: failed to validate logger args: ResourceNotFoundException: The specified log group does not exist.", ecstypes.Container{})
				delete(a.logs, logGroupName+" app/app/0f")
			},
			[]Kind{LogGroupMissing}, "app:1 logs to /ecs/app, which CloudWatch Logs does not have",
		},
	})
}

func TestTrustsTasks(t *testing.T) {
	tests := []struct {
		statement, policy string
		want              bool
	}{
		{"a service and an action without brackets", `{"Statement":{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}}`, true},
		{"several services and actions", `{"Statement":[{"Effect":"Allow","Principal":{"Service":["ec2.amazonaws.com","ecs-tasks.amazonaws.com"]},"Action":["sts:TagSession","sts:AssumeRole"]}]}`, true},
		{"everybody and all actions", `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*"}]}`, true},
		{"another service", `{"Statement":[{"Effect":"Allow","Principal":{"Service":"ecs.amazonaws.com"},"Action":"sts:AssumeRole"}]}`, false},
		{"an account", `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::1:root"},"Action":"sts:AssumeRole"}]}`, false},
		{"another action", `{"Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:TagSession"}]}`, false},
		{"a statement that denies", `{"Statement":[{"Effect":"Deny","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`, false},
	}
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			got, err := trustsTasks(test.policy)
			if err != nil || got != test.want {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	if _, err := trustsTasks("%7B"); err == nil {
		t.Error("a policy that is no JSON is no error")
	}
}
