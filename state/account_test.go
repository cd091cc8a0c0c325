package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

const (
	testAccount = "123456789012"
	testBucket  = "shop-state"
	testRegion  = "eu-central-1"
)

// errInterrupted is what a call ends with that an account interrupts.
var errInterrupted = errors.New("interrupted")

// An account answers as AWS does, with nothing in it but what it was asked to
// make.
type account struct {
	bucket  *bucket
	keys    []*kmstypes.KeyMetadata
	aliases map[string]string // ids of keys
	rotated []string          // ids of keys

	// interrupted is the number of the call that is interrupted, from 1, and
	// late whether that is after it has done its work.
	interrupted int
	late        bool
	calls       int
	// made are the names of the calls that changed something.
	made []string
}

// A bucket is what S3 knows of one.
type bucket struct {
	owner, region string
	public        bool // by its policy
	grants        []types.Grant
	blocked       *types.PublicAccessBlockConfiguration
	policy        *string
	encryption    *types.ServerSideEncryptionConfiguration
	versioning    types.BucketVersioningStatus
	rules         []types.LifecycleRule
}

// call counts a call, does its work, and interrupts it if it is its turn.
func call[Output any](a *account, work func() (*Output, error)) (*Output, error) {
	a.calls++
	if a.calls == a.interrupted && !a.late {
		return nil, errInterrupted
	}
	output, err := work()
	if a.calls == a.interrupted {
		return nil, errInterrupted
	}
	return output, err
}

// change is a call that changes something.
func change[Output any](a *account, name string, work func()) (*Output, error) {
	return call(a, func() (*Output, error) {
		a.made = append(a.made, name)
		work()
		return new(Output), nil
	})
}

// failure returns an error of a code, as the SDK does.
func failure(code string) error { return &smithy.GenericAPIError{Code: code, Message: "of the test"} }

// answered returns an error with nothing but a status and the region of a bucket.
func answered(status int, region string) error {
	response := &http.Response{StatusCode: status, Header: http.Header{"X-Amz-Bucket-Region": {region}}}
	return &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: response}, Err: errors.New(http.StatusText(status)),
	}}
}

func (a *account) HeadBucket(_ context.Context, input *s3.HeadBucketInput, _ ...func(*s3.Options)) (*s3.HeadBucketOutput, error) {
	return call(a, func() (*s3.HeadBucketOutput, error) {
		switch {
		case a.bucket == nil:
			return nil, answered(http.StatusNotFound, "")
		case a.bucket.region != testRegion:
			return nil, answered(http.StatusMovedPermanently, a.bucket.region)
		case a.bucket.owner != aws.ToString(input.ExpectedBucketOwner):
			return nil, answered(http.StatusForbidden, a.bucket.region)
		}
		return &s3.HeadBucketOutput{BucketRegion: &a.bucket.region}, nil
	})
}

func (a *account) CreateBucket(_ context.Context, input *s3.CreateBucketInput, _ ...func(*s3.Options)) (*s3.CreateBucketOutput, error) {
	return change[s3.CreateBucketOutput](a, "CreateBucket", func() {
		a.bucket = &bucket{owner: testAccount, region: string(input.CreateBucketConfiguration.LocationConstraint),
			encryption: encryptedWith(types.ServerSideEncryptionAes256, "")}
	})
}

func encryptedWith(algorithm types.ServerSideEncryption, key string) *types.ServerSideEncryptionConfiguration {
	return &types.ServerSideEncryptionConfiguration{Rules: []types.ServerSideEncryptionRule{{
		ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: algorithm, KMSMasterKeyID: &key},
	}}}
}

func (a *account) GetBucketAcl(context.Context, *s3.GetBucketAclInput, ...func(*s3.Options)) (*s3.GetBucketAclOutput, error) {
	return call(a, func() (*s3.GetBucketAclOutput, error) { return &s3.GetBucketAclOutput{Grants: a.bucket.grants}, nil })
}

func (a *account) GetBucketPolicyStatus(context.Context, *s3.GetBucketPolicyStatusInput, ...func(*s3.Options)) (*s3.GetBucketPolicyStatusOutput, error) {
	return call(a, func() (*s3.GetBucketPolicyStatusOutput, error) {
		if a.bucket.policy == nil {
			return nil, failure("NoSuchBucketPolicy")
		}
		return &s3.GetBucketPolicyStatusOutput{PolicyStatus: &types.PolicyStatus{IsPublic: &a.bucket.public}}, nil
	})
}

func (a *account) GetPublicAccessBlock(context.Context, *s3.GetPublicAccessBlockInput, ...func(*s3.Options)) (*s3.GetPublicAccessBlockOutput, error) {
	return call(a, func() (*s3.GetPublicAccessBlockOutput, error) {
		if a.bucket.blocked == nil {
			return nil, failure("NoSuchPublicAccessBlockConfiguration")
		}
		return &s3.GetPublicAccessBlockOutput{PublicAccessBlockConfiguration: a.bucket.blocked}, nil
	})
}

func (a *account) PutPublicAccessBlock(_ context.Context, input *s3.PutPublicAccessBlockInput, _ ...func(*s3.Options)) (*s3.PutPublicAccessBlockOutput, error) {
	return change[s3.PutPublicAccessBlockOutput](a, "PutPublicAccessBlock", func() { a.bucket.blocked = input.PublicAccessBlockConfiguration })
}

func (a *account) GetBucketPolicy(context.Context, *s3.GetBucketPolicyInput, ...func(*s3.Options)) (*s3.GetBucketPolicyOutput, error) {
	return call(a, func() (*s3.GetBucketPolicyOutput, error) {
		if a.bucket.policy == nil {
			return nil, failure("NoSuchBucketPolicy")
		}
		return &s3.GetBucketPolicyOutput{Policy: a.bucket.policy}, nil
	})
}

func (a *account) PutBucketPolicy(_ context.Context, input *s3.PutBucketPolicyInput, _ ...func(*s3.Options)) (*s3.PutBucketPolicyOutput, error) {
	return change[s3.PutBucketPolicyOutput](a, "PutBucketPolicy", func() { a.bucket.policy = input.Policy })
}

func (a *account) GetBucketEncryption(context.Context, *s3.GetBucketEncryptionInput, ...func(*s3.Options)) (*s3.GetBucketEncryptionOutput, error) {
	return call(a, func() (*s3.GetBucketEncryptionOutput, error) {
		return &s3.GetBucketEncryptionOutput{ServerSideEncryptionConfiguration: a.bucket.encryption}, nil
	})
}

func (a *account) PutBucketEncryption(_ context.Context, input *s3.PutBucketEncryptionInput, _ ...func(*s3.Options)) (*s3.PutBucketEncryptionOutput, error) {
	return change[s3.PutBucketEncryptionOutput](a, "PutBucketEncryption", func() { a.bucket.encryption = input.ServerSideEncryptionConfiguration })
}

func (a *account) GetBucketVersioning(context.Context, *s3.GetBucketVersioningInput, ...func(*s3.Options)) (*s3.GetBucketVersioningOutput, error) {
	return call(a, func() (*s3.GetBucketVersioningOutput, error) {
		return &s3.GetBucketVersioningOutput{Status: a.bucket.versioning}, nil
	})
}

func (a *account) PutBucketVersioning(_ context.Context, input *s3.PutBucketVersioningInput, _ ...func(*s3.Options)) (*s3.PutBucketVersioningOutput, error) {
	return change[s3.PutBucketVersioningOutput](a, "PutBucketVersioning", func() { a.bucket.versioning = input.VersioningConfiguration.Status })
}

func (a *account) GetBucketLifecycleConfiguration(context.Context, *s3.GetBucketLifecycleConfigurationInput, ...func(*s3.Options)) (*s3.GetBucketLifecycleConfigurationOutput, error) {
	return call(a, func() (*s3.GetBucketLifecycleConfigurationOutput, error) {
		if a.bucket.rules == nil {
			return nil, failure("NoSuchLifecycleConfiguration")
		}
		return &s3.GetBucketLifecycleConfigurationOutput{Rules: a.bucket.rules}, nil
	})
}

func (a *account) PutBucketLifecycleConfiguration(_ context.Context, input *s3.PutBucketLifecycleConfigurationInput, _ ...func(*s3.Options)) (*s3.PutBucketLifecycleConfigurationOutput, error) {
	return change[s3.PutBucketLifecycleConfigurationOutput](a, "PutBucketLifecycleConfiguration", func() { a.bucket.rules = input.LifecycleConfiguration.Rules })
}

// key returns a key by its id or by an alias.
func (a *account) key(name string) *kmstypes.KeyMetadata {
	if id, isAlias := a.aliases[name]; isAlias {
		name = id
	}
	i := slices.IndexFunc(a.keys, func(k *kmstypes.KeyMetadata) bool { return *k.KeyId == name })
	if i < 0 {
		return nil
	}
	return a.keys[i]
}

func (a *account) DescribeKey(_ context.Context, input *kms.DescribeKeyInput, _ ...func(*kms.Options)) (*kms.DescribeKeyOutput, error) {
	return call(a, func() (*kms.DescribeKeyOutput, error) {
		key := a.key(*input.KeyId)
		if key == nil {
			return nil, &kmstypes.NotFoundException{}
		}
		return &kms.DescribeKeyOutput{KeyMetadata: key}, nil
	})
}

func (a *account) ListKeys(context.Context, *kms.ListKeysInput, ...func(*kms.Options)) (*kms.ListKeysOutput, error) {
	return call(a, func() (*kms.ListKeysOutput, error) {
		output := &kms.ListKeysOutput{}
		for _, key := range a.keys {
			output.Keys = append(output.Keys, kmstypes.KeyListEntry{KeyId: key.KeyId})
		}
		return output, nil
	})
}

func (a *account) CreateKey(_ context.Context, input *kms.CreateKeyInput, _ ...func(*kms.Options)) (*kms.CreateKeyOutput, error) {
	output, err := change[kms.CreateKeyOutput](a, "CreateKey", func() { a.addKey(*input.Description) })
	if err != nil {
		return nil, err
	}
	output.KeyMetadata = a.keys[len(a.keys)-1]
	return output, nil
}

// addKey adds an enabled key.
func (a *account) addKey(description string) *kmstypes.KeyMetadata {
	id := fmt.Sprintf("key-%d", len(a.keys)+1)
	key := &kmstypes.KeyMetadata{
		KeyId: &id, Description: &description, KeyState: kmstypes.KeyStateEnabled,
		Arn: aws.String(strings.Join([]string{"arn:aws:kms", testRegion, testAccount, "key/" + id}, ":")),
	}
	a.keys = append(a.keys, key)
	return key
}

func (a *account) CreateAlias(_ context.Context, input *kms.CreateAliasInput, _ ...func(*kms.Options)) (*kms.CreateAliasOutput, error) {
	return change[kms.CreateAliasOutput](a, "CreateAlias", func() {
		if a.aliases == nil {
			a.aliases = map[string]string{}
		}
		a.aliases[*input.AliasName] = *input.TargetKeyId
	})
}

func (a *account) GetKeyRotationStatus(_ context.Context, input *kms.GetKeyRotationStatusInput, _ ...func(*kms.Options)) (*kms.GetKeyRotationStatusOutput, error) {
	return call(a, func() (*kms.GetKeyRotationStatusOutput, error) {
		return &kms.GetKeyRotationStatusOutput{KeyRotationEnabled: slices.Contains(a.rotated, *input.KeyId)}, nil
	})
}

func (a *account) EnableKeyRotation(_ context.Context, input *kms.EnableKeyRotationInput, _ ...func(*kms.Options)) (*kms.EnableKeyRotationOutput, error) {
	return change[kms.EnableKeyRotationOutput](a, "EnableKeyRotation", func() { a.rotated = append(a.rotated, *input.KeyId) })
}
