package search

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

type securityGroupInputs struct {
	VPC  string `json:"vpcId"`
	Name string
}

func (a *Account) securityGroups(ctx context.Context, inputs securityGroupInputs) ([]Found, error) {
	described, err := a.ec2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{
		Filters: append(in("vpc-id", inputs.VPC), in("group-name", inputs.Name)...),
	})
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, group := range described.SecurityGroups {
		found = append(found, byID(group.GroupId))
	}
	return found, nil
}
