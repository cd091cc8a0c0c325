package diagnosis

import (
	"slices"
	"strings"
	"testing"
)

func TestStackIsReadFromItsResources(t *testing.T) {
	a := newAccount(t)
	a.addResource(providerType, "1", map[string]any{"profile": "work"})
	stack := a.stack(t)
	got := []string{stack.URL, stack.Cluster, stack.Service, stack.TaskDefinition, stack.Region, stack.Profile}
	want := []string{a.url, clusterARN, serviceName, definition1, "eu-central-1", "work"}
	if !slices.Equal(got, want) {
		t.Errorf("read %q, want %q", got, want)
	}
}

func TestURLIsKnownAfterADeploymentThatFailed(t *testing.T) {
	a := newAccount(t)
	a.resources = a.resources[1:] // the outputs of the stack
	if got := a.stack(t).URL; got != "http://app.elb.amazonaws.com" {
		t.Errorf("URL is %q", got)
	}
}

func TestWhatIsOnlyToBeDeletedIsNoPartOfTheStack(t *testing.T) {
	a := newAccount(t)
	former := map[string]any{
		"urn": "urn:pulumi:dev::fargate-stack::" + taskDefinitionType + "::app", "type": taskDefinitionType,
		"delete": true, "outputs": map[string]any{"arn": definition2},
	}
	a.resources = append([]map[string]any{former}, a.resources...)
	if got := a.stack(t).TaskDefinition; got != definition1 {
		t.Errorf("task definition is %s", got)
	}
}

func TestExportThatIsNoneIsAnError(t *testing.T) {
	for _, export := range []string{"", "[]", `{"version": 3, "deployment": []}`} {
		if _, err := ReadStack([]byte(export)); err == nil || !strings.Contains(err.Error(), "reading the exported stack") {
			t.Errorf("export %q: error is %v", export, err)
		}
	}
}

func TestStackThatIsNotDeployed(t *testing.T) {
	creating := map[string]any{"type": "creating", "resource": map[string]any{"urn": "urn:pulumi:dev::fargate-stack::" + serviceType + "::app", "type": serviceType}}
	tests := []struct {
		statement string
		change    func(*account)
		failure
	}{
		{"a stack without a service is not deployed", func(a *account) {}, failure{want: []Kind{NotDeployed}, evidence: "the state has 0 resources"}},
		{"a stack whose service was being made was cut off", func(a *account) { a.pending = []map[string]any{creating} },
			failure{want: []Kind{UpdateInterrupted}, evidence: "creating: Service app"}},
	}
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			a := newAccount(t)
			a.resources = nil
			test.change(a)
			report, err := a.examiner().Examine(t.Context(), a.stack(t))
			if err != nil {
				t.Fatal(err)
			}
			test.check(t, report.Findings)
		})
	}
}

func TestAnOperationThatWasCutOffIsToldOfAStackThatRuns(t *testing.T) {
	a := newAccount(t)
	a.pending = []map[string]any{{"type": "updating", "resource": a.resources[1]}}
	report, err := a.examiner().Examine(t.Context(), a.stack(t))
	if err != nil {
		t.Fatal(err)
	}
	failure{want: []Kind{UpdateInterrupted}, evidence: "updating: Service app"}.check(t, report.Findings)
}
