package api

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fargate-stack/local/fargate/loadbalancer"
)

// balancingNamespace is that of Elastic Load Balancing's answers.
const balancingNamespace = "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"

// A targetHealthAnswer is the result of DescribeTargetHealth.
type targetHealthAnswer struct {
	Descriptions []targetHealthDescription `xml:"TargetHealthDescriptions>member"`
}

type targetHealthDescription struct {
	ID              string `xml:"Target>Id"`
	Port            int    `xml:"Target>Port"`
	HealthCheckPort int
	TargetHealth    targetHealth
}

type targetHealth struct {
	State       types.TargetHealthStateEnum
	Reason      types.TargetHealthReasonEnum `xml:",omitempty"`
	Description string                       `xml:",omitempty"`
}

// balance answers an operation of Elastic Load Balancing, which comes as a
// form and is answered in XML.
func (s *Server) balance(w http.ResponseWriter, body []byte) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		refuse(w, err)
		return
	}
	targets, err := targetsIn(form)
	if err != nil {
		refuse(w, err)
		return
	}
	operation, group := form.Get("Action"), form.Get("TargetGroupArn")
	var result any = struct{}{}
	switch operation {
	case "RegisterTargets":
		s.Targets.Register(group, targets...)
	case "DeregisterTargets":
		s.Targets.Deregister(group, targets...)
	case "DescribeTargetHealth":
		result = s.targetHealth(group, targets)
	default:
		refuse(w, fmt.Errorf("%s is not handed over", operation))
		return
	}
	writeXML(w, http.StatusOK, operation+"Response", result, operation+"Result")
}

// targetsIn reads Targets.member.1.Id, Targets.member.1.Port and so on.
func targetsIn(form url.Values) ([]loadbalancer.Target, error) {
	var targets []loadbalancer.Target
	for i := 1; ; i++ {
		prefix := fmt.Sprintf("Targets.member.%d.", i)
		target := loadbalancer.Target{Address: form.Get(prefix + "Id")}
		if target.Address == "" {
			return targets, nil
		}
		if port := form.Get(prefix + "Port"); port != "" {
			number, err := strconv.Atoi(port)
			if err != nil {
				return nil, fmt.Errorf("port of target %s: %w", target.Address, err)
			}
			target.Port = number
		}
		targets = append(targets, target)
	}
}

// targetHealth describes the targets of a group: all, or those asked for.
func (s *Server) targetHealth(group string, asked []loadbalancer.Target) targetHealthAnswer {
	registered := s.Targets.Health(group)
	var answer targetHealthAnswer
	for _, health := range registered {
		if len(asked) == 0 || slices.ContainsFunc(asked, isTarget(health.Target)) {
			answer.add(health)
		}
	}
	for _, target := range asked {
		if !slices.ContainsFunc(registered, func(h loadbalancer.TargetHealth) bool { return isTarget(h.Target)(target) }) {
			answer.add(loadbalancer.TargetHealth{
				Target: target, State: types.TargetHealthStateEnumUnused,
				Reason: types.TargetHealthReasonEnumNotRegistered, Description: "Target is not registered to the target group",
			})
		}
	}
	return answer
}

// isTarget tells whether a target is what is asked for, which may be without
// a port.
func isTarget(target loadbalancer.Target) func(asked loadbalancer.Target) bool {
	return func(asked loadbalancer.Target) bool {
		return asked.Address == target.Address && (asked.Port == 0 || asked.Port == target.Port)
	}
}

func (a *targetHealthAnswer) add(health loadbalancer.TargetHealth) {
	a.Descriptions = append(a.Descriptions, targetHealthDescription{
		ID: health.Target.Address, Port: health.Target.Port, HealthCheckPort: health.Target.Port,
		TargetHealth: targetHealth{health.State, health.Reason, health.Description},
	})
}

func refuse(w http.ResponseWriter, err error) {
	writeXML(w, http.StatusBadRequest, "ErrorResponse", struct{ Type, Code, Message string }{"Sender", "ValidationError", err.Error()}, "Error")
}

// writeXML writes a result within the answer that it belongs to.
func writeXML(w http.ResponseWriter, status int, name string, result any, resultName string) {
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	encoder := xml.NewEncoder(w)
	start := xml.StartElement{Name: xml.Name{Local: name}, Attr: []xml.Attr{{Name: xml.Name{Local: "xmlns"}, Value: balancingNamespace}}}
	// The client has gone if any of this fails.
	_ = encoder.EncodeToken(start)
	_ = encoder.EncodeElement(result, xml.StartElement{Name: xml.Name{Local: resultName}})
	_ = encoder.EncodeToken(start.End())
	_ = encoder.Flush()
}
