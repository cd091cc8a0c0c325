package workflows

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// runJob runs a job with some steps.
func runJob(t *testing.T, steps string) (*Result, error) {
	t.Helper()
	checkout := t.TempDir()
	for path, content := range map[string]string{
		"workflow.yml": "on: {push: }\ndefaults: {run: {shell: bash}}\nenv: {LEVEL: workflow, DAYS: 7}\n" +
			"jobs:\n  job:\n    env: {LEVEL: job}\n    outputs: {said: '${{ steps.say.outputs.said }}'}\n    steps:\n" + steps,
		".github/actions/own/action.yml": "name: own\ndescription: Own\ninputs: {role: {required: true}}\n" +
			"runs:\n  using: composite\n  steps:\n    - uses: owner/credentials@0123 # v1\n      with: {role-to-assume: '${{ inputs.role }}'}\n",
		"below/file": "",
	} {
		path = filepath.Join(checkout, path)
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.WriteFile(path, []byte(content), 0o600))
	}
	workflow, err := Read(filepath.Join(checkout, "workflow.yml"))
	must(t, err)
	machine := &Machine{
		Checkout: checkout, Temporary: t.TempDir(), Environment: []string{"PATH=" + os.Getenv("PATH"), "LEVEL=machine"},
		Expressions: map[string]string{"vars.ROLE": "arn:role", "github.sha": "0123"},
	}
	return machine.Run(t.Context(), workflow, workflow.Jobs["job"])
}

func TestJobs(t *testing.T) {
	for _, test := range []struct{ statement, steps, want string }{
		{"the variables of a job hold before those of others", `      - run: echo "$LEVEL $DAYS"`, "job 7\n"},
		{"those of a step hold before all", "      - run: echo $LEVEL\n        env: {LEVEL: step}", "step\n"},
		{"expressions have their values", "      - run: echo $SHA\n        env: {SHA: 'of ${{ github.sha }}'}", "of 0123\n"},
		{"a step runs where it says", "      - run: ls\n        working-directory: below", "file\n"},
		{
			"an output of a step is a value in the next ones",
			"      - id: say\n        run: echo said=this >> $GITHUB_OUTPUT\n      - run: echo ${{ steps.say.outputs.said }}", "this\n",
		},
		{
			"a condition holds or does not",
			"      - id: say\n        run: echo said=this >> $GITHUB_OUTPUT\n" +
				"      - if: steps.say.outputs.said == 'that'\n        run: echo no\n" +
				"      - if: steps.say.outputs.said == 'this'\n        run: echo yes", "yes\n",
		},
	} {
		t.Run(test.statement, func(t *testing.T) {
			result, err := runJob(t, test.steps)
			must(t, err)
			if !strings.HasSuffix(result.Said, test.want) || strings.Contains(result.Said, "\nno\n") {
				t.Errorf("the steps say %q, want %q at the end", result.Said, test.want)
			}
		})
	}
}

func TestAFailedStepFailsTheJob(t *testing.T) {
	result, err := runJob(t, "      - name: Break\n        run: false | true\n      - run: echo no\n      - if: failure()\n        run: echo broken")
	if err == nil || !strings.Contains(err.Error(), "step Break: exit status 1") {
		t.Errorf("error %v, want one of the step Break", err)
	}
	if strings.Contains(result.Said, "no\n") || !strings.HasSuffix(result.Said, "broken\n") {
		t.Errorf("the steps say %q", result.Said)
	}
}

func TestActionsOfOthersAreToldAndNotRun(t *testing.T) {
	result, err := runJob(t, "      - uses: ./.github/actions/own\n        with: {role: '${{ vars.ROLE }}'}")
	must(t, err)
	if len(result.Actions) != 1 || result.Actions[0].Name != "owner/credentials" || result.Actions[0].With["role-to-assume"] != "arn:role" {
		t.Errorf("actions are %v", result.Actions)
	}
}

func TestOutputsAndSummaryAreTold(t *testing.T) {
	result, err := runJob(t, "      - id: say\n        run: |\n          echo said=this >> $GITHUB_OUTPUT\n          echo summary >> $GITHUB_STEP_SUMMARY")
	must(t, err)
	if result.Outputs["said"] != "this" || result.Summary != "summary\n" {
		t.Errorf("outputs are %v, summary is %q", result.Outputs, result.Summary)
	}
}

func TestWhatIsNotKnownIsAnError(t *testing.T) {
	for _, test := range []struct{ statement, steps, want string }{
		{"an expression", "      - run: echo ${{ github.ref }}", `no value is known for the expression "github.ref"`},
		{"a condition", "      - run: echo\n        if: always()", `the condition "always()"`},
		{"an input of an action", "      - uses: ./.github/actions/own\n        with: {region: x}", "has no input region"},
		{"an output of a step without an id", "      - run: echo a=b >> $GITHUB_OUTPUT", "of a step with an id"},
	} {
		t.Run(test.statement, func(t *testing.T) {
			if _, err := runJob(t, test.steps); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}
