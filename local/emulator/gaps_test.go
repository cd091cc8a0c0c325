package emulator

import (
	"crypto/rand"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	scalingtypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	loadbalancing "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	loadbalancingtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// TestGaps has one test for each function of gaps.py.
func TestGaps(t *testing.T) {
	chosen := options(t)
	settings := aws.Config{
		Region:       chosen.Region,
		BaseEndpoint: aws.String(start(t, chosen).URL()),
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
	t.Run("security group rules have prefix lists", func(t *testing.T) { testPrefixList(t, ec2.NewFromConfig(settings)) })
	t.Run("the rule that a security group begins with can be taken away", func(t *testing.T) { testFirstRule(t, ec2.NewFromConfig(settings)) })
	t.Run("a rule can be taken away as it is described", func(t *testing.T) { testDescribedRule(t, ec2.NewFromConfig(settings)) })
	t.Run("VPC endpoints keep security groups and private DNS", func(t *testing.T) { testEndpoint(t, ec2.NewFromConfig(settings)) })
	t.Run("VPC endpoints are found by their VPC", func(t *testing.T) { testEndpointFilter(t, ec2.NewFromConfig(settings)) })
	t.Run("a NAT gateway has its address", func(t *testing.T) { testNATGateway(t, ec2.NewFromConfig(settings)) })
	t.Run("a NAT gateway that is asked for twice is one", func(t *testing.T) { testClientToken(t, ec2.NewFromConfig(settings)) })
	t.Run("a listener that is created twice is one", func(t *testing.T) { testListener(t, loadbalancing.NewFromConfig(settings)) })
	t.Run("a certificate is issued when its record is in DNS", func(t *testing.T) {
		testCertificate(t, acm.NewFromConfig(settings), route53.NewFromConfig(settings))
	})
	t.Run("a listener takes only a certificate that is issued", func(t *testing.T) {
		testListenerCertificate(t, acm.NewFromConfig(settings), loadbalancing.NewFromConfig(settings))
	})
	t.Run("a target group can be deleted twice", func(t *testing.T) { testTargetGroup(t, loadbalancing.NewFromConfig(settings)) })
	t.Run("a load balancer is in the VPC of its subnets", func(t *testing.T) {
		testLoadBalancerVPC(t, ec2.NewFromConfig(settings), loadbalancing.NewFromConfig(settings))
	})
	t.Run("flow logs keep their role, their tags, and how often they are written", func(t *testing.T) { testFlowLog(t, ec2.NewFromConfig(settings)) })
	t.Run("alarms are described as they were put", func(t *testing.T) { testAlarm(t, *settings.BaseEndpoint) })
	t.Run("a bucket is public if its policy says so", func(t *testing.T) { testPublicBucket(t, s3.NewFromConfig(settings)) })
	t.Run("an image that was deleted can't be pulled", func(t *testing.T) {
		testDeletedImage(t, *settings.BaseEndpoint, ecr.NewFromConfig(settings))
	})
	t.Run("the autoscaling of services is remembered", func(t *testing.T) {
		testService(t, ecs.NewFromConfig(settings), applicationautoscaling.NewFromConfig(settings))
	})
}

func testFirstRule(t *testing.T, client *ec2.Client) {
	group := newGroup(t, client)
	_, err := client.RevokeSecurityGroupEgress(t.Context(), &ec2.RevokeSecurityGroupEgressInput{
		GroupId: &group,
		IpPermissions: []ec2types.IpPermission{{ // as the AWS provider writes it
			IpProtocol: aws.String("-1"), FromPort: aws.Int32(0), ToPort: aws.Int32(0),
			IpRanges: []ec2types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}},
		}},
	})
	must(t, err)
	groups, err := client.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{GroupIds: []string{group}})
	must(t, err)
	if rules := groups.SecurityGroups[0].IpPermissionsEgress; len(rules) != 0 {
		t.Errorf("rules are %v", rules)
	}
}

func testDescribedRule(t *testing.T, client *ec2.Client) {
	group := newGroup(t, client)
	_, err := client.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: &group,
		IpPermissions: []ec2types.IpPermission{{
			IpProtocol: aws.String("tcp"), FromPort: aws.Int32(80), ToPort: aws.Int32(80),
			UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: &group}},
		}},
	})
	must(t, err)
	describe := func() []ec2types.IpPermission {
		groups, err := client.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{GroupIds: []string{group}})
		must(t, err)
		return groups.SecurityGroups[0].IpPermissions
	}
	if rules := describe(); len(rules) != 1 {
		t.Fatalf("rules are %v", rules)
	}
	_, err = client.RevokeSecurityGroupIngress(t.Context(), &ec2.RevokeSecurityGroupIngressInput{GroupId: &group, IpPermissions: describe()})
	must(t, err)
	if rules := describe(); len(rules) != 0 {
		t.Errorf("rules are %v", rules)
	}
}

func testPrefixList(t *testing.T, client *ec2.Client) {
	group := newGroup(t, client)
	_, err := client.AuthorizeSecurityGroupEgress(t.Context(), &ec2.AuthorizeSecurityGroupEgressInput{
		GroupId: &group,
		IpPermissions: []ec2types.IpPermission{{
			IpProtocol: aws.String("tcp"), FromPort: aws.Int32(443), ToPort: aws.Int32(443),
			PrefixListIds: []ec2types.PrefixListId{{PrefixListId: aws.String("pl-1"), Description: aws.String("S3")}},
		}},
	})
	must(t, err)
	groups, err := client.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{GroupIds: []string{group}})
	must(t, err)
	rules := groups.SecurityGroups[0].IpPermissionsEgress
	last := rules[len(rules)-1]
	if len(last.PrefixListIds) != 1 || *last.PrefixListIds[0].PrefixListId != "pl-1" || *last.PrefixListIds[0].Description != "S3" {
		t.Errorf("prefix lists are %v", last.PrefixListIds)
	}
	all, err := client.DescribeSecurityGroupRules(t.Context(), &ec2.DescribeSecurityGroupRulesInput{
		Filters: []ec2types.Filter{{Name: aws.String("group-id"), Values: []string{group}}},
	})
	must(t, err)
	if !slices.ContainsFunc(all.SecurityGroupRules, func(r ec2types.SecurityGroupRule) bool { return aws.ToString(r.PrefixListId) == "pl-1" }) {
		t.Errorf("no rule of %v names the prefix list", all.SecurityGroupRules)
	}
}

func newGroup(t *testing.T, client *ec2.Client) string {
	t.Helper()
	vpc, err := client.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	must(t, err)
	group, err := client.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{
		VpcId: vpc.Vpc.VpcId, GroupName: aws.String("test"), Description: aws.String("test"),
	})
	must(t, err)
	return *group.GroupId
}

func testEndpoint(t *testing.T, client *ec2.Client) {
	first, second := newGroup(t, client), newGroup(t, client)
	created, err := client.CreateVpcEndpoint(t.Context(), &ec2.CreateVpcEndpointInput{
		VpcId: aws.String("vpc-1"), ServiceName: aws.String("com.amazonaws.eu-central-1.logs"), VpcEndpointType: ec2types.VpcEndpointTypeInterface,
		SecurityGroupIds: []string{first}, PrivateDnsEnabled: aws.Bool(true),
	})
	must(t, err)
	id := created.VpcEndpoint.VpcEndpointId
	check := func(group string) {
		t.Helper()
		endpoints, err := client.DescribeVpcEndpoints(t.Context(), &ec2.DescribeVpcEndpointsInput{VpcEndpointIds: []string{*id}})
		must(t, err)
		endpoint := endpoints.VpcEndpoints[0]
		if len(endpoint.Groups) != 1 || *endpoint.Groups[0].GroupId != group || !*endpoint.PrivateDnsEnabled {
			t.Errorf("groups are %v, want %s; private DNS is %v", endpoint.Groups, group, *endpoint.PrivateDnsEnabled)
		}
	}
	check(first)
	_, err = client.ModifyVpcEndpoint(t.Context(), &ec2.ModifyVpcEndpointInput{
		VpcEndpointId: id, AddSecurityGroupIds: []string{second}, RemoveSecurityGroupIds: []string{first},
	})
	must(t, err)
	check(second)
}

func testEndpointFilter(t *testing.T, client *ec2.Client) {
	_, err := client.CreateVpcEndpoint(t.Context(), &ec2.CreateVpcEndpointInput{VpcId: aws.String("vpc-2"), ServiceName: aws.String("com.amazonaws.eu-central-1.s3")})
	must(t, err)
	for vpc, want := range map[string]int{"vpc-2": 1, "vpc-3": 0} {
		found, err := client.DescribeVpcEndpoints(t.Context(), &ec2.DescribeVpcEndpointsInput{
			Filters: []ec2types.Filter{{Name: aws.String("vpc-id"), Values: []string{vpc}}},
		})
		must(t, err)
		if len(found.VpcEndpoints) != want {
			t.Errorf("%d endpoints in %s, want %d", len(found.VpcEndpoints), vpc, want)
		}
	}
}

func testNATGateway(t *testing.T, client *ec2.Client) {
	address, err := client.AllocateAddress(t.Context(), &ec2.AllocateAddressInput{})
	must(t, err)
	created, err := client.CreateNatGateway(t.Context(), &ec2.CreateNatGatewayInput{SubnetId: aws.String("subnet-1"), AllocationId: address.AllocationId})
	must(t, err)
	found, err := client.DescribeNatGateways(t.Context(), &ec2.DescribeNatGatewaysInput{NatGatewayIds: []string{*created.NatGateway.NatGatewayId}})
	must(t, err)
	addresses := found.NatGateways[0].NatGatewayAddresses
	if len(addresses) != 1 || *addresses[0].AllocationId != *address.AllocationId || *addresses[0].PublicIp != *address.PublicIp {
		t.Errorf("addresses are %v, want %s", addresses, *address.PublicIp)
	}
}

func testClientToken(t *testing.T, client *ec2.Client) {
	create := func(token string) string {
		created, err := client.CreateNatGateway(t.Context(), &ec2.CreateNatGatewayInput{SubnetId: aws.String("subnet-1"), ClientToken: &token})
		must(t, err)
		return *created.NatGateway.NatGatewayId
	}
	first, again, other := create("a"), create("a"), create("b")
	if first != again || first == other {
		t.Errorf("NAT gateways of the same token are %s and %s, of another %s", first, again, other)
	}
}

func testListener(t *testing.T, client *loadbalancing.Client) {
	balancer, err := client.CreateLoadBalancer(t.Context(), &loadbalancing.CreateLoadBalancerInput{Name: aws.String("test")})
	must(t, err)
	create := func(port int32) string {
		created, err := client.CreateListener(t.Context(), &loadbalancing.CreateListenerInput{
			LoadBalancerArn: balancer.LoadBalancers[0].LoadBalancerArn, Port: &port, Protocol: loadbalancingtypes.ProtocolEnumHttp,
			DefaultActions: []loadbalancingtypes.Action{{Type: loadbalancingtypes.ActionTypeEnumFixedResponse}},
		})
		must(t, err)
		return *created.Listeners[0].ListenerArn
	}
	first, again, other := create(80), create(80), create(81)
	if first != again || first == other {
		t.Errorf("listeners on port 80 are %s and %s, on port 81 %s", first, again, other)
	}
}

func testCertificate(t *testing.T, certificates *acm.Client, dns *route53.Client) {
	arn := newCertificate(t, certificates, acmtypes.ValidationMethodDns)
	describe := func() *acmtypes.CertificateDetail {
		described, err := certificates.DescribeCertificate(t.Context(), &acm.DescribeCertificateInput{CertificateArn: &arn})
		must(t, err)
		return described.Certificate
	}
	record := describe().DomainValidationOptions[0].ResourceRecord
	create := func(zone string, private bool, value string) {
		created, err := dns.CreateHostedZone(t.Context(), &route53.CreateHostedZoneInput{
			Name: aws.String("example.com"), CallerReference: &zone, HostedZoneConfig: &route53types.HostedZoneConfig{PrivateZone: private},
		})
		must(t, err)
		_, err = dns.ChangeResourceRecordSets(t.Context(), &route53.ChangeResourceRecordSetsInput{
			HostedZoneId: created.HostedZone.Id,
			ChangeBatch: &route53types.ChangeBatch{Changes: []route53types.Change{{
				Action: route53types.ChangeActionCreate,
				ResourceRecordSet: &route53types.ResourceRecordSet{
					Name: record.Name, Type: route53types.RRType(record.Type), TTL: aws.Int64(60), ResourceRecords: []route53types.ResourceRecord{{Value: &value}},
				},
			}}},
		})
		must(t, err)
	}
	check := func(when string, want acmtypes.CertificateStatus, of acmtypes.DomainStatus) {
		t.Helper()
		if got := describe(); got.Status != want || got.DomainValidationOptions[0].ValidationStatus != of {
			t.Errorf("%s, certificate is %s, its validation %s", when, got.Status, got.DomainValidationOptions[0].ValidationStatus)
		}
	}
	check("without a record", acmtypes.CertificateStatusPendingValidation, acmtypes.DomainStatusPendingValidation)
	create("private", true, *record.Value)
	check("with a record that only a VPC sees", acmtypes.CertificateStatusPendingValidation, acmtypes.DomainStatusPendingValidation)
	create("wrong", false, "elsewhere.example.com.")
	check("with another record", acmtypes.CertificateStatusPendingValidation, acmtypes.DomainStatusPendingValidation)
	create("right", false, *record.Value)
	check("with its record", acmtypes.CertificateStatusIssued, acmtypes.DomainStatusSuccess)
}

func newCertificate(t *testing.T, client *acm.Client, method acmtypes.ValidationMethod) string {
	t.Helper()
	requested, err := client.RequestCertificate(t.Context(), &acm.RequestCertificateInput{
		DomainName: aws.String(strings.ToLower(rand.Text()) + ".example.com"), ValidationMethod: method,
	})
	must(t, err)
	return *requested.CertificateArn
}

func testListenerCertificate(t *testing.T, certificates *acm.Client, client *loadbalancing.Client) {
	pending := newCertificate(t, certificates, acmtypes.ValidationMethodDns)
	issued := newCertificate(t, certificates, acmtypes.ValidationMethodEmail) // MiniStack reads no mail
	balancer, err := client.CreateLoadBalancer(t.Context(), &loadbalancing.CreateLoadBalancerInput{Name: aws.String("secure")})
	must(t, err)
	create := func(arn string) error {
		_, err := client.CreateListener(t.Context(), &loadbalancing.CreateListenerInput{
			LoadBalancerArn: balancer.LoadBalancers[0].LoadBalancerArn, Port: aws.Int32(443), Protocol: loadbalancingtypes.ProtocolEnumHttps,
			Certificates:   []loadbalancingtypes.Certificate{{CertificateArn: &arn}},
			DefaultActions: []loadbalancingtypes.Action{{Type: loadbalancingtypes.ActionTypeEnumFixedResponse}},
		})
		return err
	}
	for arn, want := range map[string]string{pending: "UnsupportedCertificate", pending + "0": "CertificateNotFound"} {
		if err := create(arn); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("certificate %s is answered with %v, want %s", arn, err, want)
		}
	}
	must(t, create(issued))
}

func testTargetGroup(t *testing.T, client *loadbalancing.Client) {
	created, err := client.CreateTargetGroup(t.Context(), &loadbalancing.CreateTargetGroupInput{Name: aws.String("twice")})
	must(t, err)
	for range 2 {
		_, err := client.DeleteTargetGroup(t.Context(), &loadbalancing.DeleteTargetGroupInput{TargetGroupArn: created.TargetGroups[0].TargetGroupArn})
		must(t, err)
	}
}

func testLoadBalancerVPC(t *testing.T, network *ec2.Client, client *loadbalancing.Client) {
	vpc, err := network.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	must(t, err)
	subnet, err := network.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{VpcId: vpc.Vpc.VpcId, CidrBlock: aws.String("10.0.0.0/24")})
	must(t, err)
	created, err := client.CreateLoadBalancer(t.Context(), &loadbalancing.CreateLoadBalancerInput{
		Name: aws.String("in-vpc"), Subnets: []string{*subnet.Subnet.SubnetId},
	})
	must(t, err)
	if got := *created.LoadBalancers[0].VpcId; got != *vpc.Vpc.VpcId {
		t.Errorf("load balancer is in %s, want %s", got, *vpc.Vpc.VpcId)
	}
}

func testFlowLog(t *testing.T, client *ec2.Client) {
	const role = "arn:aws:iam::000000000000:role/flow-logs"
	created, err := client.CreateFlowLogs(t.Context(), &ec2.CreateFlowLogsInput{
		ResourceIds: []string{"vpc-1"}, ResourceType: ec2types.FlowLogsResourceTypeVpc, TrafficType: ec2types.TrafficTypeAll,
		LogDestination:           aws.String("arn:aws:logs:eu-central-1:000000000000:log-group:/vpc/test"),
		DeliverLogsPermissionArn: aws.String(role), MaxAggregationInterval: aws.Int32(60),
		TagSpecifications: []ec2types.TagSpecification{{
			ResourceType: ec2types.ResourceTypeVpcFlowLog, Tags: []ec2types.Tag{{Key: aws.String("Stack"), Value: aws.String("test")}},
		}},
	})
	must(t, err)
	found, err := client.DescribeFlowLogs(t.Context(), &ec2.DescribeFlowLogsInput{FlowLogIds: created.FlowLogIds})
	must(t, err)
	log := found.FlowLogs[0]
	if aws.ToString(log.DeliverLogsPermissionArn) != role || aws.ToInt32(log.MaxAggregationInterval) != 60 {
		t.Errorf("role is %v, interval %v", log.DeliverLogsPermissionArn, log.MaxAggregationInterval)
	}
	if len(log.Tags) != 1 || *log.Tags[0].Value != "test" {
		t.Errorf("tags are %v", log.Tags)
	}
	if !strings.HasPrefix(aws.ToString(log.LogFormat), "${version} ${account-id}") {
		t.Errorf("format is %v, want EC2's default", log.LogFormat)
	}
}

// testAlarm asks as the AWS provider does, in the query protocol, which newer
// clients no longer speak.
func testAlarm(t *testing.T, endpoint string) {
	ask(t, endpoint, url.Values{
		"Action": {"PutMetricAlarm"}, "AlarmName": {"latency"}, "AlarmDescription": {"p99 > 1 & slow"},
		"Namespace": {"AWS/ApplicationELB"}, "MetricName": {"TargetResponseTime"}, "ExtendedStatistic": {"p99"}, "Period": {"60"},
		"Dimensions.member.1.Name": {"LoadBalancer"}, "Dimensions.member.1.Value": {"app/alb/1"},
		"Threshold": {"1"}, "ComparisonOperator": {"GreaterThanThreshold"}, "EvaluationPeriods": {"5"}, "DatapointsToAlarm": {"3"},
		"TreatMissingData": {"notBreaching"}, "AlarmActions.member.1": {"arn:topic"}, "OKActions.member.1": {"arn:topic"},
		"InsufficientDataActions.member.1": {"arn:topic"}, "EvaluateLowSampleCountPercentile": {"ignore"},
	})
	ask(t, endpoint, url.Values{
		"Action": {"PutMetricAlarm"}, "AlarmName": {"errors"}, "Threshold": {"5"},
		"ComparisonOperator": {"GreaterThanThreshold"}, "EvaluationPeriods": {"5"},
		"Metrics.member.1.Id": {"share"}, "Metrics.member.1.Expression": {"100 * errors"}, "Metrics.member.1.ReturnData": {"true"},
		"Metrics.member.2.Id": {"errors"}, "Metrics.member.2.ReturnData": {"false"},
		"Metrics.member.2.MetricStat.Stat": {"Sum"}, "Metrics.member.2.MetricStat.Period": {"60"},
		"Metrics.member.2.MetricStat.Metric.Namespace": {"AWS/ApplicationELB"},
	})
	for name, want := range map[string][]string{
		"latency": {
			"<AlarmDescription>p99 &gt; 1 &amp; slow</AlarmDescription>", "<ExtendedStatistic>p99</ExtendedStatistic>", "<Period>60</Period>",
			"<Dimensions><member><Name>LoadBalancer</Name><Value>app/alb/1</Value></member></Dimensions>",
			"<DatapointsToAlarm>3</DatapointsToAlarm>", "<TreatMissingData>notBreaching</TreatMissingData>", "<ActionsEnabled>true</ActionsEnabled>",
			"<AlarmActions><member>arn:topic</member></AlarmActions>", "<OKActions><member>arn:topic</member></OKActions>",
			"<InsufficientDataActions><member>arn:topic</member></InsufficientDataActions>",
			"<EvaluateLowSampleCountPercentile>ignore</EvaluateLowSampleCountPercentile>",
		},
		"errors": {
			"<Expression>100 * errors</Expression>", "<ReturnData>true</ReturnData>", "<ReturnData>false</ReturnData>",
			"<MetricStat><Metric><Namespace>AWS/ApplicationELB</Namespace></Metric><Period>60</Period><Stat>Sum</Stat></MetricStat>",
		},
	} {
		described := ask(t, endpoint, url.Values{"Action": {"DescribeAlarms"}, "AlarmNames.member.1": {name}})
		for _, part := range append(want, "<AlarmName>"+name+"</AlarmName>") {
			if !strings.Contains(described, part) {
				t.Errorf("%s is described without %s:\n%s", name, part, described)
			}
		}
		if strings.Count(described, "<AlarmName>") != 1 || strings.Contains(described, "<Statistic>") {
			t.Errorf("%s is described with more than was asked for:\n%s", name, described)
		}
	}
}

// ask calls CloudWatch in the query protocol and returns what it answers.
func ask(t *testing.T, endpoint string, parameters url.Values) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint, strings.NewReader(parameters.Encode()))
	must(t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	// MiniStack finds the service in the scope of the signature.
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/monitoring/aws4_request")
	answer, err := http.DefaultClient.Do(request)
	must(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	must(t, err)
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s is answered with %s: %s", parameters.Get("Action"), answer.Status, body)
	}
	return string(body)
}

func testPublicBucket(t *testing.T, client *s3.Client) {
	bucket := aws.String("shop-state")
	_, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{
		Bucket:                    bucket,
		CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: s3types.BucketLocationConstraint(client.Options().Region)},
	})
	must(t, err)
	_, err = client.GetBucketPolicyStatus(t.Context(), &s3.GetBucketPolicyStatusInput{Bucket: bucket})
	if err == nil || !strings.Contains(err.Error(), "NoSuchBucketPolicy") {
		t.Errorf("without a policy, the error is %v", err)
	}
	_, err = client.DeletePublicAccessBlock(t.Context(), &s3.DeletePublicAccessBlockInput{Bucket: bucket})
	must(t, err)
	for effect, want := range map[string]bool{"Allow": true, "Deny": false} {
		policy := `{"Statement":[{"Effect":"` + effect + `","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::shop-state/*"}]}`
		_, err = client.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: bucket, Policy: &policy})
		must(t, err)
		answer, err := client.GetBucketPolicyStatus(t.Context(), &s3.GetBucketPolicyStatusInput{Bucket: bucket})
		must(t, err)
		if answer.PolicyStatus == nil || aws.ToBool(answer.PolicyStatus.IsPublic) != want {
			t.Errorf("a policy that says %s makes it %+v", effect, answer.PolicyStatus)
		}
	}
}

func testDeletedImage(t *testing.T, endpoint string, client *ecr.Client) {
	_, err := client.CreateRepository(t.Context(), &ecr.CreateRepositoryInput{RepositoryName: aws.String("app")})
	must(t, err)
	registry := endpoint + "/v2/app/manifests/"
	push, err := http.NewRequestWithContext(t.Context(), http.MethodPut, registry+"v1", strings.NewReader(`{"schemaVersion": 2}`))
	must(t, err)
	pushed, err := http.DefaultClient.Do(push)
	must(t, err)
	pushed.Body.Close()
	digest := pushed.Header.Get("Docker-Content-Digest")
	if got := registryStatus(t, registry+digest); got != http.StatusOK {
		t.Fatalf("what was pushed is answered with %d", got)
	}
	_, err = client.BatchDeleteImage(t.Context(), &ecr.BatchDeleteImageInput{
		RepositoryName: aws.String("app"), ImageIds: []ecrtypes.ImageIdentifier{{ImageDigest: &digest}},
	})
	must(t, err)
	if got := registryStatus(t, registry+digest); got != http.StatusNotFound {
		t.Errorf("what was deleted is answered with %d", got)
	}
}

func registryStatus(t *testing.T, manifest string) int {
	t.Helper()
	pull, err := http.NewRequestWithContext(t.Context(), http.MethodGet, manifest, nil)
	must(t, err)
	pulled, err := http.DefaultClient.Do(pull)
	must(t, err)
	pulled.Body.Close()
	return pulled.StatusCode
}

func testService(t *testing.T, client *ecs.Client, autoscaling *applicationautoscaling.Client) {
	_, err := client.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: aws.String("test")})
	must(t, err)
	_, err = client.RegisterTaskDefinition(t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("test"), ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: aws.String("app"), Image: aws.String("app")}},
	})
	must(t, err)
	_, err = client.CreateService(t.Context(), &ecs.CreateServiceInput{
		Cluster: aws.String("test"), ServiceName: aws.String("test"), TaskDefinition: aws.String("test"), DesiredCount: aws.Int32(0),
	})
	must(t, err)
	register := func(service string) (*applicationautoscaling.RegisterScalableTargetOutput, error) {
		return autoscaling.RegisterScalableTarget(t.Context(), &applicationautoscaling.RegisterScalableTargetInput{
			ServiceNamespace: scalingtypes.ServiceNamespaceEcs, ScalableDimension: scalingtypes.ScalableDimensionECSServiceDesiredCount,
			ResourceId: aws.String("service/test/" + service), MinCapacity: aws.Int32(1), MaxCapacity: aws.Int32(2),
			Tags: map[string]string{"a": "1", "b": "2"},
		})
	}
	if _, err := register("none"); err == nil {
		t.Error("a service that does not exist can be scaled")
	}
	target, err := register("test")
	must(t, err)
	_, err = autoscaling.UntagResource(t.Context(), &applicationautoscaling.UntagResourceInput{ResourceARN: target.ScalableTargetARN, TagKeys: []string{"a"}})
	must(t, err)
	tags, err := autoscaling.ListTagsForResource(t.Context(), &applicationautoscaling.ListTagsForResourceInput{ResourceARN: target.ScalableTargetARN})
	must(t, err)
	if keys := slices.Collect(maps.Keys(tags.Tags)); !slices.Equal(keys, []string{"b"}) {
		t.Errorf("tags are %v, want b only", keys)
	}
	testScheduledAction(t, autoscaling)
	testDeletedTwice(t, autoscaling)
}

// testDeletedTwice deletes what is not there any more, as a client does that
// sends a call again. The AWS provider takes this error for a success.
func testDeletedTwice(t *testing.T, autoscaling *applicationautoscaling.Client) {
	resource := aws.String("service/test/none")
	var gone *scalingtypes.ObjectNotFoundException
	_, err := autoscaling.DeleteScalingPolicy(t.Context(), &applicationautoscaling.DeleteScalingPolicyInput{
		PolicyName: aws.String("none"), ResourceId: resource,
		ServiceNamespace: scalingtypes.ServiceNamespaceEcs, ScalableDimension: scalingtypes.ScalableDimensionECSServiceDesiredCount,
	})
	if !errors.As(err, &gone) {
		t.Errorf("a policy that is not there: %v", err)
	}
	_, err = autoscaling.DeregisterScalableTarget(t.Context(), &applicationautoscaling.DeregisterScalableTargetInput{
		ResourceId: resource, ServiceNamespace: scalingtypes.ServiceNamespaceEcs, ScalableDimension: scalingtypes.ScalableDimensionECSServiceDesiredCount,
	})
	if !errors.As(err, &gone) {
		t.Errorf("a target that is not there: %v", err)
	}
}

// testScheduledAction puts one in the place of another of its name.
func testScheduledAction(t *testing.T, autoscaling *applicationautoscaling.Client) {
	resource := aws.String("service/test/test")
	for _, schedule := range []string{"cron(0 19 * * ? *)", "cron(0 20 * * ? *)"} {
		_, err := autoscaling.PutScheduledAction(t.Context(), &applicationautoscaling.PutScheduledActionInput{
			ServiceNamespace: scalingtypes.ServiceNamespaceEcs, ScalableDimension: scalingtypes.ScalableDimensionECSServiceDesiredCount,
			ResourceId: resource, ScheduledActionName: aws.String("stop"), Schedule: &schedule,
			ScalableTargetAction: &scalingtypes.ScalableTargetAction{MinCapacity: aws.Int32(0), MaxCapacity: aws.Int32(0)},
		})
		must(t, err)
	}
	described, err := autoscaling.DescribeScheduledActions(t.Context(), &applicationautoscaling.DescribeScheduledActionsInput{
		ServiceNamespace: scalingtypes.ServiceNamespaceEcs, ResourceId: resource,
	})
	must(t, err)
	actions := described.ScheduledActions
	if len(actions) != 1 || *actions[0].Schedule != "cron(0 20 * * ? *)" || *actions[0].ScalableTargetAction.MaxCapacity != 0 {
		t.Errorf("scheduled actions are %+v", actions)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
