// Command cost estimates what stacks cost a month, item by item, from their
// settings and a table of prices:
//
//	cost [-markdown] [-millions n] [-tasks n] stack...
//
// It is run in the repository, and asks neither Pulumi nor AWS. It exits with 1
// if there is nothing to estimate, and with 2 if it was called wrongly.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(arguments []string, out, problems io.Writer) int {
	flags := flag.NewFlagSet("cost", flag.ContinueOnError)
	flags.SetOutput(problems)
	markdown := flags.Bool("markdown", false, "write a table for a page or a pull request")
	usage := Usage{}
	flags.Float64Var(&usage.Millions, "millions", 1, "millions of requests a month")
	flags.Float64Var(&usage.Tasks, "tasks", 0, "average number of tasks while there are any; the minimum of the stack if it is not given")
	if err := flags.Parse(arguments); err != nil {
		return 2 // the flag package has said why
	}
	if flags.NArg() == 0 || usage.Millions < 0 || usage.Tasks < 0 {
		fmt.Fprintln(problems, "cost: name one or more stacks, like: cost dev prod; requests and tasks are not below zero")
		flags.Usage()
		return 2
	}
	if err := write(out, flags.Args(), usage, *markdown); err != nil {
		fmt.Fprintln(problems, "cost:", err)
		return 1
	}
	return 0
}

// write writes the estimates of stacks.
func write(out io.Writer, stacks []string, usage Usage, markdown bool) error {
	list, err := readPrices()
	if err != nil {
		return err
	}
	var estimates []*Estimate
	for _, stack := range stacks {
		estimate, err := newEstimate(list, stack, usage)
		if err != nil {
			return err
		}
		estimates = append(estimates, estimate)
	}
	writeTable := writeText
	if markdown {
		writeTable = writeMarkdown
	}
	if err := writeTable(out, estimates); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "\n%s\n", note(list, estimates, usage))
	return err
}
