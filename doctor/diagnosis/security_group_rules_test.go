package diagnosis

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func TestSecurityGroupRules(t *testing.T) {
	examineEach(t, []failure{
		{
			"a rule that was added by hand differs from the state",
			func(a *account) {
				group := a.groups[taskGroup]
				group.IpPermissions = append(group.IpPermissions, fromRange(22, internet))
			},
			[]Kind{StateDiffers}, "SecurityGroup app (sg-tasks): tcp 22 from 0.0.0.0/0 is in AWS, and not in the state",
		},
		{
			"a rule that was removed by hand differs from the state",
			func(a *account) {
				state := a.state(securityGroupType)
				state["ingress"] = append(state["ingress"].([]map[string]any), map[string]any{"protocol": "tcp", "fromPort": 9000, "toPort": 9010, "self": true})
			},
			[]Kind{StateDiffers}, "SecurityGroup app (sg-tasks): tcp 9000-9010 from sg-tasks is in the state, and not in AWS",
		},
		{
			"a rule in the default group differs from the state, which leaves it without any",
			func(a *account) {
				a.groups["sg-default"] = &ec2types.SecurityGroup{GroupId: aws.String("sg-default"), IpPermissionsEgress: []ec2types.IpPermission{everything()}}
				a.addResource(defaultGroupType, "sg-default", map[string]any{"ingress": []map[string]any{}, "egress": []map[string]any{}})
			},
			[]Kind{StateDiffers}, "DefaultSecurityGroup app (sg-default): everything to 0.0.0.0/0 is in AWS, and not in the state",
		},
		{
			"a security group that was deleted differs from the state",
			func(a *account) { a.addResource(securityGroupType, "sg-gone", nil) },
			[]Kind{StateDiffers}, "SecurityGroup app (sg-gone) is in the state, and not in AWS",
		},
		{
			"rules are the same however they are put together, and described",
			func(a *account) {
				egress := &a.groups[taskGroup].IpPermissionsEgress[0]
				egress.IpRanges[0].Description = aws.String("The internet")
				egress.Ipv6Ranges = []ec2types.Ipv6Range{{CidrIpv6: aws.String("::/0")}}
				egress.PrefixListIds = []ec2types.PrefixListId{{PrefixListId: aws.String(s3PrefixList)}}
				a.state(securityGroupType)["egress"] = []map[string]any{
					ruleInState("-1", 0, "ipv6CidrBlocks", "::/0"),
					ruleInState("-1", 0, "prefixListIds", s3PrefixList),
					ruleInState("-1", 0, "cidrBlocks", internet),
				}
			},
			nil, "",
		},
	})
}
