package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"fargate-stack/preview/plan"
)

// longestValue is as much of a value as a reader needs to recognize it.
const longestValue = 80

// show returns a property's value for a cell of a table. What there was none of
// is a dash.
func show(value any) string {
	switch {
	case value == nil:
		return "–"
	case plan.IsSecret(value):
		return "*secret*"
	case plan.IsUnknown(value):
		return "*known later*"
	}
	text, ok := value.(string)
	if !ok {
		encoded, err := json.Marshal(value)
		if err != nil {
			return "*" + err.Error() + "*"
		}
		text = string(encoded)
	}
	return code(shorten(text, longestValue))
}

// shorten cuts a long text in its middle: what differs is often at its end.
func shorten(text string, longest int) string {
	runes := []rune(text)
	if len(runes) <= longest {
		return text
	}
	return string(runes[:longest/2]) + " … " + string(runes[len(runes)-longest/2:])
}

// code returns text in a code span that may stand in a cell: a bar would end the
// cell, a line break the table.
// https://github.github.com/gfm/#tables-extension-
func code(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if text == "" {
		return "*empty*"
	}
	fence := strings.Repeat("`", longestRun(text)+1)
	if len(fence) > 1 {
		text = " " + text + " " // a span may not begin or end with its fence
	}
	return fence + strings.ReplaceAll(text, "|", `\|`) + fence
}

// escape returns text that is no Markdown, for a cell.
func escape(text string) string { return markdown.Replace(text) }

var markdown = strings.NewReplacer(`\`, `\\`, "|", `\|`, "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`, "<", "&lt;", "\n", " ")

// block returns text in a fenced block.
func block(text string) string {
	fence := strings.Repeat("`", max(3, longestRun(text)+1))
	return fence + "text\n" + text + "\n" + fence + "\n"
}

// longestRun returns how many backticks follow each other in a text, at most.
func longestRun(text string) int {
	longest, run := 0, 0
	for _, r := range text {
		if r != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

// fold hides Markdown behind a summary.
func fold(summary, inner string) string {
	return fmt.Sprintf("<details><summary>%s</summary>%s</details>", summary, inner)
}
