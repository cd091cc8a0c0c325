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
// and says nothing.
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
	"os"
)

func main() {
	stack := flag.String("stack", "", "`name` of the stack; the one that is selected if it is empty")
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	r := &recovery{pulumi: cli{stack: *stack}, find: findInAWS, out: os.Stdout}
	if err := r.run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "recovery:", err)
		os.Exit(1)
	}
}
