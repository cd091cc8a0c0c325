package estimate

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the estimates in README.md anew")

const (
	tableBegin = "<!-- costs: written by `make readme` -->\n"
	tableEnd   = "<!-- end of costs -->\n"
)

func TestReadmeHasTheCostsOfTheStacks(t *testing.T) {
	t.Chdir(repository())
	readme, err := os.ReadFile("README.md")
	must(t, err)
	before, rest, begins := strings.Cut(string(readme), tableBegin)
	_, after, ends := strings.Cut(rest, tableEnd)
	if !begins || !ends {
		t.Fatal("README.md has lost the marks around its estimates")
	}
	var estimates []*Estimate
	for _, stack := range []string{"dev", "prod"} {
		e, err := New(".", stack, DefaultUsage)
		must(t, err)
		estimates = append(estimates, e)
	}
	var table bytes.Buffer
	must(t, WriteMarkdown(&table, estimates))
	want := before + tableBegin + table.String() + tableEnd + after
	if *update {
		must(t, os.WriteFile("README.md", []byte(want), 0o644))
		return
	}
	if want != string(readme) {
		t.Error("the estimates in README.md are not those of the stacks; run: make readme")
	}
}

func TestAPageHasNoItemThatNoStackHas(t *testing.T) {
	e, err := estimateOf(t, nil, DefaultUsage)
	must(t, err)
	var page bytes.Buffer
	must(t, WriteMarkdown(&page, []*Estimate{e, e}))
	for _, want := range []string{
		"| Item | test | USD a month | test | USD a month |\n|---|---|---:|---|---:|\n",
		"| Load balancer | 1 | 16.43 | 1 | 16.43 |\n",
		"\n\nPrices of us-east-1 from ",
	} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("it does not contain %q:\n%s", want, page.String())
		}
	}
	if strings.Contains(page.String(), "Dashboard") {
		t.Error("it names what no stack has")
	}
}
