package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPreview reports what changed settings would change.
func TestPreview(t *testing.T) {
	t.Parallel()
	cloud := newCloud(t)
	stack := newDeployment(t, cloud, "e2e-report", quick)
	stack.setSecret(t, project+":environment.GREETING", "first-hidden-greeting")
	stack.up(t)
	before := stack.estimate(t, cloud)

	t.Run("a stack that does not change is said to", func(t *testing.T) {
		stack.expectReport(t, cloud, before, 0, "## Stack e2e-report\n\nNothing changes.\n", "No finding.", "It costs the same: ")
	})
	t.Run("changes, findings and the difference in cost are told, and no secrets", func(t *testing.T) {
		for name, value := range map[string]string{
			"minimumTaskCount": "1", "natStrategy": "onePerAz", "firewall": "true", "containerPort": "8080",
		} {
			stack.set(t, project+":"+name, value)
		}
		stack.setSecret(t, project+":environment.GREETING", "second-hidden-greeting")
		report := stack.expectReport(t, cloud, before, 0,
			"| replace | `lb.TargetGroup "+project+"-e2e-report` | port: `5000` → `8080` |",
			"minCapacity: `2` → `1`",
			"containerDefinitions: *secret* → *secret*",
			"| create | `wafv2.WebAcl "+project+"-e2e-report` |",
			"| **danger** | A listener or the target group goes",
			"| **caution** | Fewer tasks run, or may run. | `appautoscaling.Target "+project+"-e2e-report`: minCapacity becomes 1, was 2 |",
			"| NAT gateways | 1 | 32.85 | 2 | 65.70 | +32.85 |",
			"| Firewall |  |  | 1 web ACL, 2 rules | 7.00 | +7.00 |",
		)
		for _, secret := range []string{"hidden-greeting", cloud.account.registryToken(t)} {
			if strings.Contains(report, secret) {
				t.Errorf("the report has %q in it:\n%s", secret, report)
			}
		}
	})
	t.Run("why a preview fails is told", func(t *testing.T) {
		stack.set(t, project+":cpu", "300")
		stack.expectReport(t, cloud, before, 1, "**The preview failed.**", `cpu is "300", must be a size that Fargate has`)
	})
	stack.destroy(t)
}

// estimate returns the path of a file with what the stack costs.
func (d *deployment) estimate(t *testing.T, cloud *testCloud) string {
	t.Helper()
	written, err := d.command(t, cloud, machine.cost, "-json", d.stack.Name()).Output()
	must(t, err)
	path := filepath.Join(t.TempDir(), "estimate.json")
	must(t, os.WriteFile(path, written, 0o600))
	return path
}

// expectReport runs the command preview, and returns its report, which has to
// say some things.
func (d *deployment) expectReport(t *testing.T, cloud *testCloud, before string, status int, wants ...string) string {
	t.Helper()
	command := d.command(t, cloud, machine.preview, "-stack", d.stack.Name(), "-before", before)
	var report, problems bytes.Buffer
	command.Stdout, command.Stderr = &report, &problems
	err := command.Run()
	if got := command.ProcessState.ExitCode(); got != status {
		t.Fatalf("preview exits with %d, want %d: %v\n%s\n%s", got, status, err, problems.String(), report.String())
	}
	for _, want := range wants {
		if !strings.Contains(report.String(), want) {
			t.Errorf("the report does not say %q:\n%s", want, report.String())
		}
	}
	return report.String()
}
