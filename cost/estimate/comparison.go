package estimate

import (
	"fmt"
	"io"
	"slices"
)

// A Comparison is what a stack costs before and after a change of its settings,
// its program or the prices.
type Comparison struct {
	// Before and After are the estimates, of one usage.
	Before, After *Estimate
}

// WriteMarkdown writes the items that change, and the total, for a pull request.
func (c Comparison) WriteMarkdown(out io.Writer) error {
	changed := c.changed()
	if len(changed) == 0 {
		_, err := fmt.Fprintf(out, "It costs the same: %s USD a month.\n", dollars(c.After.Total()))
		return err
	}
	table := [][]string{{"Item", "Before", "USD a month", "After", "USD a month", "Difference"}}
	for _, row := range changed {
		table = append(table, slices.Concat([]string{row.name}, row.before.cells(), row.after.cells(), []string{difference(row.before.Month, row.after.Month)}))
	}
	before, after := c.Before.Total(), c.After.Total()
	table = append(table, []string{"Total of all items", "", dollars(before), "", dollars(after), difference(before, after)})
	if err := writeTable(out, table, "|---|---|---:|---|---:|---:|"); err != nil {
		return err
	}
	return writeNote(out, []*Estimate{c.Before, c.After})
}

// A change is an item that is not as it was. Where there was or will be none of
// it, that one has no amount.
type change struct {
	name          string
	before, after Item
}

// changed returns the items that change: those of the estimate after, in its
// order, and those that only the one before has, which an older program wrote.
func (c Comparison) changed() []change {
	var changes []change
	for _, after := range c.After.Items {
		changes = append(changes, change{after.Name, c.Before.item(after.Name), after})
	}
	for _, before := range c.Before.Items {
		if !slices.ContainsFunc(c.After.Items, before.named) {
			changes = append(changes, change{before.Name, before, Item{}})
		}
	}
	return slices.DeleteFunc(changes, func(c change) bool {
		return c.before.Amount == c.after.Amount && dollars(c.before.Month) == dollars(c.after.Month)
	})
}

// item returns an item by its name, or one without an amount.
func (e *Estimate) item(name string) Item {
	if i := slices.IndexFunc(e.Items, Item{Name: name}.named); i >= 0 {
		return e.Items[i]
	}
	return Item{}
}

// named tells whether another item is the same thing.
func (i Item) named(other Item) bool { return i.Name == other.Name }

// difference returns what comes to a cost, or goes from it.
func difference(before, after float64) string {
	text := fmt.Sprintf("%+.2f", after-before)
	if text == "-0.00" {
		return "+0.00"
	}
	return text
}
