package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

const (
	// oldVersionDays is how long a state can be gone back to.
	oldVersionDays = 90

	// versionsRule is the name of what is added to the bucket's lifecycle.
	versionsRule = "expire-old-versions"
)

// protect gives the bucket what it lacks of what guards a state. What else its
// policy and its lifecycle say stays.
func (p *place) protect(ctx context.Context, key string) error {
	for _, part := range []struct {
		name   string
		ensure func(context.Context) (made bool, err error)
	}{
		{"public access block", p.blockPublicAccess},
		{"policy that refuses requests without TLS", p.requireTLS},
		{"encryption with the key", func(ctx context.Context) (bool, error) { return p.encrypt(ctx, key) }},
		{"versions", p.keepVersions},
		{"lifecycle of old versions", p.expireVersions},
	} {
		made, err := part.ensure(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		if made {
			p.made("its %s", part.name)
		}
	}
	return nil
}

func (p *place) blockPublicAccess(ctx context.Context) (made bool, err error) {
	has, err := p.buckets.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: &p.bucket})
	if err != nil && !hasCode(err, "NoSuchPublicAccessBlockConfiguration") {
		return false, err
	}
	if err == nil && blocksAll(has.PublicAccessBlockConfiguration) {
		return false, nil
	}
	_, err = p.buckets.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{
		Bucket: &p.bucket,
		PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{
			BlockPublicAcls: aws.Bool(true), BlockPublicPolicy: aws.Bool(true),
			IgnorePublicAcls: aws.Bool(true), RestrictPublicBuckets: aws.Bool(true),
		},
	})
	return true, err
}

func blocksAll(b *types.PublicAccessBlockConfiguration) bool {
	return b != nil && aws.ToBool(b.BlockPublicAcls) && aws.ToBool(b.BlockPublicPolicy) &&
		aws.ToBool(b.IgnorePublicAcls) && aws.ToBool(b.RestrictPublicBuckets)
}

// encrypt has S3 encrypt what comes with the key. With a bucket key, it asks KMS
// once in a while and not for each object, which is what KMS charges for.
func (p *place) encrypt(ctx context.Context, key string) (made bool, err error) {
	has, err := p.buckets.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: &p.bucket})
	if err != nil && !hasCode(err, "ServerSideEncryptionConfigurationNotFoundError") {
		return false, err
	}
	if err == nil {
		switch other := encryptingKey(has.ServerSideEncryptionConfiguration); other {
		case "":
		case key:
			return false, nil
		default:
			return false, fmt.Errorf("it is with %s; choose another bucket, or take that away: aws s3api delete-bucket-encryption --bucket %s", other, p.bucket)
		}
	}
	_, err = p.buckets.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{
		Bucket: &p.bucket,
		ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{Rules: []types.ServerSideEncryptionRule{{
			ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{
				SSEAlgorithm: types.ServerSideEncryptionAwsKms, KMSMasterKeyID: &key,
			},
			BucketKeyEnabled: aws.Bool(true),
		}}},
	})
	return true, err
}

// encryptingKey returns the key of KMS that objects are encrypted with, if it is
// not S3's own.
func encryptingKey(c *types.ServerSideEncryptionConfiguration) string {
	for _, rule := range c.Rules {
		if by := rule.ApplyServerSideEncryptionByDefault; by != nil && by.SSEAlgorithm != types.ServerSideEncryptionAes256 {
			return aws.ToString(by.KMSMasterKeyID)
		}
	}
	return ""
}

func (p *place) keepVersions(ctx context.Context) (made bool, err error) {
	has, err := p.buckets.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: &p.bucket})
	if err != nil || has.Status == types.BucketVersioningStatusEnabled {
		return false, err
	}
	_, err = p.buckets.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
		Bucket: &p.bucket, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	})
	return true, err
}

// expireVersions adds a rule to the bucket's lifecycle.
func (p *place) expireVersions(ctx context.Context) (made bool, err error) {
	var rules []types.LifecycleRule
	has, err := p.buckets.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: &p.bucket})
	switch {
	case hasCode(err, "NoSuchLifecycleConfiguration"):
	case err != nil:
		return false, err
	default:
		rules = has.Rules
	}
	if slices.ContainsFunc(rules, func(r types.LifecycleRule) bool { return aws.ToString(r.ID) == versionsRule }) {
		return false, nil
	}
	rules = append(rules, types.LifecycleRule{
		ID: aws.String(versionsRule), Status: types.ExpirationStatusEnabled,
		Filter:                         &types.LifecycleRuleFilter{Prefix: aws.String("")},
		NoncurrentVersionExpiration:    &types.NoncurrentVersionExpiration{NoncurrentDays: aws.Int32(oldVersionDays)},
		Expiration:                     &types.LifecycleExpiration{ExpiredObjectDeleteMarker: aws.Bool(true)},
		AbortIncompleteMultipartUpload: &types.AbortIncompleteMultipartUpload{DaysAfterInitiation: aws.Int32(7)},
	})
	_, err = p.buckets.PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{
		Bucket: &p.bucket, LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: rules},
	})
	return true, err
}

// hasCode tells whether AWS answered with an error of a code. Those of settings
// that a bucket does not have are no types of the SDK.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
func hasCode(err error, code string) bool {
	answer, ok := errors.AsType[smithy.APIError](err)
	return ok && answer.ErrorCode() == code
}
