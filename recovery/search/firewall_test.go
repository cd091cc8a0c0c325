package search

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"
)

// A fakeFirewall has the regional web ACLs "web" and, on a second page, "shop".
type fakeFirewall struct{}

func (fakeFirewall) ListWebACLs(_ context.Context, input *wafv2.ListWebACLsInput, _ ...func(*wafv2.Options)) (*wafv2.ListWebACLsOutput, error) {
	switch {
	case input.Scope != types.ScopeRegional:
		return &wafv2.ListWebACLsOutput{}, nil
	case input.NextMarker == nil:
		return &wafv2.ListWebACLsOutput{WebACLs: []types.WebACLSummary{{Id: aws.String("1"), Name: aws.String("web")}}, NextMarker: aws.String("web")}, nil
	default:
		return &wafv2.ListWebACLsOutput{WebACLs: []types.WebACLSummary{{Id: aws.String("2"), Name: aws.String("shop")}}}, nil
	}
}

func TestWhatIsFoundOfFirewalls(t *testing.T) {
	find(t, &Account{firewall: fakeFirewall{}}, map[string]search{
		"a web ACL, by its name":                  {"aws:wafv2/webAcl:WebAcl", `{"name": "web", "scope": "REGIONAL"}`, []Found{{"1", "1/web/REGIONAL"}}},
		"a web ACL of the second page":            {"aws:wafv2/webAcl:WebAcl", `{"name": "shop", "scope": "REGIONAL"}`, []Found{{"2", "2/shop/REGIONAL"}}},
		"no web ACL of another name":              {"aws:wafv2/webAcl:WebAcl", `{"name": "old", "scope": "REGIONAL"}`, nil},
		"no web ACL of what is not in the region": {"aws:wafv2/webAcl:WebAcl", `{"name": "web", "scope": "CLOUDFRONT"}`, nil},
	})
}
