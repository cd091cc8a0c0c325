// Package permissions tells what IAM roles may do, and who may assume them.
package permissions

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// IAM is what is asked of IAM. An [iam.Client] answers it.
type IAM interface {
	iam.GetRoleAPIClient
	iam.SimulatePrincipalPolicyAPIClient
}

// Roles are the IAM roles of an account.
type Roles struct {
	client IAM
}

// New returns the roles that IAM knows.
func New(client IAM) *Roles {
	return &Roles{client: client}
}

// A DeniedError says that a role may not do something.
type DeniedError struct {
	// Role and Resource are ARNs.
	Role, Resource string
	// Action is the first one that is denied.
	Action string
	// Explicit tells whether a policy denies the action, and not only none
	// allows it.
	Explicit bool
}

// Error words it as AWS does.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
func (e *DeniedError) Error() string {
	denied := fmt.Sprintf("%s is not authorized to perform: %s on resource: %s", e.Role, e.Action, e.Resource)
	if e.Explicit {
		return denied + " with an explicit deny in an identity-based policy"
	}
	return fmt.Sprintf("%s because no identity-based policy allows the %s action", denied, e.Action)
}

// Check returns nil if a role may do all of the actions on a resource, and a
// [*DeniedError] if not. The resource is * for actions that know no others.
func (r *Roles) Check(ctx context.Context, roleARN, resourceARN string, actions ...string) error {
	decisions := map[string]types.PolicyEvaluationDecisionType{}
	question := &iam.SimulatePrincipalPolicyInput{
		PolicySourceArn: aws.String(roleARN),
		ResourceArns:    []string{resourceARN},
		ActionNames:     actions,
	}
	for pages := iam.NewSimulatePrincipalPolicyPaginator(r.client, question); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("asking IAM what %s may do: %w", roleARN, err)
		}
		for _, result := range page.EvaluationResults {
			decisions[aws.ToString(result.EvalActionName)] = result.EvalDecision
		}
	}
	for _, action := range actions {
		if decision := decisions[action]; decision != types.PolicyEvaluationDecisionTypeAllowed {
			return &DeniedError{
				Role:     roleARN,
				Resource: resourceARN,
				Action:   action,
				Explicit: decision == types.PolicyEvaluationDecisionTypeExplicitDeny,
			}
		}
	}
	return nil
}
