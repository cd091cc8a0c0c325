package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// previewTarget is for a preview with nothing changed, beyond compiling.
	previewTarget = 5 * time.Second

	// changeTarget is from a change of the app to the first answer by it.
	changeTarget = 45 * time.Second
)

// deploymentFigures are durations. They are zero while they are not measured.
type deploymentFigures struct {
	coldUp, warmUp     time.Duration
	compiling, preview time.Duration
	change             time.Duration
}

// measureDeployment deploys a copy of the program to an emulator of its own,
// changes it, and destroys it.
func measureDeployment(ctx context.Context, m *machine) ([]row, error) {
	figures := &deploymentFigures{}
	err := figures.measure(ctx, m)
	return figures.rows(), err
}

func (f *deploymentFigures) measure(ctx context.Context, m *machine) (err error) {
	d, err := newDeployment(ctx, m)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, m.report.Step("make down", func() error { return d.down(ctx) }))
	}()
	for _, step := range []struct {
		name    string
		measure func(context.Context) (time.Duration, error)
		figure  *time.Duration
	}{
		{"make up, cold", d.coldUp, &f.coldUp},
		{"make up, nothing changed", d.up, &f.warmUp},
		{"compiling the program, nothing changed", d.compile, &f.compiling},
		{"pulumi preview, nothing changed", d.preview, &f.preview},
		{"changing a line of the app", d.change, &f.change},
	} {
		measure := func() (err error) {
			*step.figure, err = step.measure(ctx)
			return err
		}
		if err := m.report.Step(step.name, measure); err != nil {
			return err
		}
	}
	return nil
}

// rows returns the figures as rows of the table.
//
// Cold is what everybody has after `make down`: no emulator, no state, and
// neither the program nor the app has been built. The toolchain, compiled
// dependencies and base images are there.
func (f *deploymentFigures) rows() []row {
	return []row{
		{name: "make up, cold", figure: seconds(f.coldUp)},
		{name: "make up, nothing changed", figure: seconds(f.warmUp)},
		{
			name:    "pulumi preview, nothing changed, beyond compiling",
			figure:  seconds(f.beyondCompiling()),
			target:  fmt.Sprintf("< %s", previewTarget),
			reached: f.preview > 0 && f.beyondCompiling() < previewTarget,
		},
		{name: "  compiling", figure: seconds(f.compiling)},
		{
			name:    "one changed line of the app to its first answer",
			figure:  seconds(f.change),
			target:  fmt.Sprintf("< %s", changeTarget),
			reached: f.change > 0 && f.change < changeTarget,
		},
	}
}

// beyondCompiling returns how long a preview takes besides compiling the
// program, which it does first.
func (f *deploymentFigures) beyondCompiling() time.Duration {
	if f.preview == 0 {
		return 0
	}
	return f.preview - f.compiling
}
