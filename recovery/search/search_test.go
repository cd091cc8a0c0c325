package search

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// A search is for a resource of a type with inputs.
type search struct {
	typ, inputs string
	want        []Found
}

func sameID(ids ...string) []Found {
	var found []Found
	for _, id := range ids {
		found = append(found, Found{ID: id, ImportID: id})
	}
	return found
}

func find(t *testing.T, account *Account, searches map[string]search) {
	t.Helper()
	for name, search := range searches {
		t.Run(name, func(t *testing.T) {
			got, err := account.Find(t.Context(), search.typ, []byte(search.inputs))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, search.want) {
				t.Errorf("found %v, want %v", got, search.want)
			}
		})
	}
}

func TestASearchThatCannotBeMadeSaysWhatToDo(t *testing.T) {
	for name, test := range map[string]struct{ typ, inputs, want string }{
		"for a type that is not known":      {"aws:sqs/queue:Queue", `{"name": "a"}`, "pulumi refresh --clear-pending-creates"},
		"for one of many that are the same": {"aws:ec2/eip:Eip", `{}`, "no tags to be known by"},
		"for what nobody can read":          {"aws:ec2/vpc:Vpc", `{"cidrBlock": 1}`, "reading its inputs"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := (&Account{}).Find(t.Context(), test.typ, []byte(test.inputs))
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), test.typ) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// A refusingEC2 answers nothing.
type refusingEC2 struct{ ec2API }

var errRefused = errors.New("you are not authorized")

func (refusingEC2) DescribeAddresses(context.Context, *ec2.DescribeAddressesInput, ...func(*ec2.Options)) (*ec2.DescribeAddressesOutput, error) {
	return nil, errRefused
}

// What was not looked for must not be taken for absent.
func TestARefusalIsNotTakenForNothingFound(t *testing.T) {
	_, err := (&Account{ec2: refusingEC2{}}).Find(t.Context(), "aws:ec2/eip:Eip", []byte(`{"tags": {"Name": "a"}}`))
	if !errors.Is(err, errRefused) {
		t.Errorf("got %v", err)
	}
}

// A pagedEC2 tells one VPC a page.
type pagedEC2 struct{ fakeEC2 }

func (p *pagedEC2) DescribeVpcs(_ context.Context, input *ec2.DescribeVpcsInput, _ ...func(*ec2.Options)) (*ec2.DescribeVpcsOutput, error) {
	if input.NextToken == nil {
		return &ec2.DescribeVpcsOutput{Vpcs: p.vpcs[:1], NextToken: aws.String("1")}, nil
	}
	return &ec2.DescribeVpcsOutput{Vpcs: p.vpcs[1:]}, nil
}

func TestAllPagesOfAnAnswerAreRead(t *testing.T) {
	account := &Account{ec2: &pagedEC2{fakeEC2{vpcs: []types.Vpc{
		{VpcId: aws.String("vpc-1"), CidrBlock: aws.String("10.0.0.0/16"), Tags: blog},
		{VpcId: aws.String("vpc-2"), CidrBlock: aws.String("10.0.0.0/16"), Tags: shop()},
	}}}}
	find(t, account, map[string]search{
		"the second": {"aws:ec2/vpc:Vpc", `{"cidrBlock": "10.0.0.0/16", "tags": {"Stack": "shop"}}`, sameID("vpc-2")},
	})
}
