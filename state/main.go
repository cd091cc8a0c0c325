// Command state makes a place for Pulumi's state in AWS, and logs the Pulumi CLI
// in there:
//
//	state [-region name] bucket
//
// The place is a bucket of S3 and a key of KMS, which the bucket and the secrets
// of stacks are encrypted with. What is there already stays as it is, so that it
// can be run again: by others who work with the same state, and after it was
// interrupted. It says one line for each thing that it makes.
//
// A bucket of another account or in another region is refused, and one that is
// public. It exits with 0 if the CLI is logged in, with 2 if it was called
// wrongly, and with 1 otherwise.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"fargate-stack/internal/complaint"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, arguments []string, out, problems io.Writer) int {
	flags := flag.NewFlagSet("state", flag.ContinueOnError)
	flags.SetOutput(problems)
	region := flags.String("region", "", "`name` of the AWS region; that of the environment or the profile if it is not given")
	if err := flags.Parse(arguments); err != nil {
		return 2 // the flag package has said why
	}
	if flags.NArg() != 1 || !legalName.MatchString(flags.Arg(0)) {
		fmt.Fprintln(problems, "state: name one bucket, with 3 to 63 small letters, digits and hyphens, like: state shop-state")
		flags.Usage()
		return 2
	}
	if err := logIn(ctx, *region, flags.Arg(0), out); err != nil {
		complaint.Write(problems, "state", err)
		return 1
	}
	return 0
}

// logIn makes the place and leads the CLI there.
func logIn(ctx context.Context, region, bucket string, out io.Writer) error {
	configuration, err := config.LoadDefaultConfig(ctx, config.WithRegion(region))
	if err != nil {
		return fmt.Errorf("reading the AWS configuration: %w", err)
	}
	if configuration.Region == "" {
		return fmt.Errorf("no AWS region is known; name that of the bucket, like: make login-s3 BUCKET=%s REGION=eu-central-1", bucket)
	}
	p, err := newPlace(ctx, configuration, bucket, out)
	if err != nil {
		return err
	}
	key, err := p.prepare(ctx)
	if err != nil {
		return err
	}
	if err := login(ctx, p.url(), out); err != nil {
		return err
	}
	p.explain(key)
	return nil
}

// newPlace asks AWS whose credentials these are.
func newPlace(ctx context.Context, configuration aws.Config, bucket string, out io.Writer) (*place, error) {
	caller, err := sts.NewFromConfig(configuration).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, fmt.Errorf("asking AWS whose credentials these are: %w", err)
	}
	identity, err := arn.Parse(aws.ToString(caller.Arn))
	if err != nil {
		return nil, fmt.Errorf("reading the ARN of the caller: %w", err)
	}
	return &place{
		buckets: s3.NewFromConfig(configuration), keys: kms.NewFromConfig(configuration),
		account: aws.ToString(caller.Account), partition: identity.Partition, region: configuration.Region,
		bucket: bucket, out: out,
	}, nil
}
