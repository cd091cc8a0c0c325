package infra

import (
	"math"
	"testing"
)

func TestTasksRunFor(t *testing.T) {
	const hoursOf2026 = 8760
	tests := []struct {
		statement string
		schedule  Schedule
		hours     float64
	}{
		{"the whole year without a schedule", Schedule{}, hoursOf2026},
		{"half of each day", Schedule{Stop: "cron(0 19 * * ? *)", Start: "cron(0 7 * * ? *)"}, hoursOf2026 / 2},
		{"the working hours of 261 days", Schedule{Stop: "cron(0 19 ? * MON-FRI *)", Start: "cron(0 7 ? * MON-FRI *)", TimeZone: "Europe/Berlin"}, 261 * 12},
		{"the night over midnight and New Year", Schedule{Stop: "cron(0 1 * * ? *)", Start: "cron(0 23 * * ? *)"}, 365 * 2},
		{"an hour less on the night that the clocks go forward, and one more when they go back",
			Schedule{Stop: "cron(0 4 * * ? *)", Start: "cron(0 1 * * ? *)", TimeZone: "Europe/Berlin"}, 365 * 3},
		{"what is left after the last stop", Schedule{Stop: "cron(0 0 1 7 ? 2026)", Start: "cron(0 0 1 1 ? 2026)"}, 181 * 24},
	}
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			share, err := test.schedule.RunningShare(2026)
			must(t, err)
			if got := share * hoursOf2026; math.Abs(got-test.hours) > 0.01 {
				t.Errorf("tasks run for %.2f hours, want %.2f", got, test.hours)
			}
		})
	}
}

func TestScheduleThatCannotBeReadHasNoShare(t *testing.T) {
	for _, s := range []Schedule{
		{Stop: "at night", Start: "cron(0 7 * * ? *)"},
		{Stop: "cron(0 19 * * ? *)", Start: "in the morning"},
		{Stop: "cron(0 19 * * ? *)", Start: "cron(0 7 * * ? *)", TimeZone: "Nowhere"},
	} {
		if share, err := s.RunningShare(2026); err == nil {
			t.Errorf("the share of %v is %v", s, share)
		}
	}
}
