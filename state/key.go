package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// keyAPI is what is asked of KMS.
type keyAPI interface {
	DescribeKey(context.Context, *kms.DescribeKeyInput, ...func(*kms.Options)) (*kms.DescribeKeyOutput, error)
	ListKeys(context.Context, *kms.ListKeysInput, ...func(*kms.Options)) (*kms.ListKeysOutput, error)
	CreateKey(context.Context, *kms.CreateKeyInput, ...func(*kms.Options)) (*kms.CreateKeyOutput, error)
	CreateAlias(context.Context, *kms.CreateAliasInput, ...func(*kms.Options)) (*kms.CreateAliasOutput, error)
	GetKeyRotationStatus(context.Context, *kms.GetKeyRotationStatusInput, ...func(*kms.Options)) (*kms.GetKeyRotationStatusOutput, error)
	EnableKeyRotation(context.Context, *kms.EnableKeyRotationInput, ...func(*kms.Options)) (*kms.EnableKeyRotationOutput, error)
}

// alias is the name of the key.
func (p *place) alias() string { return "alias/" + p.bucket }

// purpose is the description of the key. It tells which one is meant until there
// is the alias.
func (p *place) purpose() string { return "State of Pulumi in the bucket " + p.bucket }

// ensureKey returns the ARN of the key, which it makes unless it is there. Its
// policy is the one that KMS gives it: the account's IAM policies decide.
func (p *place) ensureKey(ctx context.Context) (string, error) {
	key, err := p.describeKey(ctx, p.alias())
	if _, missing := errors.AsType[*types.NotFoundException](err); missing {
		key, err = p.makeKey(ctx)
	}
	if err != nil {
		return "", err
	}
	if key.KeyState != types.KeyStateEnabled {
		return "", fmt.Errorf("%s is %s; enable it (aws kms enable-key, after aws kms cancel-key-deletion if it is to be deleted), or choose another bucket",
			aws.ToString(key.Arn), key.KeyState)
	}
	return aws.ToString(key.Arn), p.ensureRotation(ctx, key.KeyId)
}

func (p *place) describeKey(ctx context.Context, name string) (*types.KeyMetadata, error) {
	described, err := p.keys.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &name})
	if err != nil {
		return nil, err
	}
	return described.KeyMetadata, nil
}

// makeKey makes a key with the alias, or gives it to one that was made by a run
// that did not get to it.
func (p *place) makeKey(ctx context.Context) (*types.KeyMetadata, error) {
	key, err := p.findNamelessKey(ctx)
	if err != nil {
		return nil, err
	}
	if key == nil {
		created, err := p.keys.CreateKey(ctx, &kms.CreateKeyInput{Description: aws.String(p.purpose())})
		if err != nil {
			return nil, fmt.Errorf("making it: %w", err)
		}
		key = created.KeyMetadata
		p.made("key %s", aws.ToString(key.Arn))
	}
	_, err = p.keys.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: aws.String(p.alias()), TargetKeyId: key.KeyId})
	if err != nil {
		return nil, fmt.Errorf("naming %s: %w", aws.ToString(key.Arn), err)
	}
	p.made("its name %s", p.alias())
	return key, nil
}

// findNamelessKey looks for an enabled key by its description. There may be none.
func (p *place) findNamelessKey(ctx context.Context) (*types.KeyMetadata, error) {
	pages := kms.NewListKeysPaginator(p.keys, &kms.ListKeysInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("looking for one that an interrupted run made: %w", err)
		}
		for _, listed := range page.Keys {
			key, err := p.describeKey(ctx, aws.ToString(listed.KeyId))
			if err != nil {
				return nil, fmt.Errorf("looking for one that an interrupted run made: %w", err)
			}
			if aws.ToString(key.Description) == p.purpose() && key.KeyState == types.KeyStateEnabled {
				return key, nil
			}
		}
	}
	return nil, nil
}

func (p *place) ensureRotation(ctx context.Context, id *string) error {
	rotation, err := p.keys.GetKeyRotationStatus(ctx, &kms.GetKeyRotationStatusInput{KeyId: id})
	if err != nil {
		return fmt.Errorf("asking whether it is rotated: %w", err)
	}
	if rotation.KeyRotationEnabled {
		return nil
	}
	if _, err := p.keys.EnableKeyRotation(ctx, &kms.EnableKeyRotationInput{KeyId: id}); err != nil {
		return fmt.Errorf("having it rotated: %w", err)
	}
	p.made("its rotation, once a year")
	return nil
}
