package permissions

import (
	"errors"
	"net/url"
	"strings"
	"testing"
)

func TestCheckTrust(t *testing.T) {
	statement := func(members string) string {
		return `{"Version": "2012-10-17", "Id": "test", "Statement": [{"Sid": "Test", "Effect": "Allow", ` + members + `}]}`
	}
	conditioned := func(condition string) string {
		return statement(`"Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole", "Condition": ` + condition)
	}
	const tasks = `"Principal": {"Service": "ecs-tasks.amazonaws.com"}, `
	tests := []struct {
		name   string
		policy string
		want   bool
	}{
		{"a policy that names ECS tasks trusts them", statement(tasks + `"Action": "sts:AssumeRole"`), true},
		{"services and actions may be lists", statement(`"Principal": {"Service": ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"]}, "Action": ["sts:TagSession", "sts:AssumeRole"]`), true},
		{"a statement need not be in a list", `{"Statement": {"Effect": "Allow", ` + tasks + `"Action": "sts:AssumeRole"}}`, true},
		{"an action may have wildcards and any case", statement(tasks + `"Action": "STS:assume*"`), true},
		{"everybody is ECS too", statement(`"Principal": "*", "Action": "sts:AssumeRole"`), true},
		{"all AWS principals are ECS too", statement(`"Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"`), true},
		{"another service is not trusted", statement(`"Principal": {"Service": "ecs.amazonaws.com"}, "Action": "sts:AssumeRole"`), false},
		{"an account is not ECS", statement(`"Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"`), false},
		{"another action is not enough", statement(tasks + `"Action": "sts:TagSession"`), false},
		{"a policy without statements trusts nobody", `{"Version": "2012-10-17", "Statement": []}`, false},
		{"a statement that denies goes before one that allows", `{"Statement": [
			{"Effect": "Allow", ` + tasks + `"Action": "sts:AssumeRole"}, {"Effect": "Deny", "Principal": "*", "Action": "sts:*"}]}`, false},
		{"a statement that denies others does not matter", `{"Statement": [
			{"Effect": "Deny", "Principal": {"AWS": "444455556666"}, "Action": "sts:*"}, {"Effect": "Allow", ` + tasks + `"Action": "sts:AssumeRole"}]}`, true},
		{"the task's account may be asked for", conditioned(`{"StringEquals": {"aws:SourceAccount": "111122223333"}}`), true},
		{"a key may have any case", conditioned(`{"StringEquals": {"AWS:sourceaccount": "111122223333"}}`), true},
		{"another account is not trusted", conditioned(`{"StringEquals": {"aws:SourceAccount": "444455556666"}}`), false},
		{"one of several values is enough", conditioned(`{"StringEquals": {"aws:SourceAccount": ["444455556666", "111122223333"]}}`), true},
		{"all conditions have to hold", conditioned(`{"StringEquals": {"aws:SourceAccount": "111122223333"}, "ArnLike": {"aws:SourceArn": "arn:aws:ecs:us-east-1:111122223333:*"}}`), false},
		{"an account may be left out by name", conditioned(`{"StringNotEquals": {"aws:SourceAccount": ["444455556666", "111122223333"]}}`), false},
		{"an account that is not left out is trusted", conditioned(`{"StringNotEquals": {"aws:SourceAccount": "444455556666"}}`), true},
		{"wildcards are for StringLike", conditioned(`{"StringLike": {"aws:SourceAccount": "1111????3333"}}`), true},
		{"wildcards are not for StringEquals", conditioned(`{"StringEquals": {"aws:SourceAccount": "1111*"}}`), false},
		{"an ARN may have wildcards in each part", conditioned(`{"ArnLike": {"aws:SourceArn": "arn:aws:ecs:*:111122223333:*"}}`), true},
		{"a wildcard does not go over parts of an ARN", conditioned(`{"ArnLike": {"aws:SourceArn": "arn:aws:*:task/cluster/0123"}}`), false},
		{"an ARN of another region is not trusted", conditioned(`{"ArnEquals": {"aws:SourceArn": "arn:aws:ecs:us-east-1:111122223333:*"}}`), false},
		{"an ARN may be left out", conditioned(`{"ArnNotLike": {"aws:SourceArn": "arn:aws:ecs:*:*:task/*"}}`), false},
		{"a dot in a pattern is a dot", conditioned(`{"StringLike": {"aws:SourceAccount": "11112222333."}}`), false},
		{"a key that ECS does not send fails its condition", conditioned(`{"StringEquals": {"sts:ExternalId": "x"}}`), false},
		{"unless it may be missing", conditioned(`{"StringEqualsIfExists": {"sts:ExternalId": "x"}}`), true},
		{"unless it must not have a value", conditioned(`{"StringNotEquals": {"sts:ExternalId": "x"}}`), true},
		{"a key that may be missing counts if it is there", conditioned(`{"StringEqualsIfExists": {"aws:SourceAccount": "444455556666"}}`), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := New(&fakeIAM{trust: url.PathEscape(test.policy)}).CheckTrust(t.Context(), role, account, task)
			if test.want {
				if err != nil {
					t.Error(err)
				}
				return
			}
			untrusted, ok := errors.AsType[*UntrustedError](err)
			if !ok || untrusted.Role != role || !strings.Contains(err.Error(), "does not let ecs-tasks.amazonaws.com assume it for "+task) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestARoleThatDoesNotExistIsNotTrusted(t *testing.T) {
	const missing = "arn:aws:iam::111122223333:role/gone"
	err := New(&fakeIAM{}).CheckTrust(t.Context(), missing, account, task)
	if _, ok := errors.AsType[*UntrustedError](err); !ok || !strings.HasPrefix(err.Error(), "ECS was unable to assume the role '"+missing+"'") {
		t.Errorf("got %v", err)
	}
}

func TestAPolicyThatIsNotUnderstoodIsAnError(t *testing.T) {
	tests := map[string]struct{ policy, want string }{
		"an encoding that is none": {"%zz", "invalid URL escape"},
		"no JSON":                  {"trust everybody", "invalid character"},
		"an element that is not covered": {
			`{"Statement": [{"Effect": "Allow", "NotPrincipal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}`, "NotPrincipal"},
		"an operator that is not covered": {
			`{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Condition": {"DateLessThan": {"aws:CurrentTime": "2026-01-01"}}}}`, "DateLessThan"},
		"an operator that is not covered, beside a condition that fails": {
			`{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Condition": {"StringEquals": {"aws:SourceAccount": "1"}, "Bool": {"aws:SecureTransport": "true"}}}}`, "Bool"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := New(&fakeIAM{trust: test.policy}).CheckTrust(t.Context(), role, account, task)
			if _, untrusted := errors.AsType[*UntrustedError](err); untrusted || err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}
