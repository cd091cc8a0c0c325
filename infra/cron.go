package infra

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A cron is a cron expression of AWS: the minutes, hours, days and years that
// are meant.
// https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html
type cron struct {
	minutes, hours, months, years cronSet
	// daysOfMonth and daysOfWeek are nil where the other one says the days.
	// Sunday is day 1.
	daysOfMonth, daysOfWeek cronSet
}

// A cronSet are the values of one field.
type cronSet map[int]bool

// A cronField is what one field of an expression may be.
type cronField struct {
	name      string
	low, high int
	// names stand for the values from low.
	names []string
}

var cronFields = []cronField{
	{name: "minutes", low: 0, high: 59},
	{name: "hours", low: 0, high: 23},
	{name: "day of month", low: 1, high: 31},
	{name: "month", low: 1, high: 12, names: []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}},
	{name: "day of week", low: 1, high: 7, names: []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}},
	{name: "year", low: 1970, high: 2199},
}

// anyDay stands in one of the two fields for days, and leaves them to the other.
const anyDay = "?"

// parseCron reads an expression like cron(0 19 ? * MON-FRI *). What AWS has
// beyond that for single days of a month (L, W and #) has no use in a schedule
// that repeats, and is refused.
func parseCron(expression string) (*cron, error) {
	inner, hasPrefix := strings.CutPrefix(expression, "cron(")
	inner, hasSuffix := strings.CutSuffix(inner, ")")
	texts := strings.Fields(inner)
	if !hasPrefix || !hasSuffix || len(texts) != len(cronFields) {
		return nil, errors.New("it has to be cron(<minutes> <hours> <day of month> <month> <day of week> <year>)")
	}
	if (texts[2] == anyDay) == (texts[4] == anyDay) {
		return nil, errors.New("one of day of month and day of week, and not both, has to be ?")
	}
	sets := make([]cronSet, len(cronFields))
	for i, field := range cronFields {
		isDay := i == 2 || i == 4
		if isDay && texts[i] == anyDay {
			continue
		}
		set, err := field.parse(texts[i])
		if err != nil {
			return nil, fmt.Errorf("%s is %q: %w", field.name, texts[i], err)
		}
		sets[i] = set
	}
	return &cron{minutes: sets[0], hours: sets[1], daysOfMonth: sets[2], months: sets[3], daysOfWeek: sets[4], years: sets[5]}, nil
}

// parse reads a list of values, ranges, and steps through them.
func (f cronField) parse(text string) (cronSet, error) {
	set := cronSet{}
	for part := range strings.SplitSeq(text, ",") {
		span, step, err := f.parseStep(part)
		if err != nil {
			return nil, err
		}
		for value := span[0]; value <= span[1]; value += step {
			set[value] = true
		}
	}
	return set, nil
}

// parseStep reads a range with the step to go through it by, which is 1 if
// there is none. From a single value, steps go to the end.
func (f cronField) parseStep(part string) (span [2]int, step int, err error) {
	text, stepText, hasStep := strings.Cut(part, "/")
	if span, err = f.parseSpan(text); err != nil || !hasStep {
		return span, 1, err
	}
	if step, err = strconv.Atoi(stepText); err != nil || step < 1 {
		return span, 0, fmt.Errorf("%q is no step", stepText)
	}
	if span[0] == span[1] {
		span[1] = f.high
	}
	return span, step, nil
}

func (f cronField) parseSpan(text string) (span [2]int, err error) {
	if text == "*" {
		return [2]int{f.low, f.high}, nil
	}
	first, last, isRange := strings.Cut(text, "-")
	if !isRange {
		last = first
	}
	for i, value := range []string{first, last} {
		if span[i], err = f.parseValue(value); err != nil {
			return span, err
		}
	}
	if span[0] > span[1] {
		return span, fmt.Errorf("%q ends before it begins", text)
	}
	return span, nil
}

func (f cronField) parseValue(text string) (int, error) {
	for i, name := range f.names {
		if strings.EqualFold(text, name) {
			return f.low + i, nil
		}
	}
	value, err := strconv.Atoi(text)
	if err != nil || value < f.low || value > f.high {
		return 0, fmt.Errorf("%q is not from %d to %d", text, f.low, f.high)
	}
	return value, nil
}

// matches tells whether the expression means the minute that t is in.
func (c *cron) matches(t time.Time) bool {
	return c.minutes[t.Minute()] && c.hours[t.Hour()] && c.months[int(t.Month())] && c.years[t.Year()] &&
		(c.daysOfMonth == nil || c.daysOfMonth[t.Day()]) &&
		(c.daysOfWeek == nil || c.daysOfWeek[int(t.Weekday())+1])
}
