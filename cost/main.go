// Command cost estimates what stacks cost a month, item by item, from their
// settings and a table of prices:
//
//	cost [-millions n] [-tasks n] stack...
//	cost -json [-millions n] [-tasks n] stack
//
// With -json it writes the estimate of one stack, to be compared with a later
// one by the command preview.
//
// It is run in the repository, and asks neither Pulumi nor AWS. It exits with 1
// if there is nothing to estimate, and with 2 if it was called wrongly.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"

	"fargate-stack/cost/estimate"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(arguments []string, out, problems io.Writer) int {
	flags := flag.NewFlagSet("cost", flag.ContinueOnError)
	flags.SetOutput(problems)
	asJSON := flags.Bool("json", false, "write the estimate of one stack for a later comparison")
	usage := estimate.Usage{}
	flags.Float64Var(&usage.Millions, "millions", estimate.DefaultUsage.Millions, "millions of requests a month")
	flags.Float64Var(&usage.Tasks, "tasks", estimate.DefaultUsage.Tasks, "average number of tasks while there are any; the minimum of the stack if it is not given")
	if err := flags.Parse(arguments); err != nil {
		return 2 // the flag package has said why
	}
	if flags.NArg() == 0 || usage.Millions < 0 || usage.Tasks < 0 || *asJSON && flags.NArg() > 1 {
		fmt.Fprintln(problems, "cost: name one or more stacks, like: cost dev prod, but one with -json; requests and tasks are not below zero")
		flags.Usage()
		return 2
	}
	estimates, err := estimateAll(flags.Args(), usage)
	switch {
	case err != nil:
	case *asJSON:
		err = writeJSON(out, estimates[0])
	default:
		err = estimate.WriteText(out, estimates)
	}
	if err != nil {
		fmt.Fprintln(problems, "cost:", err)
		return 1
	}
	return 0
}

// estimateAll estimates stacks of the project in the working directory.
func estimateAll(stacks []string, usage estimate.Usage) ([]*estimate.Estimate, error) {
	var estimates []*estimate.Estimate
	for _, stack := range stacks {
		e, err := estimate.New(".", stack, usage)
		if err != nil {
			return nil, err
		}
		estimates = append(estimates, e)
	}
	return estimates, nil
}

func writeJSON(out io.Writer, e *estimate.Estimate) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(e)
}
