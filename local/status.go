package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"fargate-stack/local/cloud"
	"fargate-stack/local/daemon"
	"fargate-stack/local/dockerengine"
	"fargate-stack/local/stack"
)

// A row is a name and what there is to say of it.
type row struct{ name, text string }

// table writes rows with aligned columns.
func (m *machine) table(rows []row) {
	writer := tabwriter.NewWriter(m.out, 0, 0, 3, ' ', 0)
	for _, r := range rows {
		fmt.Fprintf(writer, "  %s\t%s\n", r.name, r.text)
	}
	writer.Flush()
}

// status shows what runs. It changes nothing.
func (m *machine) status(ctx context.Context) error {
	aws, err := cloud.Find(m.state)
	if err != nil && !errors.Is(err, daemon.ErrNotRunning) {
		return err
	}
	rows := []row{{"emulator", describeEmulator(ctx, aws)}, {"Docker engine", m.describeEngine(ctx)}}
	if aws == nil || !stack.Exists(m.state) {
		m.table(append(rows, row{"stack", "not deployed"}))
		return errNotDeployed
	}
	tools, err := m.toolchain(ctx)
	if err != nil {
		return err
	}
	deployed, err := stack.Describe(ctx, m.stackOptions(tools, aws, ""))
	if err != nil {
		return err
	}
	m.table(append(rows, row{"stack", describeStack(deployed)}))
	if len(deployed.Outputs) > 0 {
		fmt.Fprintln(m.out)
		m.table(outputs(deployed))
	}
	if !deployed.Complete() {
		return errNotDeployed
	}
	return nil
}

func describeEmulator(ctx context.Context, aws *cloud.Cloud) string {
	if aws == nil {
		return "does not run"
	}
	version, err := aws.Version(ctx)
	if err != nil {
		return fmt.Sprintf("process %d on %s does not answer: %s", aws.PID(), aws.URL(), err)
	}
	return fmt.Sprintf("MiniStack %s on %s, process %d, up %s", version, aws.URL(), aws.PID(), since(aws.Started()))
}

func (m *machine) describeEngine(ctx context.Context) string {
	engine, err := dockerengine.Find(ctx, m.engineOptions())
	switch {
	case err != nil:
		return err.Error()
	case engine.Started():
		return engine.Host + ", started by make up"
	default:
		return engine.Host
	}
}

func describeStack(deployed *stack.Description) string {
	if deployed.Operation == "" {
		return "not deployed"
	}
	return fmt.Sprintf("%d resources, %s %s %s ago", deployed.Resources, deployed.Operation, deployed.Result, since(deployed.Ended))
}

func since(start time.Time) string {
	return time.Since(start).Round(time.Second).String()
}

// outputs returns the outputs of a stack by name.
func outputs(deployed *stack.Description) []row {
	var rows []row
	for _, name := range slices.Sorted(maps.Keys(deployed.Outputs)) {
		rows = append(rows, row{name, deployed.Outputs[name]})
	}
	return rows
}
