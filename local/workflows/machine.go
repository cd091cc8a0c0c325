package workflows

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A Machine runs jobs as GitHub's machines do. It has what the repository's own
// workflows need, and refuses the rest with an error.
type Machine struct {
	// Checkout is the directory of the repository. What actions/checkout would
	// bring has to be there.
	Checkout string
	// Temporary is a directory for what a job leaves behind.
	Temporary string
	// Environment are the variables that steps run with, beside their own.
	Environment []string
	// Expressions are the values of expressions, by their text.
	Expressions map[string]string
}

// A Result is what came of a job.
type Result struct {
	// Said is what the steps printed.
	Said string
	// Summary is what they wrote into the summary of the job.
	Summary string
	// Outputs are those of the job.
	Outputs map[string]string
	// Actions are the actions of others. They are not run.
	Actions []Action
}

// An Action is an action of others that a job uses.
type Action struct {
	// Name is without the version.
	Name string
	With map[string]string
}

// Run runs a job. Its condition, and the jobs that it needs, are left to the
// caller. The error says which step failed first.
func (m *Machine) Run(ctx context.Context, workflow *Workflow, job *Job) (*Result, error) {
	if workflow.Defaults.Run.Shell != "bash" {
		return nil, errors.New("only the shell bash is known")
	}
	r := &run{Machine: m, ctx: ctx, values: maps.Clone(m.Expressions)}
	variables, err := r.variables(workflow.Env, job.Env)
	if err != nil {
		return nil, err
	}
	r.environment = append(slices.Clone(m.Environment), variables...)
	if err := r.steps(job.Steps); err != nil {
		return nil, err
	}
	outputs, err := r.expandAll(job.Outputs)
	if err != nil && r.failure == nil {
		return nil, err
	}
	summary, err := os.ReadFile(r.path("summary"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	return &Result{Said: r.said.String(), Summary: string(summary), Outputs: outputs, Actions: r.actions}, r.failure
}

// A run is a job that runs.
type run struct {
	*Machine
	ctx         context.Context
	environment []string
	// values are those of expressions, the outputs of steps included.
	values  map[string]string
	said    bytes.Buffer
	actions []Action
	// failure is that of the first step that failed.
	failure error
}

// steps runs steps. What they fail with is the job's failure; an error is one of
// the workflow itself.
func (r *run) steps(steps []Step) error {
	for _, step := range steps {
		due, err := r.due(step.If)
		if err != nil {
			return fmt.Errorf("step %s: %w", step, err)
		}
		if !due {
			continue
		}
		if err := r.step(step); err != nil {
			return fmt.Errorf("step %s: %w", step, err)
		}
	}
	return nil
}

// String is what people call a step.
func (s Step) String() string {
	if s.Name != "" {
		return s.Name
	}
	return s.Uses
}

var equality = regexp.MustCompile(`^(\S+) == '([^']*)'$`)

// due tells whether a step with a condition is to run.
func (r *run) due(condition string) (bool, error) {
	switch condition {
	case "":
		return r.failure == nil, nil
	case "failure()":
		return r.failure != nil, nil
	}
	parts := equality.FindStringSubmatch(condition)
	if parts == nil {
		return false, fmt.Errorf("the condition %q is none of those that are known", condition)
	}
	value, err := r.value(parts[1])
	return r.failure == nil && value == parts[2], err
}

func (r *run) step(step Step) error {
	with, err := r.expandAll(step.With)
	if err != nil {
		return err
	}
	switch name, _, _ := strings.Cut(step.Uses, "@"); {
	case name == "":
		return r.command(step)
	case strings.HasPrefix(name, "./"):
		return r.composite(name, with)
	default:
		r.actions = append(r.actions, Action{name, with})
		return nil
	}
}

// composite runs an action of the repository itself.
func (r *run) composite(name string, with map[string]string) error {
	used, err := readAction(filepath.Join(r.Checkout, name, "action.yml"))
	if err != nil {
		return err
	}
	for input, value := range with {
		if _, ok := used.Inputs[input]; !ok {
			return fmt.Errorf("%s has no input %s", name, input)
		}
		r.values["inputs."+input] = value
	}
	return r.steps(used.Runs.Steps)
}

// command runs the commands of a step, as GitHub does with the shell bash.
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell
func (r *run) command(step Step) error {
	script, err := r.expand(step.Run)
	if err != nil {
		return err
	}
	variables, err := r.variables(step.Env)
	if err != nil {
		return err
	}
	output := r.path("output")
	if err := os.WriteFile(output, nil, 0o600); err != nil {
		return err
	}
	command := exec.CommandContext(r.ctx, "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script)
	command.Dir = filepath.Join(r.Checkout, step.WorkingDirectory)
	command.Env = append(append(slices.Clone(r.environment), variables...),
		"RUNNER_TEMP="+r.Temporary, "GITHUB_OUTPUT="+output, "GITHUB_STEP_SUMMARY="+r.path("summary"))
	fmt.Fprintf(&r.said, "# %s\n", step)
	command.Stdout, command.Stderr = &r.said, io.Writer(&r.said)
	if err := command.Run(); err != nil {
		r.failure = errors.Join(r.failure, fmt.Errorf("step %s: %w", step, err))
	}
	return r.takeOutputs(step.ID, output)
}

// takeOutputs makes what a step has written the values of expressions.
func (r *run) takeOutputs(step, path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(content)) {
		name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if !ok || step == "" {
			return fmt.Errorf("output %q: want name=value, of a step with an id", line)
		}
		r.values["steps."+step+".outputs."+name] = value
	}
	return nil
}

// path returns that of a file for what a job leaves behind.
func (r *run) path(name string) string { return filepath.Join(r.Temporary, name) }
