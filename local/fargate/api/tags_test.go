package api

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func TestTheTagsOfAServiceAreChanged(t *testing.T) {
	c := newCloud(t)
	arn := c.create(0).ServiceArn
	expect := func(want ...string) {
		t.Helper()
		listed, err := c.ecs.ListTagsForResource(t.Context(), &ecs.ListTagsForResourceInput{ResourceArn: arn})
		var got []string
		for _, tag := range must(t, listed, err).Tags {
			got = append(got, *tag.Key+"="+*tag.Value)
		}
		if !slices.Equal(got, want) {
			t.Errorf("tags are %v, want %v", got, want)
		}
	}
	expect("a=1")
	_, err := c.ecs.TagResource(t.Context(), &ecs.TagResourceInput{ResourceArn: arn, Tags: []types.Tag{
		{Key: aws.String("b"), Value: aws.String("2")}, {Key: aws.String("a"), Value: aws.String("3")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	expect("b=2", "a=3")
	if _, err := c.ecs.UntagResource(t.Context(), &ecs.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"b"}}); err != nil {
		t.Fatal(err)
	}
	expect("a=3")
}
