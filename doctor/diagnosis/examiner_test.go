package diagnosis

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// A failure is something that a test breaks in an account, and what is to be
// found then: the kinds in their order, and evidence of the first.
type failure struct {
	statement string
	cause     func(*account)
	want      []Kind
	evidence  string
}

// examineEach causes failures, each in an account of its own, and examines the
// stack in it.
func examineEach(t *testing.T, failures []failure) {
	for _, f := range failures {
		t.Run(f.statement, func(t *testing.T) {
			a := newAccount(t)
			f.cause(a)
			report, err := a.examiner().Examine(t.Context(), a.stack(t))
			if err != nil {
				t.Fatal(err)
			}
			f.check(t, report.Findings)
		})
	}
}

func (f failure) check(t *testing.T, findings []Finding) {
	t.Helper()
	var got []Kind
	for _, finding := range findings {
		got = append(got, finding.Kind)
		if finding.Title == "" || finding.Mend == "" || len(finding.Evidence) == 0 {
			t.Errorf("finding lacks a title, evidence or a mend: %#v", finding)
		}
	}
	if !slices.Equal(got, f.want) {
		t.Fatalf("found %v, want %v:\n%v", got, f.want, findings)
	}
	if len(findings) > 0 && !strings.Contains(strings.Join(findings[0].Evidence, "\n"), f.evidence) {
		t.Errorf("no evidence says %q:\n%v", f.evidence, findings[0])
	}
}

func TestNothingIsFoundWhereAllIsWell(t *testing.T) {
	a := newAccount(t)
	report, err := a.examiner().Examine(t.Context(), a.stack(t))
	if err != nil || len(report.Findings) > 0 {
		t.Errorf("found %v, %v", report.Findings, err)
	}
	if got := report.Answer.String(); got != a.url+" answers 200 OK" {
		t.Errorf("answer is %q", got)
	}
}

func TestWhatAWSDoesNotAnswerIsAnError(t *testing.T) {
	for _, operation := range []string{
		"DescribeCertificate", "DescribeServices", "DescribeTaskDefinition", "ListTasks", "DescribeTasks",
		"GetAuthorizationToken", "BatchGetImage", "DescribeRepositories",
		"DescribeLogGroups", "GetLogEvents", "GetRole", "SimulatePrincipalPolicy",
		"DescribeLoadBalancers", "DescribeListeners", "DescribeRules", "DescribeTargetGroups", "DescribeTargetHealth",
		"DescribeSubnets", "DescribeSecurityGroups", "DescribeRouteTables", "DescribeVpcEndpoints", "DescribeNatGateways",
	} {
		t.Run(operation, func(t *testing.T) {
			a := newAccount(t)
			a.useCertificate(acmtypes.CertificateStatusIssued)
			a.fail(ecstypes.TaskStopCodeEssentialContainerExited, "Essential container in task exited", ecstypes.Container{ExitCode: aws.Int32(1)})
			a.failures[operation] = errors.New("you may not")
			if _, err := a.examiner().Examine(t.Context(), a.stack(t)); !errors.Is(err, a.failures[operation]) {
				t.Errorf("error is %v", err)
			}
		})
	}
}

func TestWhatAWSDoesNotAnswerHidesNothingElse(t *testing.T) {
	a := newAccount(t)
	a.images = map[string]bool{}
	a.failures["SimulatePrincipalPolicy"] = errors.New("you may not simulate")
	a.failures["DescribeNatGateways"] = errors.New("you may not describe NAT gateways")
	report, err := a.examiner().Examine(t.Context(), a.stack(t))
	for _, operation := range []string{"SimulatePrincipalPolicy", "DescribeNatGateways"} {
		if !errors.Is(err, a.failures[operation]) {
			t.Errorf("error does not tell that %s failed: %v", operation, err)
		}
	}
	failure{want: []Kind{ImageMissing}}.check(t, report.Findings)
}
