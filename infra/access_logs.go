package infra

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// unfinishedUploadDays is how long the parts of an upload that never ended are
// kept. Nobody sees them, but they are charged for.
const unfinishedUploadDays = 1

// AccessLogs is a bucket that a load balancer writes to who asked it for what.
type AccessLogs struct {
	pulumi.ResourceState

	// Bucket is the bucket's name. It is known when the load balancer may write
	// to it, which it tries at once when it is told to.
	Bucket pulumi.StringOutput
}

// AccessLogsArgs says what [AccessLogs] are made of.
type AccessLogsArgs struct {
	// RetentionDays is how long logs are kept, from 1.
	RetentionDays int
	// Account is where the load balancer is.
	Account *Account
}

// NewAccessLogs makes [AccessLogs]. The bucket is deleted with what is in it.
func NewAccessLogs(ctx *pulumi.Context, name string, args *AccessLogsArgs, opts ...pulumi.ResourceOption) (*AccessLogs, error) {
	a := &AccessLogs{}
	if err := ctx.RegisterComponentResource("fargate-stack:infra:AccessLogs", name, a, opts...); err != nil {
		return nil, err
	}
	name += "-access-logs"
	bucket, err := s3.NewBucketV2(ctx, name, &s3.BucketV2Args{ForceDestroy: pulumi.Bool(true)}, pulumi.Parent(a))
	if err != nil {
		return nil, fmt.Errorf("bucket of the access logs: %w", err)
	}
	closed, err := closeBucket(ctx, name, bucket, pulumi.Parent(a))
	if err != nil {
		return nil, err
	}
	if err := expireLogs(ctx, name, bucket, args.RetentionDays, pulumi.Parent(a)); err != nil {
		return nil, err
	}
	// S3 refuses one of two changes to a bucket that come at the same time.
	policy, err := s3.NewBucketPolicy(ctx, name, &s3.BucketPolicyArgs{
		Bucket: bucket.Bucket,
		Policy: pulumi.JSONMarshal(bucket.Arn.ApplyT(args.policy)),
	}, pulumi.Parent(a), pulumi.DependsOn(closed))
	if err != nil {
		return nil, fmt.Errorf("policy of the bucket of the access logs: %w", err)
	}

	a.Bucket = policy.Bucket
	return a, ctx.RegisterResourceOutputs(a, pulumi.Map{"bucket": a.Bucket})
}

// closeBucket keeps a bucket from ever being public, and encrypts what is in
// it. AWS does both by default; written down, a change by hand is undone. A load
// balancer can't write with a key of KMS.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
func closeBucket(ctx *pulumi.Context, name string, bucket *s3.BucketV2, parent pulumi.ResourceOption) ([]pulumi.Resource, error) {
	private, err := s3.NewBucketPublicAccessBlock(ctx, name, &s3.BucketPublicAccessBlockArgs{
		Bucket:                bucket.Bucket,
		BlockPublicAcls:       pulumi.Bool(true),
		BlockPublicPolicy:     pulumi.Bool(true),
		IgnorePublicAcls:      pulumi.Bool(true),
		RestrictPublicBuckets: pulumi.Bool(true),
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("public access block of the bucket of the access logs: %w", err)
	}
	encrypted, err := s3.NewBucketServerSideEncryptionConfigurationV2(ctx, name, &s3.BucketServerSideEncryptionConfigurationV2Args{
		Bucket: bucket.Bucket,
		Rules: s3.BucketServerSideEncryptionConfigurationV2RuleArray{
			&s3.BucketServerSideEncryptionConfigurationV2RuleArgs{
				ApplyServerSideEncryptionByDefault: &s3.BucketServerSideEncryptionConfigurationV2RuleApplyServerSideEncryptionByDefaultArgs{
					SseAlgorithm: pulumi.String("AES256"), // S3's own keys
				},
			},
		},
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("encryption of the bucket of the access logs: %w", err)
	}
	return []pulumi.Resource{private, encrypted}, nil
}

// expireLogs deletes what is in a bucket after some days.
func expireLogs(ctx *pulumi.Context, name string, bucket *s3.BucketV2, days int, parent pulumi.ResourceOption) error {
	_, err := s3.NewBucketLifecycleConfigurationV2(ctx, name, &s3.BucketLifecycleConfigurationV2Args{
		Bucket: bucket.Bucket,
		Rules: s3.BucketLifecycleConfigurationV2RuleArray{
			&s3.BucketLifecycleConfigurationV2RuleArgs{
				Id:         pulumi.String("expire"),
				Status:     pulumi.String("Enabled"),
				Filter:     &s3.BucketLifecycleConfigurationV2RuleFilterArgs{Prefix: pulumi.String("")},
				Expiration: &s3.BucketLifecycleConfigurationV2RuleExpirationArgs{Days: pulumi.Int(days)},
				AbortIncompleteMultipartUpload: &s3.BucketLifecycleConfigurationV2RuleAbortIncompleteMultipartUploadArgs{
					DaysAfterInitiation: pulumi.Int(unfinishedUploadDays),
				},
			},
		},
	}, parent)
	if err != nil {
		return fmt.Errorf("expiry of the bucket of the access logs: %w", err)
	}
	return nil
}

// policy lets load balancers of this account and region write logs, and nobody
// do anything without TLS. The service may write in every region; the accounts
// of Elastic Load Balancing, one a region, were for that before.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
func (args *AccessLogsArgs) policy(bucketARN string) policyDocument {
	return policyDocument{policyVersion, []statement{
		{
			Sid:       "WriteAccessLogs",
			Effect:    "Allow",
			Principal: map[string]string{"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
			Action:    []string{"s3:PutObject"},
			Resource:  []string{bucketARN + "/AWSLogs/" + args.Account.ID + "/*"},
		},
		{
			Sid:       "RefuseWithoutTLS",
			Effect:    "Deny",
			Principal: map[string]string{"AWS": "*"},
			Action:    []string{"s3:*"},
			Resource:  []string{bucketARN, bucketARN + "/*"},
			Condition: conditions{"Bool": {"aws:SecureTransport": "false"}},
		},
	}}
}
