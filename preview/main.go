// Command preview reports what deploying a stack would change, for a comment of
// a pull request: the changes, what of them is dangerous, and what they cost.
//
//	preview -stack name [-before estimate.json]
//
// It runs `pulumi preview` in the repository, with what that needs: the Pulumi
// CLI, and AWS credentials in the environment or a profile. It writes Markdown.
// With -before, which is an estimate that `cost -json` wrote in the state of the
// repository to compare with, it says what the change adds to the cost; without,
// what the stack costs.
//
// It exits with 0 if it could report, whatever it found, with 1 if the preview
// failed or there is nothing to report, and with 2 if it was called wrongly.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"fargate-stack/cost/estimate"
	"fargate-stack/internal/complaint"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, arguments []string, out, problems io.Writer) int {
	flags := flag.NewFlagSet("preview", flag.ContinueOnError)
	flags.SetOutput(problems)
	stack := flags.String("stack", "", "`name` of the stack")
	before := flags.String("before", "", "`file` with the estimate to compare with, which cost -json wrote")
	if err := flags.Parse(arguments); err != nil {
		return 2 // the flag package has said why
	}
	if *stack == "" || flags.NArg() > 0 {
		fmt.Fprintln(problems, "preview: name one stack, like: preview -stack dev")
		flags.Usage()
		return 2
	}
	r, err := newReport(ctx, *stack, *before, problems)
	if err == nil {
		_, err = io.WriteString(out, r.markdown())
	}
	if err != nil {
		complaint.Write(problems, "preview", err)
		return 1
	}
	if len(r.plan.Errors) > 0 {
		return 1 // the report says why
	}
	return 0
}

// newReport previews a stack and estimates what it costs. What is wrong with
// the call is found before the preview, which takes its time.
func newReport(ctx context.Context, stack, beforeFile string, problems io.Writer) (*report, error) {
	r := &report{stack: stack}
	usage := estimate.DefaultUsage
	if beforeFile != "" {
		var err error
		if r.before, err = estimate.Read(beforeFile); err != nil {
			return nil, err
		}
		if r.before.Stack != stack {
			return nil, fmt.Errorf("%s is an estimate of stack %s, not of %s", beforeFile, r.before.Stack, stack)
		}
		usage = r.before.Usage
	}
	var err error
	if r.plan, err = preview(ctx, stack, problems); err != nil {
		return nil, err
	}
	r.after, r.notEstimated = estimate.New(".", stack, usage)
	return r, nil
}
