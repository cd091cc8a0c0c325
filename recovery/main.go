// Command recovery makes a stack whose deployment was cut off, by SIGKILL or
// by the end of the machine, ready for the next one:
//
//	recovery --stack <name>
//
// What AWS was creating then is there, but its id was never written down; the
// next deployment would make it a second time, and nothing would ever delete
// the first one. Recovery finds it in AWS by what it was asked for with, and
// takes it into the stack's state. What was being changed or deleted is read
// anew. It says one line for each. Where nothing was cut off, it does nothing
// and says nothing. It exits with 0 if all went well, with 2 if it was called
// wrongly, and with 1 otherwise; it can then be run again.
//
// It runs the Pulumi CLI that is on PATH, in the directory and with the
// environment that it has itself, and asks AWS with the credentials that the
// AWS SDK finds. Nothing else may be at work on the stack: if Pulumi says that
// it is locked, although the deployment was cut off, run pulumi cancel first.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	"fargate-stack/internal/complaint"
)

// Signals are left to the CLI: at a terminal they reach it too, it ends in
// good order, and what is left undone can be done by another recovery.
func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, arguments []string, out, problems io.Writer) int {
	flags := flag.NewFlagSet("recovery", flag.ContinueOnError)
	flags.SetOutput(problems)
	stack := flags.String("stack", "", "`name` of the stack; the selected one if it is not given")
	if err := flags.Parse(arguments); err != nil {
		return 2 // the flag package has said why
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(problems, "recovery: there is nothing to do with %q\n", flags.Args())
		flags.Usage()
		return 2
	}
	r := &recovery{pulumi: cli{stack: *stack}, find: findInAWS, out: out}
	if err := r.run(ctx); err != nil {
		complaint.Write(problems, "recovery", err)
		return 1
	}
	return 0
}
