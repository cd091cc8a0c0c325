package permissions

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

const (
	// tasksPrincipal is who ECS is when it assumes a role for a task.
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
	tasksPrincipal = "ecs-tasks.amazonaws.com"

	assumeRole = "sts:AssumeRole"
)

// An UntrustedError says why ECS cannot assume a role for a task.
type UntrustedError struct {
	// Role is the role's ARN.
	Role string
	// Reason says what is wrong with it.
	Reason string
}

// Error begins with the words of ECS.
func (e *UntrustedError) Error() string {
	return fmt.Sprintf("ECS was unable to assume the role '%s' that was provided for this task. "+
		"Please verify that the role being passed has the proper trust relationship and permissions "+
		"and that your IAM user has permissions to pass this role: %s", e.Role, e.Reason)
}

// CheckTrust returns nil if ECS can assume a role for a task of an account, and
// an [*UntrustedError] if not.
func (r *Roles) CheckTrust(ctx context.Context, roleARN, account, taskARN string) error {
	name := roleARN[strings.LastIndex(roleARN, "/")+1:] // what is before it is the role's path
	answer, err := r.client.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	if _, missing := errors.AsType[*types.NoSuchEntityException](err); missing {
		return &UntrustedError{roleARN, "it does not exist"}
	}
	if err != nil {
		return fmt.Errorf("reading the trust policy of %s: %w", roleARN, err)
	}
	// IAM answers with policies in percent-encoding.
	text, err := url.PathUnescape(aws.ToString(answer.Role.AssumeRolePolicyDocument))
	if err != nil {
		return fmt.Errorf("reading the trust policy of %s: %w", roleARN, err)
	}
	policy, err := parsePolicy(text)
	if err != nil {
		return fmt.Errorf("reading the trust policy of %s: %w", roleARN, err)
	}
	trusted, err := policy.trusts(tasksPrincipal, keys{"aws:sourceaccount": account, "aws:sourcearn": taskARN})
	if err != nil {
		return fmt.Errorf("reading the trust policy of %s: %w", roleARN, err)
	}
	if !trusted {
		return &UntrustedError{roleARN, fmt.Sprintf("its trust policy does not let %s assume it for %s in account %s", tasksPrincipal, taskARN, account)}
	}
	return nil
}
