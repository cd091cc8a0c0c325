package vpc

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// The two sides of most tests.
var (
	balancer = NetworkInterface{ID: "eni-1", VPCID: "vpc-1", Address: netip.MustParseAddr("10.0.0.4"), SecurityGroups: []string{"sg-balancer"}}
	task     = NetworkInterface{ID: "eni-2", VPCID: "vpc-1", Address: netip.MustParseAddr("10.0.128.4"), SecurityGroups: []string{"sg-other", "sg-task"}}
)

func TestAllows(t *testing.T) {
	type permissions = []types.IpPermission
	tests := []struct {
		name    string
		out, in permissions
		port    int
		want    bool
	}{
		{"rules that name the groups let packets through", permissions{withGroup(tcp(80, 80), "sg-task")}, permissions{withGroup(tcp(80, 80), "sg-balancer")}, 80, true},
		{"a rule is for all ports of its range", permissions{withGroup(tcp(79, 81), "sg-task")}, permissions{withGroup(tcp(80, 90), "sg-balancer")}, 80, true},
		{"a rule is for no port below its range", permissions{withGroup(tcp(81, 90), "sg-task")}, permissions{withGroup(tcp(80, 80), "sg-balancer")}, 80, false},
		{"a rule is for no port above its range", permissions{withGroup(tcp(80, 80), "sg-task")}, permissions{withGroup(tcp(70, 79), "sg-balancer")}, 80, false},
		{"a rule for all protocols is for all ports", permissions{withGroup(all(), "sg-task")}, permissions{withGroup(all(), "sg-balancer")}, 65535, true},
		{"a rule for another protocol lets no TCP through", permissions{withGroup(all(), "sg-task")},
			permissions{withGroup(types.IpPermission{IpProtocol: aws.String("udp"), FromPort: aws.Int32(80), ToPort: aws.Int32(80)}, "sg-balancer")}, 80, false},
		{"a protocol may be a number", permissions{withGroup(all(), "sg-task")},
			permissions{withGroup(types.IpPermission{IpProtocol: aws.String("6"), FromPort: aws.Int32(80), ToPort: aws.Int32(80)}, "sg-balancer")}, 80, true},
		{"nothing gets out without a rule", nil, permissions{withGroup(all(), "sg-balancer")}, 80, false},
		{"nothing gets in without a rule", permissions{withGroup(all(), "sg-task")}, nil, 80, false},
		{"a rule for another group lets nothing in", permissions{withGroup(all(), "sg-task")}, permissions{withGroup(all(), "sg-task")}, 80, false},
		{"rules may name addresses", permissions{withCIDR(tcp(80, 80), "10.0.128.0/17")}, permissions{withCIDR(tcp(80, 80), "10.0.0.4/32")}, 80, true},
		{"a rule for other addresses lets nothing out", permissions{withCIDR(all(), "10.0.0.0/17")}, permissions{withCIDR(all(), "0.0.0.0/0")}, 80, false},
		{"a rule for other addresses lets nothing in", permissions{withCIDR(all(), "0.0.0.0/0")}, permissions{withCIDR(all(), "10.0.0.5/32")}, 80, false},
		{"one of several peers in a rule is enough", permissions{withCIDR(withGroup(all(), "sg-x"), "10.0.0.0/8")}, permissions{withCIDR(withCIDR(all(), "192.168.0.0/16"), "10.0.0.0/24")}, 80, true},
		{"one of several rules is enough", permissions{withCIDR(all(), "192.168.0.0/16"), withCIDR(all(), "10.0.0.0/8")}, permissions{withGroup(tcp(443, 443), "sg-balancer"), withGroup(tcp(80, 80), "sg-balancer")}, 80, true},
		{"rules may name prefix lists", permissions{withPrefixList(all(), "pl-vpc")}, permissions{withPrefixList(all(), "pl-vpc")}, 80, true},
		{"a prefix list without the address lets nothing in", permissions{withPrefixList(all(), "pl-vpc")}, permissions{withPrefixList(all(), "pl-s3")}, 80, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			network := New(&fakeEC2{
				groups: []types.SecurityGroup{
					group("sg-balancer", nil, test.out), group("sg-task", test.in, nil), group("sg-other", nil, nil),
				},
				prefixLists: prefixLists,
			})
			got, err := network.Allows(t.Context(), balancer, task, test.port)
			if err != nil || got != test.want {
				t.Errorf("allowed: %t (%v), want %t", got, err, test.want)
			}
		})
	}
}

var prefixLists = []types.PrefixList{
	{PrefixListId: aws.String("pl-s3"), PrefixListName: aws.String("com.amazonaws.eu-central-1.s3"), Cidrs: []string{"52.219.0.0/16", "3.5.0.0/16"}},
	{PrefixListId: aws.String("pl-vpc"), PrefixListName: aws.String("mine"), Cidrs: []string{"192.168.0.0/16", "10.0.0.0/16"}},
}

func TestNothingGetsFromOneVPCToAnother(t *testing.T) {
	everything := []types.IpPermission{withCIDR(all(), "0.0.0.0/0")}
	network := New(&fakeEC2{groups: []types.SecurityGroup{
		group("sg-balancer", everything, everything), group("sg-task", everything, everything),
	}})
	elsewhere := task
	elsewhere.VPCID = "vpc-2"
	if got, err := network.Allows(t.Context(), balancer, elsewhere, 80); got || err != nil {
		t.Errorf("allowed: %t (%v)", got, err)
	}
}

func TestAdmitsFrom(t *testing.T) {
	tests := []struct {
		name   string
		rule   types.IpPermission
		source string
		want   bool
	}{
		{"a rule for all addresses admits everybody", withCIDR(tcp(80, 80), "0.0.0.0/0"), "203.0.113.7", true},
		{"an IPv4 address may be written as IPv6", withCIDR(tcp(80, 80), "0.0.0.0/0"), "::ffff:203.0.113.7", true},
		{"a rule for a range admits who is in it", withCIDR(tcp(80, 80), "203.0.113.0/24"), "203.0.113.7", true},
		{"a rule for a range admits nobody else", withCIDR(tcp(80, 80), "203.0.113.0/24"), "203.0.114.7", false},
		{"a rule for another port admits nobody", withCIDR(tcp(443, 443), "0.0.0.0/0"), "203.0.113.7", false},
		{"a rule for a group admits nobody from outside", withGroup(all(), "sg-balancer"), "203.0.113.7", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			network := New(&fakeEC2{groups: []types.SecurityGroup{group("sg-balancer", []types.IpPermission{test.rule}, nil)}})
			got, err := network.AdmitsFrom(t.Context(), netip.MustParseAddr(test.source), balancer, 80)
			if err != nil || got != test.want {
				t.Errorf("admitted: %t (%v), want %t", got, err, test.want)
			}
		})
	}
}

func TestAChangedRuleHoldsSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &fakeEC2{groups: []types.SecurityGroup{group("sg-balancer", nil, nil)}}
		network := New(api)
		admits := func() bool {
			admitted, err := network.AdmitsFrom(t.Context(), netip.MustParseAddr("203.0.113.7"), balancer, 80)
			if err != nil {
				t.Error(err)
			}
			return admitted
		}
		if admits() {
			t.Error("admitted without a rule")
		}
		api.groups = []types.SecurityGroup{group("sg-balancer", []types.IpPermission{withCIDR(all(), "0.0.0.0/0")}, nil)}
		for range 1000 {
			admits()
		}
		if api.describedGroups != 1 {
			t.Errorf("the API was asked %d times at once, want 1", api.describedGroups)
		}
		time.Sleep(recentLimit)
		if !admits() {
			t.Errorf("not admitted %s after the rule was made", recentLimit)
		}
	})
}

func TestAnErrorOfTheAPIIsNotKept(t *testing.T) {
	api := &fakeEC2{failure: errors.New("ServiceUnavailable")}
	network := New(api)
	if _, err := network.Allows(t.Context(), balancer, task, 80); !errors.Is(err, api.failure) {
		t.Errorf("got %v, want %v", err, api.failure)
	}
	if _, err := network.AdmitsFrom(t.Context(), balancer.Address, task, 80); !errors.Is(err, api.failure) {
		t.Errorf("got %v, want %v", err, api.failure)
	}
	api.failure = nil
	if _, err := network.Allows(t.Context(), balancer, task, 80); err != nil {
		t.Errorf("the error stays: %v", err)
	}
}

func TestOneWhoGivesUpDoesNotWaitForTheAPI(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := newRecent(func(ctx context.Context) (int, error) {
			<-ctx.Done() // never answers
			return 0, ctx.Err()
		})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go answers.get(ctx)
		synctest.Wait()
		impatient, done := context.WithTimeout(t.Context(), time.Second)
		defer done()
		if _, err := answers.get(impatient); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

func TestARuleThatCannotBeReadIsAnError(t *testing.T) {
	tests := map[string]struct {
		rule types.IpPermission
		want string
	}{
		"addresses that are none":         {withCIDR(all(), "everybody"), "everybody"},
		"a prefix list that is not there": {withPrefixList(all(), "pl-gone"), "pl-gone"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			network := New(&fakeEC2{groups: []types.SecurityGroup{group("sg-task", nil, []types.IpPermission{test.rule})}})
			_, err := network.Allows(t.Context(), balancer, task, 80)
			if err == nil || !strings.Contains(err.Error(), "sg-task") || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with the group and %q", err, test.want)
			}
		})
	}
}
