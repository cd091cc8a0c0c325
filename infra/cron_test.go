package infra

import (
	"strings"
	"testing"
	"time"
)

func TestCronMeans(t *testing.T) {
	tests := []struct {
		statement, expression, at string
		want                      bool
	}{
		{"the minute it names", "cron(0 19 ? * MON-FRI *)", "2026-11-24T19:00:30Z", true}, // a Tuesday
		{"no other minute", "cron(0 19 ? * MON-FRI *)", "2026-11-24T19:01:00Z", false},
		{"no other hour", "cron(0 19 ? * MON-FRI *)", "2026-11-24T07:00:00Z", false},
		{"no day beyond its range", "cron(0 19 ? * MON-FRI *)", "2026-11-28T19:00:00Z", false},
		{"the last day of its range", "cron(0 19 ? * MON-FRI *)", "2026-11-27T19:00:00Z", true},
		{"Sunday as 1", "cron(0 19 ? * 1 *)", "2026-11-29T19:00:00Z", true},
		{"names in any case", "cron(0 19 ? nov tue *)", "2026-11-24T19:00:00Z", true},
		{"each value of a list", "cron(0,30 7,19 ? * * *)", "2026-11-24T07:30:00Z", true},
		{"steps through all values", "cron(*/15 * * * ? *)", "2026-11-24T03:45:00Z", true},
		{"nothing between steps", "cron(*/15 * * * ? *)", "2026-11-24T03:40:00Z", false},
		{"steps from a value to the end", "cron(0 6/6 * * ? *)", "2026-11-24T18:00:00Z", true},
		{"nothing before the steps begin", "cron(0 6/6 * * ? *)", "2026-11-24T00:00:00Z", false},
		{"steps within a range", "cron(0 8-16/4 * * ? *)", "2026-11-24T12:00:00Z", true},
		{"nothing behind the range of steps", "cron(0 8-16/4 * * ? *)", "2026-11-24T20:00:00Z", false},
		{"days of the month", "cron(0 0 1,15 * ? *)", "2026-12-15T00:00:00Z", true},
		{"no other day of the month", "cron(0 0 1,15 * ? *)", "2026-12-16T00:00:00Z", false},
		{"months", "cron(0 0 ? DEC * *)", "2026-11-24T00:00:00Z", false},
		{"years", "cron(0 0 ? * * 2027)", "2026-11-24T00:00:00Z", false},
	}
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			c, err := parseCron(test.expression)
			must(t, err)
			at, err := time.Parse(time.RFC3339, test.at)
			must(t, err)
			if got := c.matches(at); got != test.want {
				t.Errorf("%s means %s: %v", test.expression, test.at, got)
			}
		})
	}
}

func TestCronThatAWSRefuses(t *testing.T) {
	for expression, want := range map[string]string{
		"0 19 ? * MON-FRI *":          "it has to be cron(",
		"cron(0 19 ? * MON-FRI *":     "it has to be cron(",
		"cron(0 19 * * *)":            "it has to be cron(", // that of Unix
		"rate(1 hour)":                "it has to be cron(",
		"cron(0 19 * * * *)":          "has to be ?",
		"cron(0 19 ? * ? *)":          "has to be ?",
		"cron(60 19 ? * * *)":         `minutes is "60": "60" is not from 0 to 59`,
		"cron(0 24 ? * * *)":          "hours is",
		"cron(0 19 0 * ? *)":          "day of month is",
		"cron(0 19 ? 13 * *)":         "month is",
		"cron(0 19 ? * 0 *)":          "day of week is",
		"cron(0 19 ? * MO *)":         `"MO" is not from 1 to 7`,
		"cron(0 19 ? * * 26)":         "year is",
		"cron(0 19-7 ? * * *)":        `"19-7" ends before it begins`,
		"cron(0/0 19 ? * * *)":        `"0" is no step`,
		"cron(0/x 19 ? * * *)":        `"x" is no step`,
		"cron(? 19 ? * * *)":          "minutes is",
		"cron(0 19 ? * FRI-MON,WE *)": "ends before it begins",
	} {
		if _, err := parseCron(expression); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v, want %q", expression, err, want)
		}
	}
}
