package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// bucketAPI is what is asked of S3.
type bucketAPI interface {
	HeadBucket(context.Context, *s3.HeadBucketInput, ...func(*s3.Options)) (*s3.HeadBucketOutput, error)
	CreateBucket(context.Context, *s3.CreateBucketInput, ...func(*s3.Options)) (*s3.CreateBucketOutput, error)
	GetBucketAcl(context.Context, *s3.GetBucketAclInput, ...func(*s3.Options)) (*s3.GetBucketAclOutput, error)
	GetBucketPolicyStatus(context.Context, *s3.GetBucketPolicyStatusInput, ...func(*s3.Options)) (*s3.GetBucketPolicyStatusOutput, error)
	GetPublicAccessBlock(context.Context, *s3.GetPublicAccessBlockInput, ...func(*s3.Options)) (*s3.GetPublicAccessBlockOutput, error)
	PutPublicAccessBlock(context.Context, *s3.PutPublicAccessBlockInput, ...func(*s3.Options)) (*s3.PutPublicAccessBlockOutput, error)
	GetBucketPolicy(context.Context, *s3.GetBucketPolicyInput, ...func(*s3.Options)) (*s3.GetBucketPolicyOutput, error)
	PutBucketPolicy(context.Context, *s3.PutBucketPolicyInput, ...func(*s3.Options)) (*s3.PutBucketPolicyOutput, error)
	GetBucketEncryption(context.Context, *s3.GetBucketEncryptionInput, ...func(*s3.Options)) (*s3.GetBucketEncryptionOutput, error)
	PutBucketEncryption(context.Context, *s3.PutBucketEncryptionInput, ...func(*s3.Options)) (*s3.PutBucketEncryptionOutput, error)
	GetBucketVersioning(context.Context, *s3.GetBucketVersioningInput, ...func(*s3.Options)) (*s3.GetBucketVersioningOutput, error)
	PutBucketVersioning(context.Context, *s3.PutBucketVersioningInput, ...func(*s3.Options)) (*s3.PutBucketVersioningOutput, error)
	GetBucketLifecycleConfiguration(context.Context, *s3.GetBucketLifecycleConfigurationInput, ...func(*s3.Options)) (*s3.GetBucketLifecycleConfigurationOutput, error)
	PutBucketLifecycleConfiguration(context.Context, *s3.PutBucketLifecycleConfigurationInput, ...func(*s3.Options)) (*s3.PutBucketLifecycleConfigurationOutput, error)
}

// bucketIsThere tells whether there is the bucket. If it is there but no place for
// a state, that is an error.
func (p *place) bucketIsThere(ctx context.Context) (bool, error) {
	head, err := p.buckets.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &p.bucket, ExpectedBucketOwner: &p.account})
	if answer, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		return false, p.refusal(answer)
	}
	if err != nil {
		return false, fmt.Errorf("looking for bucket %s: %w", p.bucket, err)
	}
	if region := aws.ToString(head.BucketRegion); region != p.region {
		return false, p.elsewhere(region)
	}
	public, err := p.isPublic(ctx)
	if err != nil {
		return false, fmt.Errorf("finding out whether bucket %s is public: %w", p.bucket, err)
	}
	if public {
		return false, fmt.Errorf("bucket %s is public, which a state must not be: choose another bucket", p.bucket)
	}
	return true, nil
}

// refusal returns what an answer to HeadBucket means. S3 says no more than the
// status. A bucket that is not there is no error.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
func (p *place) refusal(answer *awshttp.ResponseError) error {
	switch answer.HTTPStatusCode() {
	case http.StatusNotFound:
		return nil
	case http.StatusForbidden:
		return fmt.Errorf("bucket %s is not account %s's, or its policy or yours keeps you out: choose another bucket, or other credentials: %w",
			p.bucket, p.account, answer)
	case http.StatusMovedPermanently:
		return p.elsewhere(answer.Response.Header.Get("X-Amz-Bucket-Region"))
	default:
		return fmt.Errorf("looking for bucket %s: %w", p.bucket, answer)
	}
}

func (p *place) elsewhere(region string) error {
	return fmt.Errorf("bucket %s is in %s, not in %s; use it from there: make login-s3 BUCKET=%s REGION=%s",
		p.bucket, region, p.region, p.bucket, region)
}

// isPublic tells whether the policy of the bucket, or its access control list,
// opens it to everybody. Public access may be blocked nevertheless, but then
// somebody has meant it to be public once.
func (p *place) isPublic(ctx context.Context) (bool, error) {
	status, err := p.buckets.GetBucketPolicyStatus(ctx, &s3.GetBucketPolicyStatusInput{Bucket: &p.bucket})
	if err != nil && !hasCode(err, "NoSuchBucketPolicy") {
		return false, err
	}
	if err == nil && status.PolicyStatus != nil && aws.ToBool(status.PolicyStatus.IsPublic) {
		return true, nil
	}
	list, err := p.buckets.GetBucketAcl(ctx, &s3.GetBucketAclInput{Bucket: &p.bucket})
	if err != nil {
		return false, err
	}
	for _, grant := range list.Grants {
		if grant.Grantee != nil && isEverybody(aws.ToString(grant.Grantee.URI)) {
			return true, nil
		}
	}
	return false, nil
}

// isEverybody tells whether a group of S3's is that of all people, or of all that
// have any AWS account.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#specifying-grantee-predefined-groups
func isEverybody(group string) bool {
	return strings.HasSuffix(group, "/global/AllUsers") || strings.HasSuffix(group, "/global/AuthenticatedUsers")
}

func (p *place) makeBucket(ctx context.Context) error {
	input := &s3.CreateBucketInput{Bucket: &p.bucket}
	if p.region != "us-east-1" { // whose name S3 does not take
		input.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(p.region)}
	}
	_, err := p.buckets.CreateBucket(ctx, input)
	if _, taken := errors.AsType[*types.BucketAlreadyExists](err); taken {
		return fmt.Errorf("there is a bucket %s in another account, and names are everybody's: choose another: %w", p.bucket, err)
	}
	if err != nil {
		return fmt.Errorf("making bucket %s: %w", p.bucket, err)
	}
	p.made("bucket %s", p.bucket)
	return nil
}
