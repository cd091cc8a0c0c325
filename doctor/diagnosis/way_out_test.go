package diagnosis

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

func TestVPCEndpoints(t *testing.T) {
	examineEach(t, []failure{
		{"VPC endpoints are a way to ECR", (*account).useEndpoints, nil, ""},
		{
			"an endpoint that is not there is missed",
			func(a *account) {
				a.useEndpoints()
				a.endpoints = a.endpoints[1:]
			},
			[]Kind{RegistryUnreachable}, "vpc-1 has no VPC endpoint of ecr.api",
		},
		{
			"an endpoint that is not available is of no use",
			func(a *account) {
				a.useEndpoints()
				a.endpoints[1].State = "pending"
			},
			[]Kind{RegistryUnreachable}, "VPC endpoint vpce-ecr.dkr (com.amazonaws.eu-central-1.ecr.dkr) is pending",
		},
		{
			"an endpoint without private DNS is not found by its name",
			func(a *account) {
				a.useEndpoints()
				a.endpoints[0].PrivateDnsEnabled = aws.Bool(false)
			},
			[]Kind{RegistryUnreachable}, "has private DNS turned off",
		},
		{
			"an endpoint that does not admit the tasks is of no use",
			func(a *account) {
				a.useEndpoints()
				a.groups[endpointGroup].IpPermissions = nil
			},
			[]Kind{RegistryUnreachable}, "the security groups (sg-endpoints) of VPC endpoint vpce-ecr.api",
		},
		{
			"tasks that may not send to an endpoint do not reach it",
			func(a *account) {
				a.useEndpoints()
				a.groups[taskGroup].IpPermissionsEgress = a.groups[taskGroup].IpPermissionsEgress[1:]
			},
			[]Kind{RegistryUnreachable, StateDiffers}, "let no TCP packets out to VPC endpoint vpce-ecr.api",
		},
		{
			"a gateway endpoint has to be in the route table",
			func(a *account) {
				a.useEndpoints()
				a.endpoints[3].RouteTableIds = nil
			},
			[]Kind{RegistryUnreachable}, "VPC endpoint vpce-s3 (com.amazonaws.eu-central-1.s3) is not in route table rtb-subnet-private",
		},
		{
			"tasks have to be let out to the prefix list of a gateway endpoint",
			func(a *account) {
				a.useEndpoints()
				a.groups[taskGroup].IpPermissionsEgress = a.groups[taskGroup].IpPermissionsEgress[:1]
			},
			[]Kind{RegistryUnreachable, StateDiffers}, "the prefix list of VPC endpoint vpce-s3",
		},
	})
}
