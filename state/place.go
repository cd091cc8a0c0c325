package main

import (
	"context"
	"fmt"
	"io"
	"regexp"
)

// legalName is what a bucket may be called here. AWS lets names have dots too,
// but the certificate of S3 does not cover those, nor may aliases of keys.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
var legalName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$`)

// A place is where the state of stacks is kept.
type place struct {
	buckets bucketAPI
	keys    keyAPI
	// account is the id of the caller's.
	account, partition, region string
	bucket                     string
	// out is told what is made.
	out io.Writer
}

// prepare makes what is missing, and returns the ARN of the key. A bucket that is
// no place for a state is refused before anything is made.
func (p *place) prepare(ctx context.Context) (key string, err error) {
	there, err := p.bucketIsThere(ctx)
	if err != nil {
		return "", err
	}
	if key, err = p.ensureKey(ctx); err != nil {
		return "", fmt.Errorf("the key %s: %w", p.alias(), err)
	}
	if !there {
		if err := p.makeBucket(ctx); err != nil {
			return "", err
		}
	}
	if err := p.protect(ctx, key); err != nil {
		return "", fmt.Errorf("bucket %s: %w", p.bucket, err)
	}
	return key, nil
}

// made tells of something that was made.
func (p *place) made(format string, values ...any) {
	fmt.Fprintf(p.out, "made "+format+"\n", values...)
}

// url is the address of the backend, as the CLI takes it.
// https://www.pulumi.com/docs/iac/guides/basics/using-a-diy-backend/
func (p *place) url() string {
	return "s3://" + p.bucket + "?region=" + p.region
}

// secretsProvider is the address of the key, as the CLI takes it.
// https://www.pulumi.com/docs/iac/concepts/secrets/
func (p *place) secretsProvider() string {
	return "awskms://" + p.alias() + "?region=" + p.region
}

// explain says how stacks are encrypted with the key, which the CLI has to be
// told for each of them.
func (p *place) explain(key string) {
	fmt.Fprintf(p.out, `
A new stack:
  pulumi stack init <stack> --secrets-provider='%[1]s'
One that was made without the key:
  pulumi stack change-secrets-provider --stack <stack> '%[1]s'
For workflows on GitHub, which get their roles from the stack:
  pulumi config set stateBucket %[2]s
  pulumi config set stateKeyArn %[3]s
`, p.secretsProvider(), p.bucket, key)
}
