package estimate

import (
	"strings"
	"testing"
)

func TestComparison(t *testing.T) {
	gateway := Item{"NAT gateways", "1", 32.85}
	gateways := Item{"NAT gateways", "3", 98.55}
	noGateway := Item{Name: "NAT gateways"}
	balancer := Item{"Load balancer", "1", 16.43}
	const head = "| Item | Before | USD a month | After | USD a month | Difference |\n|---|---|---:|---|---:|---:|\n"
	for _, test := range []struct {
		statement     string
		before, after []Item
		want          string
	}{
		{
			"only what changes has a row, and the total is of all items",
			[]Item{balancer, gateway}, []Item{balancer, gateways},
			head + "| NAT gateways | 1 | 32.85 | 3 | 98.55 | +65.70 |\n| Total of all items |  | 49.28 |  | 114.98 | +65.70 |\n",
		},
		{
			"what comes has nothing before",
			[]Item{balancer, noGateway}, []Item{balancer, gateway},
			head + "| NAT gateways |  |  | 1 | 32.85 | +32.85 |\n| Total of all items |  | 16.43 |  | 49.28 | +32.85 |\n",
		},
		{
			"what goes has nothing after, though the program no longer knows it",
			[]Item{gateway, balancer}, []Item{balancer},
			head + "| NAT gateways | 1 | 32.85 |  |  | -32.85 |\n| Total of all items |  | 49.28 |  | 16.43 | -32.85 |\n",
		},
		{
			"a new amount at the old cost is a change",
			[]Item{{"Stored logs", "0.01 GB", 0.002}}, []Item{{"Stored logs", "0.005 GB", 0.001}},
			head + "| Stored logs | 0.01 GB | 0.00 | 0.005 GB | 0.00 | +0.00 |\n| Total of all items |  | 0.00 |  | 0.00 | +0.00 |\n",
		},
		{
			"what costs the same is said in a line",
			[]Item{balancer, gateway}, []Item{balancer, gateway},
			"It costs the same: 49.28 USD a month.\n",
		},
	} {
		t.Run(test.statement, func(t *testing.T) {
			var out strings.Builder
			must(t, Comparison{
				Before: &Estimate{Region: "us-east-1", PricesOf: "2026-01-01", Items: test.before},
				After:  &Estimate{Region: "us-east-1", PricesOf: "2026-04-01", Items: test.after},
			}.WriteMarkdown(&out))
			table, note, noted := strings.Cut(out.String(), "\nPrices of us-east-1 from 2026-01-01 and us-east-1 from 2026-04-01 (")
			if table != test.want {
				t.Errorf("it is\n%s\nwant\n%s", table, test.want)
			}
			if changed := strings.HasPrefix(test.want, head); noted != changed {
				t.Errorf("the note is %q", note)
			}
		})
	}
}
