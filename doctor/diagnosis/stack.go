package diagnosis

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Types of the resources that an examination starts from, or compares.
const (
	clusterType        = "aws:ecs/cluster:Cluster"
	serviceType        = "aws:ecs/service:Service"
	taskDefinitionType = "aws:ecs/taskDefinition:TaskDefinition"
	loadBalancerType   = "aws:lb/loadBalancer:LoadBalancer"
	listenerType       = "aws:lb/listener:Listener"
	targetGroupType    = "aws:lb/targetGroup:TargetGroup"
	securityGroupType  = "aws:ec2/securityGroup:SecurityGroup"
	ingressRuleType    = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	egressRuleType     = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
)

// A Stack is what Pulumi's state says of a stack.
type Stack struct {
	// URL is where the app answers.
	URL string
	// Cluster and Service name the ECS service.
	Cluster, Service string
	// TaskDefinition is the ARN of the revision that the service is to run.
	TaskDefinition string

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
	if host := s.text(loadBalancerType, "dnsName"); host != "" {
		s.URL = "http://" + host
	}
	if url := s.text(string(resource.RootStackType), "url"); url != "" {
		s.URL = url
	}
	return s, nil
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
		return text(r, property)
	}
	return ""
}

// text returns an output of a resource. It is empty if it is no text, such as
// one that is secret.
func text(r apitype.ResourceV3, property string) string {
	value, _ := r.Outputs[property].(string)
	return value
}

// name returns a resource's type and name in the program, for people.
func name(r apitype.ResourceV3) string {
	typ := string(r.Type)
	return typ[strings.LastIndex(typ, ":")+1:] + " " + r.URN.Name()
}
