package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// rows are a table of estimates, one beside the other: its head, the items that
// any of them has, and the totals.
func rows(estimates []*Estimate) [][]string {
	head, total := []string{"Item"}, []string{"Total"}
	for _, e := range estimates {
		head = append(head, e.Stack, "USD a month")
		total = append(total, "", fmt.Sprintf("%.2f", e.total()))
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
	return []string{i.Amount, fmt.Sprintf("%.2f", i.Month)}
}

// writeText writes the table for a terminal.
func writeText(out io.Writer, estimates []*Estimate) error {
	columns := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	for _, row := range rows(estimates) {
		fmt.Fprintln(columns, strings.Join(row, "\t"))
	}
	return columns.Flush()
}

// writeMarkdown writes the table for a page or a pull request.
func writeMarkdown(out io.Writer, estimates []*Estimate) error {
	table := rows(estimates)
	lines := []string{line(table[0]), "|---" + strings.Repeat("|---|---:", len(estimates)) + "|"}
	for _, row := range table[1:] {
		lines = append(lines, line(row))
	}
	_, err := fmt.Fprintln(out, strings.Join(lines, "\n"))
	return err
}

func line(cells []string) string { return "| " + strings.Join(cells, " | ") + " |" }

// note says what the estimates are worth.
func note(list *PriceList, estimates []*Estimate, usage Usage) string {
	var regions []string
	for _, e := range estimates {
		if !slices.Contains(regions, e.Region) {
			regions = append(regions, e.Region)
		}
	}
	return fmt.Sprintf("Prices of %s from %s (cost/prices.json), before free tiers, discounts and taxes. Taken for granted: %s.",
		strings.Join(regions, " and "), list.Date, usage)
}
