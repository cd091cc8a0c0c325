// Command doctor finds out why a stack's URL does not answer. It looks at
// Pulumi's state and at AWS and changes nothing:
//
//	doctor [-stack name]
//
// It is run in the repository, with what `pulumi up` is run with: the Pulumi
// CLI, and AWS credentials in the environment or a profile.
//
// It exits with 0 if the URL answers and nothing is wrong, with 1 if something
// is, with 2 if it was called wrongly, and with 3 if it could not look.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"fargate-stack/doctor/diagnosis"
	"fargate-stack/internal/complaint"

	"github.com/aws/aws-sdk-go-v2/config"
)

// What the command exits with.
const (
	well = iota
	unwell
	calledWrongly
	couldNotLook
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, arguments []string, out, problems io.Writer) int {
	flags := flag.NewFlagSet("doctor", flag.ContinueOnError)
	flags.SetOutput(problems)
	stack := flags.String("stack", "", "`name` of the stack; the selected one if it is not given")
	if err := flags.Parse(arguments); err != nil {
		return calledWrongly // the flag package has said why
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(problems, "doctor: there is nothing to do with %q\n", flags.Args())
		flags.Usage()
		return calledWrongly
	}
	report, err := examine(ctx, *stack)
	if report != nil {
		write(out, report)
	}
	if err != nil {
		complaint.Write(problems, "doctor", err)
	}
	switch {
	case report != nil && len(report.Findings) > 0:
		return unwell
	case err != nil:
		return couldNotLook
	default:
		return well
	}
}

// examine examines a stack. There may be a report beside an error, of what
// could be looked at.
func examine(ctx context.Context, name string) (*diagnosis.Report, error) {
	state, err := export(ctx, name)
	if err != nil {
		return nil, err
	}
	stack, err := diagnosis.ReadStack(state)
	if err != nil {
		return nil, err
	}
	configuration, err := config.LoadDefaultConfig(ctx,
		config.WithRegion(stack.Region), config.WithSharedConfigProfile(stack.Profile))
	if err != nil {
		return nil, fmt.Errorf("reading the AWS configuration: %w", err)
	}
	return diagnosis.New(configuration).Examine(ctx, stack)
}

// write writes a report for people.
func write(out io.Writer, report *diagnosis.Report) {
	if report.Answer.URL != "" {
		fmt.Fprintln(out, report.Answer)
	}
	for i, finding := range report.Findings {
		fmt.Fprintf(out, "\n%d. %s\n", i+1, finding)
	}
}
