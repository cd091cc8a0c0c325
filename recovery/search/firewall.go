package search

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"
)

type firewallAPI interface {
	ListWebACLs(context.Context, *wafv2.ListWebACLsInput, ...func(*wafv2.Options)) (*wafv2.ListWebACLsOutput, error)
}

type webACLInputs struct{ Name, Scope string }

// webACLs goes through the pages by itself: the SDK has no paginator for them.
func (a *Account) webACLs(ctx context.Context, inputs webACLInputs) ([]Found, error) {
	var found []Found
	input := &wafv2.ListWebACLsInput{Scope: types.Scope(inputs.Scope)}
	for {
		page, err := a.firewall.ListWebACLs(ctx, input)
		if err != nil {
			return nil, err
		}
		for _, acl := range page.WebACLs {
			if id := aws.ToString(acl.Id); aws.ToString(acl.Name) == inputs.Name {
				found = append(found, Found{ID: id, ImportID: strings.Join([]string{id, inputs.Name, inputs.Scope}, "/")})
			}
		}
		if input.NextMarker = page.NextMarker; aws.ToString(input.NextMarker) == "" {
			return found, nil
		}
	}
}
