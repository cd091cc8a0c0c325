package infra

import (
	"fmt"
	"time"
	_ "time/tzdata" // machines need not have a database of time zones

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/appautoscaling"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// A Schedule is when a service is scaled to zero and back.
type Schedule struct {
	// Stop and Start are cron expressions of AWS, both empty for no schedule.
	Stop, Start string
	// TimeZone is where they hold, an IANA name. Empty for UTC.
	TimeZone string
}

// On tells whether there is a schedule.
func (s Schedule) On() bool { return s != Schedule{} }

// RunningShare returns for which part of a year tasks run.
func (s Schedule) RunningShare(year int) (float64, error) {
	if !s.On() {
		return 1, nil
	}
	stop, err := parseCron(s.Stop)
	if err != nil {
		return 0, fmt.Errorf("stop %q: %w", s.Stop, err)
	}
	start, err := parseCron(s.Start)
	if err != nil {
		return 0, fmt.Errorf("start %q: %w", s.Start, err)
	}
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		return 0, err
	}
	// The year begins as it ends.
	_, running := minutesRunning(start, stop, year, zone, true)
	minutes, _ := minutesRunning(start, stop, year, zone, running)
	total := time.Date(year+1, 1, 1, 0, 0, 0, 0, zone).Sub(time.Date(year, 1, 1, 0, 0, 0, 0, zone)).Minutes()
	return float64(minutes) / total, nil
}

// minutesRunning returns how many minutes of a year lie between a start and a
// stop, and whether tasks run at the end of it. It is given whether they run at
// the beginning.
func minutesRunning(start, stop *cron, year int, zone *time.Location, running bool) (int, bool) {
	minutes := 0
	for t := time.Date(year, 1, 1, 0, 0, 0, 0, zone); t.Year() == year; t = t.Add(time.Minute) {
		switch {
		case stop.matches(t):
			running = false
		case start.matches(t):
			running = true
		}
		if running {
			minutes++
		}
	}
	return minutes, running
}

// newSchedule scales a service to zero and back at the times of a schedule.
// Between the two, autoscaling may not start a task: it has a maximum of zero.
//
// The names of scheduled actions are their target's own. What is made again
// under one of them takes the place of what there was.
func newSchedule(ctx *pulumi.Context, name string, config *Config, target *appautoscaling.Target, parent pulumi.ResourceOption) error {
	for _, action := range []struct {
		name, at         string
		minimum, maximum int
	}{
		{"stop", config.Schedule.Stop, 0, 0},
		{"start", config.Schedule.Start, config.MinimumTaskCount, config.MaximumTaskCount},
	} {
		if _, err := appautoscaling.NewScheduledAction(ctx, name+"-"+action.name, &appautoscaling.ScheduledActionArgs{
			Name:              pulumi.String(action.name),
			ServiceNamespace:  target.ServiceNamespace,
			ScalableDimension: target.ScalableDimension,
			ResourceId:        target.ResourceId,
			Schedule:          pulumi.String(action.at),
			Timezone:          pulumi.String(config.Schedule.zone()),
			ScalableTargetAction: &appautoscaling.ScheduledActionScalableTargetActionArgs{
				MinCapacity: pulumi.Int(action.minimum),
				MaxCapacity: pulumi.Int(action.maximum),
			},
		}, parent); err != nil {
			return fmt.Errorf("scheduled action %s: %w", action.name, err)
		}
	}
	return nil
}

// zone returns the time zone's name as AWS takes it.
func (s Schedule) zone() string {
	if s.TimeZone == "" {
		return "UTC"
	}
	return s.TimeZone
}
