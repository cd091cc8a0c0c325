package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// tlsStatement is the name of what is added to the bucket's policy.
const tlsStatement = "RefuseWithoutTLS"

// requireTLS adds a statement to the bucket's policy.
func (p *place) requireTLS(ctx context.Context) (made bool, err error) {
	policy := map[string]any{"Version": "2012-10-17"}
	has, err := p.buckets.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: &p.bucket})
	switch {
	case hasCode(err, "NoSuchBucketPolicy"):
	case err != nil:
		return false, err
	default:
		if err := json.Unmarshal([]byte(aws.ToString(has.Policy)), &policy); err != nil {
			return false, fmt.Errorf("reading the one that it has: %w", err)
		}
	}
	statements := statementsOf(policy)
	if slices.ContainsFunc(statements, isTLSStatement) {
		return false, nil
	}
	bucketARN := "arn:" + p.partition + ":s3:::" + p.bucket
	policy["Statement"] = append(statements, map[string]any{
		"Sid": tlsStatement, "Effect": "Deny", "Principal": "*", "Action": "s3:*",
		"Resource":  []string{bucketARN, bucketARN + "/*"},
		"Condition": map[string]any{"Bool": map[string]string{"aws:SecureTransport": "false"}},
	})
	document, err := json.Marshal(policy)
	if err != nil {
		return false, err
	}
	_, err = p.buckets.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: &p.bucket, Policy: aws.String(string(document))})
	return true, err
}

// statementsOf returns the statements of a policy, which writes a single one
// without a list around it.
func statementsOf(policy map[string]any) []any {
	switch statements := policy["Statement"].(type) {
	case nil:
		return nil
	case []any:
		return statements
	default:
		return []any{statements}
	}
}

func isTLSStatement(statement any) bool {
	fields, ok := statement.(map[string]any)
	return ok && fields["Sid"] == tlsStatement
}
