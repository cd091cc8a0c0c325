package permissions

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

const (
	role    = "arn:aws:iam::111122223333:role/path/execution"
	logs    = "arn:aws:logs:eu-central-1:111122223333:log-group:app:log-stream:*"
	account = "111122223333"
	task    = "arn:aws:ecs:eu-central-1:111122223333:task/cluster/0123"
)

// A fakeIAM knows one role.
type fakeIAM struct {
	// decisions are by action. Each is on a page of its own.
	decisions map[string]types.PolicyEvaluationDecisionType
	// trust is the role's trust policy, as the API writes it.
	trust string
	// failure is what all operations answer with if it is set.
	failure error
	// asked is what was asked last.
	asked *iam.SimulatePrincipalPolicyInput
}

func (f *fakeIAM) SimulatePrincipalPolicy(_ context.Context, in *iam.SimulatePrincipalPolicyInput, _ ...func(*iam.Options)) (*iam.SimulatePrincipalPolicyOutput, error) {
	f.asked = in
	if f.failure != nil {
		return nil, f.failure
	}
	output := &iam.SimulatePrincipalPolicyOutput{}
	for i, action := range in.ActionNames {
		if marker := aws.ToString(in.Marker); marker != "" && marker != action {
			continue
		}
		output.EvaluationResults = []types.EvaluationResult{{EvalActionName: &action, EvalDecision: f.decisions[action]}}
		if i+1 < len(in.ActionNames) {
			output.Marker, output.IsTruncated = &in.ActionNames[i+1], true
		}
		break
	}
	return output, nil
}

func (f *fakeIAM) GetRole(_ context.Context, in *iam.GetRoleInput, _ ...func(*iam.Options)) (*iam.GetRoleOutput, error) {
	if f.failure != nil {
		return nil, f.failure
	}
	if *in.RoleName != "execution" {
		return nil, &types.NoSuchEntityException{Message: in.RoleName}
	}
	return &iam.GetRoleOutput{Role: &types.Role{AssumeRolePolicyDocument: &f.trust}}, nil
}

func TestCheck(t *testing.T) {
	const stream, put = "logs:CreateLogStream", "logs:PutLogEvents"
	const allowed, denied, none = types.PolicyEvaluationDecisionTypeAllowed, types.PolicyEvaluationDecisionTypeExplicitDeny, types.PolicyEvaluationDecisionTypeImplicitDeny
	tests := []struct {
		name        string
		stream, put types.PolicyEvaluationDecisionType
		want        string
	}{
		{"what is allowed is no error", allowed, allowed, ""},
		{"what no policy allows is denied", allowed, none, role + " is not authorized to perform: logs:PutLogEvents on resource: " + logs +
			" because no identity-based policy allows the logs:PutLogEvents action"},
		{"what a policy denies is denied", denied, allowed, role + " is not authorized to perform: logs:CreateLogStream on resource: " + logs +
			" with an explicit deny in an identity-based policy"},
		{"what IAM does not decide is denied", allowed, "", role + " is not authorized to perform: logs:PutLogEvents on resource: " + logs +
			" because no identity-based policy allows the logs:PutLogEvents action"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			api := &fakeIAM{decisions: map[string]types.PolicyEvaluationDecisionType{stream: test.stream, put: test.put}}
			err := New(api).Check(t.Context(), role, logs, stream, put)
			if *api.asked.PolicySourceArn != role || api.asked.ResourceArns[0] != logs {
				t.Errorf("asked about %s and %v", *api.asked.PolicySourceArn, api.asked.ResourceArns)
			}
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if _, ok := errors.AsType[*DeniedError](err); !ok || err.Error() != test.want {
				t.Errorf("got %v\nwant %s", err, test.want)
			}
		})
	}
}

func TestAQuestionThatFailsIsNotADenial(t *testing.T) {
	roles := New(&fakeIAM{failure: errors.New("ServiceFailure")})
	for name, err := range map[string]error{
		"Check":      roles.Check(t.Context(), role, "*", "ecr:GetAuthorizationToken"),
		"CheckTrust": roles.CheckTrust(t.Context(), role, account, task),
	} {
		_, denied := errors.AsType[*DeniedError](err)
		_, untrusted := errors.AsType[*UntrustedError](err)
		if denied || untrusted || err == nil || !strings.Contains(err.Error(), role) || !strings.Contains(err.Error(), "ServiceFailure") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
