package diagnosis

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Types of the resources that an examination starts from, or compares.
const (
	providerType       = "pulumi:providers:aws"
	serviceType        = "aws:ecs/service:Service"
	taskDefinitionType = "aws:ecs/taskDefinition:TaskDefinition"
	loadBalancerType   = "aws:lb/loadBalancer:LoadBalancer"
	listenerType       = "aws:lb/listener:Listener"
	targetGroupType    = "aws:lb/targetGroup:TargetGroup"
	securityGroupType  = "aws:ec2/securityGroup:SecurityGroup"
	defaultGroupType   = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
	scalingTargetType  = "aws:appautoscaling/target:Target"
	certificateType    = "aws:acm/certificate:Certificate"
)

// A Stack is what Pulumi's state says of a stack.
type Stack struct {
	// URL is where the app answers.
	URL string
	// Cluster and Service name the ECS service.
	Cluster, Service string
	// TaskDefinition is the ARN of the revision that the service is to run.
	TaskDefinition string
	// Region is where the service runs, or where its certificate is if there is
	// none yet. It is empty if there is neither.
	Region string
	// Profile is the AWS profile that the stack is deployed with, if one is set.
	Profile string

	resources []apitype.ResourceV3
	pending   []apitype.OperationV2
}

// ReadStack reads what `pulumi stack export` wrote.
//
// It goes by resources and not by the outputs of the stack, which are there
// only after a deployment that succeeded.
func ReadStack(export []byte) (*Stack, error) {
	var exported apitype.UntypedDeployment
	if err := json.Unmarshal(export, &exported); err != nil {
		return nil, fmt.Errorf("reading the exported stack: %w", err)
	}
	var deployment apitype.DeploymentV3
	if len(exported.Deployment) > 0 {
		if err := json.Unmarshal(exported.Deployment, &deployment); err != nil {
			return nil, fmt.Errorf("reading the exported stack: %w", err)
		}
	}
	s := &Stack{pending: deployment.PendingOperations}
	// What is only to be deleted any more is no longer part of the stack.
	s.resources = slices.DeleteFunc(deployment.Resources, func(r apitype.ResourceV3) bool { return r.Delete || r.External })
	s.Cluster = s.text(serviceType, "cluster")
	s.Service = s.text(serviceType, "name")
	s.TaskDefinition = s.text(taskDefinitionType, "arn")
	s.Profile = s.text(providerType, "profile")
	if of, err := arn.Parse(cmp.Or(s.Cluster, s.text(certificateType, "arn"))); err == nil {
		s.Region = of.Region
	}
	s.URL = cmp.Or(s.text(string(resource.RootStackType), "url"), s.expectedURL())
	return s, nil
}

// expectedURL returns where the app is to answer, as far as there is anything.
func (s *Stack) expectedURL() string {
	host := s.text(loadBalancerType, "dnsName")
	switch {
	case host == "":
		return ""
	case len(s.certificates()) == 0:
		return "http://" + host
	default:
		return "https://" + cmp.Or(s.text(certificateType, "domainName"), host)
	}
}

// hasOwnName tells whether the URL is the load balancer's own name.
func (s *Stack) hasOwnName() bool {
	address, err := url.Parse(s.URL)
	return err == nil && address.Hostname() == s.text(loadBalancerType, "dnsName")
}

func (s *Stack) deployed() bool {
	return s.Cluster != "" && s.Service != ""
}

// ofType returns the resources of some types.
func (s *Stack) ofType(types ...string) []apitype.ResourceV3 {
	var resources []apitype.ResourceV3
	for _, r := range s.resources {
		if slices.Contains(types, string(r.Type)) {
			resources = append(resources, r)
		}
	}
	return resources
}

// text returns a property of the resource of a type. It is empty if there is
// no such resource.
func (s *Stack) text(typ, property string) string {
	for _, r := range s.ofType(typ) {
		return text(r.Outputs, property)
	}
	return ""
}

// name returns a resource's type and its name in the program, for people.
func name(r apitype.ResourceV3) string {
	typ := string(r.Type)
	return typ[strings.LastIndex(typ, ":")+1:] + " " + r.URN.Name()
}

// The functions below return a property, or nothing if it is of another kind,
// such as a secret.

func text(properties map[string]any, property string) string {
	value, _ := properties[property].(string)
	return value
}

func number(properties map[string]any, property string) string {
	if value, ok := properties[property].(float64); ok {
		return strconv.FormatFloat(value, 'f', -1, 64)
	}
	return ""
}

func object(properties map[string]any, property string) map[string]any {
	value, _ := properties[property].(map[string]any)
	return value
}

func objects(properties map[string]any, property string) []map[string]any {
	values, _ := properties[property].([]any)
	var all []map[string]any
	for _, value := range values {
		if one, ok := value.(map[string]any); ok {
			all = append(all, one)
		}
	}
	return all
}

func list(properties map[string]any, property string) []string {
	values, _ := properties[property].([]any)
	var texts []string
	for _, value := range values {
		if text, ok := value.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}
