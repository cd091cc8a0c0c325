package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// A Description tells what is deployed.
type Description struct {
	// Resources is how many resources there are, besides the stack itself and
	// the providers.
	Resources int
	// Outputs are those of the program. Secret ones are not told.
	Outputs map[string]string
	// Operation is the last one, such as update, and Result how it ended.
	// They are empty if there was none.
	Operation, Result string
	// Ended is when the last operation ended.
	Ended time.Time
}

// Complete tells whether everything in the program is deployed.
func (d *Description) Complete() bool {
	return d.Operation == "update" && d.Result == "succeeded"
}

// Describe asks the CLI what is deployed. It needs no lock.
func Describe(ctx context.Context, options Options) (*Description, error) {
	s := &Stack{options: options}
	d := &Description{Outputs: map[string]string{}}
	if err := s.addResources(ctx, d); err != nil {
		return nil, err
	}
	return d, s.addLastOperation(ctx, d)
}

// Export asks the CLI for the resources of the stack. It needs no lock.
func Export(ctx context.Context, options Options) (*apitype.DeploymentV3, error) {
	s := &Stack{options: options}
	content, err := s.ask(ctx, "stack", "export", "--stack", Name)
	if err != nil {
		return nil, err
	}
	var exported apitype.UntypedDeployment
	if err := json.Unmarshal(content, &exported); err != nil {
		return nil, fmt.Errorf("reading the exported stack: %w", err)
	}
	deployment := &apitype.DeploymentV3{}
	if err := json.Unmarshal(exported.Deployment, deployment); err != nil {
		return nil, fmt.Errorf("reading the exported stack: %w", err)
	}
	return deployment, nil
}

func (s *Stack) addResources(ctx context.Context, d *Description) error {
	deployment, err := Export(ctx, s.options)
	if err != nil {
		return err
	}
	for _, r := range deployment.Resources {
		switch {
		case r.Type == resource.RootStackType:
			for name, value := range r.Outputs {
				d.Outputs[name] = text(value)
			}
		case !strings.HasPrefix(string(r.Type), "pulumi:"):
			d.Resources++
		}
	}
	return nil
}

// text returns an output as text. A secret is an object with a signature.
func text(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case map[string]any:
		if value[resource.SigKey] == resource.SecretSig {
			return "[secret]"
		}
	}
	content, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(content)
}

func (s *Stack) addLastOperation(ctx context.Context, d *Description) error {
	content, err := s.ask(ctx, "stack", "history", "--json", "--page-size", "1", "--page", "1", "--stack", Name)
	if err != nil {
		return err
	}
	var history []struct {
		Kind    string
		Result  string
		EndTime time.Time
	}
	if err := json.Unmarshal(content, &history); err != nil {
		return fmt.Errorf("reading the history of the stack: %w", err)
	}
	if len(history) > 0 {
		d.Operation, d.Result, d.Ended = history[0].Kind, history[0].Result, history[0].EndTime
	}
	return nil
}
