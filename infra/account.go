package infra

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// An Account is where the stack is deployed to, as the parts of an ARN.
type Account struct {
	// ID is the account's twelve digits.
	ID string
	// Region is the region's name, like eu-central-1.
	Region string
	// Partition is aws, aws-cn or aws-us-gov.
	Partition string
	// Profile is the AWS profile with the credentials, empty for the usual ones.
	Profile string
}

// lookupAccount asks AWS whose credentials these are. It is the first call
// of a deployment, so its errors say what is wrong with them.
func lookupAccount(ctx *pulumi.Context) (*Account, error) {
	identity, err := aws.GetCallerIdentity(ctx, &aws.GetCallerIdentityArgs{})
	if err != nil {
		return nil, fmt.Errorf("asking AWS for the account: %w; check the credentials (aws sts get-caller-identity) and aws:region", err)
	}
	region, err := aws.GetRegion(ctx, &aws.GetRegionArgs{})
	if err != nil {
		return nil, fmt.Errorf("asking the provider for the region: %w; set it with: pulumi config set aws:region <region>", err)
	}
	partition, err := aws.GetPartition(ctx, &aws.GetPartitionArgs{})
	if err != nil {
		return nil, fmt.Errorf("asking the provider for the partition: %w", err)
	}
	profile, _ := ctx.GetConfig("aws:profile")
	return &Account{ID: identity.AccountId, Region: region.Name, Partition: partition.Partition, Profile: profile}, nil
}

// arn returns the ARN of something in the account's region.
func (a *Account) arn(service, resource string) string {
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s", a.Partition, service, a.Region, a.ID, resource)
}

// globalARN returns the ARN of something that is in no region, like all of IAM.
func (a *Account) globalARN(service, resource string) string {
	return fmt.Sprintf("arn:%s:%s::%s:%s", a.Partition, service, a.ID, resource)
}

// bucketARN returns the ARN of a bucket, which is in no account either.
func (a *Account) bucketARN(name string) string {
	return fmt.Sprintf("arn:%s:s3:::%s", a.Partition, name)
}
