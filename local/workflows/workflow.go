// Package workflows reads the workflows of GitHub that are in .github, and runs
// their jobs on this machine, so that what they do can be tested.
package workflows

import (
	"errors"
	"fmt"
	"io"
	"os"

	"gopkg.in/yaml.v3"
)

// A Workflow is a file in .github/workflows.
type Workflow struct {
	// On is what starts it.
	On map[string]any
	// Permissions are those that its jobs have if they name none.
	Permissions map[string]string
	Defaults    Defaults
	Concurrency Concurrency
	Env         map[string]string
	Jobs        map[string]*Job
}

// Defaults are what the steps of a workflow have in common.
type Defaults struct {
	Run struct{ Shell string }
}

// Concurrency is which runs or jobs have to wait for each other.
type Concurrency struct {
	Group            string
	CancelInProgress bool `yaml:"cancel-in-progress"`
}

// UnmarshalYAML reads the form with the group alone too.
func (c *Concurrency) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		return node.Decode(&c.Group)
	}
	type plain Concurrency
	return node.Decode((*plain)(c))
}

// A Job is what one machine does.
type Job struct {
	// If is the condition, an expression.
	If             string
	Needs          string
	RunsOn         string `yaml:"runs-on"`
	TimeoutMinutes int    `yaml:"timeout-minutes"`
	Environment    string
	Concurrency    Concurrency
	Permissions    map[string]string
	Outputs        map[string]string
	Strategy       Strategy
	Env            map[string]string
	Steps          []Step
}

// A Strategy makes several jobs of one.
type Strategy struct {
	FailFast bool `yaml:"fail-fast"`
	Matrix   map[string]string
}

// A Step runs a command or uses an action.
type Step struct {
	ID, Name         string
	If               string
	Uses             string
	With             map[string]string
	Run              string
	WorkingDirectory string `yaml:"working-directory"`
	Env              map[string]string
}

// Read reads a workflow. A key that this package does not know is an error: it
// could change what a run does.
func Read(path string) (*Workflow, error) {
	workflow := &struct {
		Name     string
		Workflow `yaml:",inline"`
	}{}
	return &workflow.Workflow, read(path, workflow)
}

// An action is a composite action of the repository itself.
type action struct {
	Name, Description string
	Inputs            map[string]any
	Runs              struct {
		Using string
		Steps []Step
	}
}

func readAction(path string) (*action, error) {
	a := &action{}
	return a, read(path, a)
}

func read(path string, into any) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	decoder := yaml.NewDecoder(file)
	decoder.KnownFields(true)
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := decoder.Decode(new(any)); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s has more than one document", path)
	}
	return nil
}
