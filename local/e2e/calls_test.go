package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"fargate-stack/local/emulator"
)

// engineKey tells the engine's calls from those of the tests and of tasks: it
// is the id of its access key.
const engineKey = "engine"

// A call is one that the emulator wrote down.
type call struct {
	Caller, Service, Operation string
	Request                    map[string]any
	// Method, Path and Query are those of a call by REST.
	Method, Path string
	Query        []string
}

// calls returns the engine's calls since there were so many, and how many there
// are.
func (c *testCloud) calls(t *testing.T, since int) ([]call, int) {
	t.Helper()
	log, err := os.Open(c.callLog)
	must(t, err)
	defer log.Close()
	var all []call
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var made call
		must(t, json.Unmarshal(lines.Bytes(), &made))
		if made.Caller == engineKey {
			all = append(all, made)
		}
	}
	must(t, lines.Err())
	return all[min(since, len(all)):], len(all)
}

// A history is what the judge of calls has to know of what was there before.
type history struct {
	stackTags map[string]string
	// tags has those of what EC2 has, by id, and boundaries those of roles, by name.
	tags       map[string]map[string]string
	boundaries map[string]string
}

// arnOf returns an ARN in the emulator's account and region.
func arnOf(service, resource string) string {
	return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, region, emulator.Account, resource)
}

func globalARNOf(service, resource string) string {
	return fmt.Sprintf("arn:aws:%s::%s:%s", service, emulator.Account, resource)
}

// unscoped are actions that AWS knows no resource for.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
var unscoped = regexp.MustCompile(`^(application-autoscaling:Describe.*|cloudwatch:DescribeAlarms|ec2:Describe.*|ecr:GetAuthorizationToken|` +
	`ecs:(DeregisterTaskDefinition|DescribeTaskDefinition)|elasticloadbalancing:Describe.*|logs:DescribeLogGroups|` +
	`sns:(GetSubscriptionAttributes|Unsubscribe)|wafv2:(DisassociateWebACL|GetWebACLForResource))$`)

// named are the parameters with names, and the ARNs of what is named so.
var named = map[string]string{
	"cloudwatch AlarmName":               arnOf("cloudwatch", "alarm:%s"),
	"cloudwatch AlarmNames.member.1":     arnOf("cloudwatch", "alarm:%s"),
	"cloudwatch DashboardName":           globalARNOf("cloudwatch", "dashboard/%s"),
	"cloudwatch DashboardNames.member.1": globalARNOf("cloudwatch", "dashboard/%s"),
	"ecr repositoryName":                 arnOf("ecr", "repository/%s"),
	"ecr repositoryNames":                arnOf("ecr", "repository/%s"),
	"ecs cluster":                        arnOf("ecs", "cluster/%s"),
	"ecs clusterName":                    arnOf("ecs", "cluster/%s"),
	"ecs clusters":                       arnOf("ecs", "cluster/%s"),
	"ecs family":                         arnOf("ecs", "task-definition/%s:1"),
	"iam PolicyName":                     globalARNOf("iam", "policy/%s"),
	"iam RoleName":                       globalARNOf("iam", "role/%s"),
	"logs logGroupName":                  arnOf("logs", "log-group:%s"),
	"sns Name":                           arnOf("sns", "%s"),
	"wafv2 Name":                         arnOf("wafv2", "regional/webacl/%s/1"),
}

// questions are what AWS asks of IAM for calls.
func (h *history) questions(calls []call) []question {
	var all []question
	for _, made := range calls {
		switch made.Service {
		case "sts": // anybody may ask who he is
		case "ec2":
			all = append(all, h.ofEC2(made)...)
		case "s3":
			all = append(all, ofS3(made))
		case "route53":
			all = append(all, ofRoute53(made))
		default:
			all = append(all, h.ofOthers(made)...)
		}
	}
	return all
}

// ofOthers asks for each resource that a call names or has the ARN of.
func (h *history) ofOthers(made call) []question {
	service := made.Service
	if service == "monitoring" {
		service = "cloudwatch"
	}
	action := service + ":" + made.Operation
	keys := h.keys(made)
	if unscoped.MatchString(action) {
		return []question{{action, "*", keys}}
	}
	var all []question
	for _, resource := range made.resources(service) {
		all = append(all, question{action, resource, keys})
	}
	if len(all) == 0 {
		all = append(all, question{action, arnOf(service, "unknown"), keys})
	}
	return append(all, h.passed(made)...)
}

// resources are the ARNs of what a call is about.
func (c call) resources(service string) []string {
	var found []string
	switch c.Operation {
	case "CreateLoadBalancer":
		return []string{arnOf(service, "loadbalancer/app/"+c.text("Name")+"/1")}
	case "CreateTargetGroup":
		return []string{arnOf(service, "targetgroup/"+c.text("Name")+"/1")}
	case "CreateService":
		cluster := c.text("cluster")
		return []string{arnOf(service, "service/"+cluster[strings.LastIndex(cluster, "/")+1:]+"/"+c.text("serviceName"))}
	case "RequestCertificate":
		return []string{arnOf(service, "certificate/1")}
	case "RegisterScalableTarget", "DeregisterScalableTarget", "PutScalingPolicy", "DeleteScalingPolicy", "PutScheduledAction", "DeleteScheduledAction":
		return []string{arnOf(service, "scalable-target/1")}
	case "CreateOpenIDConnectProvider":
		return []string{globalARNOf("iam", "oidc-provider/"+strings.TrimPrefix(c.text("Url"), "https://"))}
	case "AttachRolePolicy", "DetachRolePolicy", "GetRolePolicy", "PutRolePolicy", "DeleteRolePolicy":
		return []string{globalARNOf("iam", "role/"+c.text("RoleName"))}
	}
	for parameter := range c.Request {
		value := c.text(parameter)
		isARN := strings.HasPrefix(value, "arn:")
		ofLoadBalancer := service == "wafv2" && strings.HasPrefix(value, "arn:aws:elasticloadbalancing:")
		if name, ok := named[service+" "+parameter]; ok && !isARN {
			found = append(found, fmt.Sprintf(name, value))
		} else if ofLoadBalancer || strings.HasPrefix(value, "arn:aws:"+service+":") {
			found = append(found, value)
		}
	}
	return found
}

// text returns a parameter, the first one if it is a list.
func (c call) text(parameter string) string {
	if list, ok := c.Request[parameter].([]any); ok && len(list) > 0 {
		return fmt.Sprint(list[0])
	}
	text, _ := c.Request[parameter].(string)
	return text
}

// keys are the condition keys of a call.
func (h *history) keys(made call) map[string]string {
	keys := map[string]string{}
	switch made.Service {
	case "iam":
		role := made.text("RoleName")
		if boundary := made.text("PermissionsBoundary"); boundary != "" {
			h.boundaries[role] = boundary
		}
		if boundary := h.boundaries[role]; boundary != "" {
			keys["iam:PermissionsBoundary"] = boundary
		}
		if policy := made.text("PolicyArn"); policy != "" {
			keys["iam:PolicyARN"] = policy
		}
	case "acm", "application-autoscaling":
		tags := tagsOf(made.Request["Tags"])
		if len(tags) > 0 {
			addTags(keys, "aws:RequestTag/", tags)
		} else {
			addTags(keys, "aws:ResourceTag/", h.stackTags)
		}
	}
	return keys
}

func addTags(keys map[string]string, prefix string, tags map[string]string) {
	for key, value := range tags {
		keys[prefix+key] = value
	}
}

// tagsOf reads tags in the forms that they have in JSON.
func tagsOf(field any) map[string]string {
	tags := map[string]string{}
	switch field := field.(type) {
	case map[string]any:
		for key, value := range field {
			tags[key] = fmt.Sprint(value)
		}
	case []any:
		for _, tag := range field {
			pair := tag.(map[string]any)
			tags[fmt.Sprint(pair["Key"])] = fmt.Sprint(pair["Value"])
		}
	}
	return tags
}

// passed asks for the roles that a call gives to a service.
func (h *history) passed(made call) []question {
	var all []question
	for parameter, service := range map[string]string{
		"executionRoleArn": "ecs-tasks.amazonaws.com", "taskRoleArn": "ecs-tasks.amazonaws.com", "DeliverLogsPermissionArn": "vpc-flow-logs.amazonaws.com",
	} {
		if role := made.text(parameter); role != "" {
			all = append(all, question{"iam:PassRole", role, map[string]string{"iam:PassedToService": service}})
		}
	}
	return all
}

// kinds are what EC2 has, by the beginnings of ids.
var kinds = map[string]string{
	"eipalloc": "elastic-ip", "fl": "vpc-flow-log", "igw": "internet-gateway", "nat": "natgateway", "rtb": "route-table",
	"sg": "security-group", "subnet": "subnet", "vpc": "vpc", "vpce": "vpc-endpoint",
}

// ofEC2 asks for what a call makes, by the tags that it gives it, and for all
// that it has the ids of, by the tags that they have.
func (h *history) ofEC2(made call) []question {
	action := "ec2:" + made.Operation
	if unscoped.MatchString(action) {
		return []question{{action, "*", nil}}
	}
	var all []question
	if kind := made.text("TagSpecification.1.ResourceType"); kind != "" {
		keys := map[string]string{}
		addTags(keys, "aws:RequestTag/", made.numberedTags("TagSpecification.1.Tag"))
		tagging := maps.Clone(keys)
		tagging["ec2:CreateAction"] = made.Operation
		all = append(all, question{action, arnOf("ec2", kind+"/new"), keys}, question{"ec2:CreateTags", arnOf("ec2", kind+"/new"), tagging})
	}
	for parameter := range made.Request {
		id := made.text(parameter)
		beginning, _, isID := strings.Cut(id, "-")
		kind := kinds[beginning]
		if !isID || kind == "" || strings.HasPrefix(parameter, "TagSpecification.") {
			continue
		}
		keys := map[string]string{}
		addTags(keys, "aws:ResourceTag/", h.tags[id])
		addTags(keys, "aws:RequestTag/", made.numberedTags("Tag"))
		all = append(all, question{action, arnOf("ec2", kind+"/"+id), keys})
	}
	if len(all) == 0 { // it has the id of an association alone
		keys := map[string]string{}
		addTags(keys, "aws:ResourceTag/", h.stackTags)
		all = append(all, question{action, arnOf("ec2", "route-table/unknown"), keys})
	}
	return append(all, h.passed(made)...)
}

// numberedTags are tags as the query protocol has them.
func (c call) numberedTags(prefix string) map[string]string {
	tags := map[string]string{}
	for number := 1; c.text(fmt.Sprintf("%s.%d.Key", prefix, number)) != ""; number++ {
		tags[c.text(fmt.Sprintf("%s.%d.Key", prefix, number))] = c.text(fmt.Sprintf("%s.%d.Value", prefix, number))
	}
	return tags
}

// s3Actions are the actions of calls on buckets, where they are not named as
// the part of the bucket that is called for.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
var s3Actions = map[string]string{
	"GET accelerate": "GetAccelerateConfiguration", "GET acl": "GetBucketAcl", "GET cors": "GetBucketCORS", "GET encryption": "GetEncryptionConfiguration",
	"GET lifecycle": "GetLifecycleConfiguration", "GET logging": "GetBucketLogging", "GET object-lock": "GetBucketObjectLockConfiguration",
	"GET policy": "GetBucketPolicy", "GET publicAccessBlock": "GetBucketPublicAccessBlock", "GET replication": "GetReplicationConfiguration",
	"GET requestPayment": "GetBucketRequestPayment", "GET tagging": "GetBucketTagging", "GET versioning": "GetBucketVersioning", "GET website": "GetBucketWebsite",
	"GET versions": "ListBucketVersions", "GET location": "GetBucketLocation", "GET list-type": "ListBucket", "HEAD ": "ListBucket",
	"PUT ": "CreateBucket", "PUT encryption": "PutEncryptionConfiguration", "PUT lifecycle": "PutLifecycleConfiguration", "PUT policy": "PutBucketPolicy",
	"PUT publicAccessBlock": "PutBucketPublicAccessBlock", "PUT tagging": "PutBucketTagging",
	"DELETE ": "DeleteBucket", "DELETE encryption": "PutEncryptionConfiguration", "DELETE lifecycle": "PutLifecycleConfiguration",
	"DELETE policy": "DeleteBucketPolicy", "DELETE publicAccessBlock": "PutBucketPublicAccessBlock",
}

func ofS3(made call) question {
	part := ""
	for _, parameter := range made.Query {
		if s3Actions[made.Method+" "+parameter] != "" {
			part = parameter
		}
	}
	return question{"s3:" + s3Actions[made.Method+" "+part], "arn:aws:s3:::" + strings.Trim(made.Path, "/"), nil}
}

// ofRoute53 reads an action from the path of a call.
func ofRoute53(made call) question {
	parts := strings.Split(strings.Trim(made.Path, "/"), "/")[1:] // behind the version
	zone := "arn:aws:route53:::hostedzone/"
	switch {
	case len(parts) == 1:
		return question{"route53:ListHostedZones", "*", nil}
	case parts[0] == "change":
		return question{"route53:GetChange", "*", nil}
	case parts[0] == "tags":
		return question{"route53:ListTagsForResource", zone + parts[2], nil}
	case len(parts) == 2:
		return question{"route53:GetHostedZone", zone + parts[1], nil}
	case made.Method == http.MethodGet:
		return question{"route53:ListResourceRecordSets", zone + parts[1], nil}
	default:
		return question{"route53:ChangeResourceRecordSets", zone + parts[1], nil}
	}
}
