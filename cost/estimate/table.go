package estimate

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// WriteText writes estimates, one beside the other, for a terminal.
func WriteText(out io.Writer, estimates []*Estimate) error {
	columns := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	for _, row := range rows(estimates) {
		fmt.Fprintln(columns, strings.Join(row, "\t"))
	}
	if err := columns.Flush(); err != nil {
		return err
	}
	return writeNote(out, estimates)
}

// WriteMarkdown writes estimates, one beside the other, for a page or a pull
// request.
func WriteMarkdown(out io.Writer, estimates []*Estimate) error {
	if err := writeTable(out, rows(estimates), "|---"+strings.Repeat("|---|---:", len(estimates))+"|"); err != nil {
		return err
	}
	return writeNote(out, estimates)
}

// rows are a table of estimates: its head, the items that any of them has, and
// the totals.
func rows(estimates []*Estimate) [][]string {
	head, total := []string{"Item"}, []string{"Total"}
	for _, e := range estimates {
		head = append(head, e.Stack, "USD a month")
		total = append(total, "", dollars(e.Total()))
	}
	table := [][]string{head}
	for i, item := range estimates[0].Items {
		row := []string{item.Name}
		for _, e := range estimates {
			row = append(row, e.Items[i].cells()...)
		}
		if slices.ContainsFunc(row[1:], func(cell string) bool { return cell != "" }) {
			table = append(table, row)
		}
	}
	return append(table, total)
}

// cells are the amount and the cost of an item, both empty if there is none.
func (i Item) cells() []string {
	if i.Amount == "" {
		return []string{"", ""}
	}
	return []string{i.Amount, dollars(i.Month)}
}

func dollars(amount float64) string { return fmt.Sprintf("%.2f", amount) }

// writeTable writes a table in Markdown, whose first row is its head.
func writeTable(out io.Writer, table [][]string, alignment string) error {
	lines := []string{line(table[0]), alignment}
	for _, row := range table[1:] {
		lines = append(lines, line(row))
	}
	_, err := fmt.Fprintln(out, strings.Join(lines, "\n"))
	return err
}

func line(cells []string) string { return "| " + strings.Join(cells, " | ") + " |" }

// writeNote says what estimates of one usage are worth.
func writeNote(out io.Writer, estimates []*Estimate) error {
	var prices []string
	for _, e := range estimates {
		if of := e.Region + " from " + e.PricesOf; !slices.Contains(prices, of) {
			prices = append(prices, of)
		}
	}
	_, err := fmt.Fprintf(out, "\nPrices of %s (cost/estimate/prices.json), before free tiers, discounts and taxes. Taken for granted: %s.\n",
		strings.Join(prices, " and "), estimates[0].Usage)
	return err
}
