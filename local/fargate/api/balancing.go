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
	Descriptions []targetDescription `xml:"TargetHealthDescriptions>member"`
}

type targetDescription struct {
	ID          string `xml:"Target>Id"`
	Port        int    `xml:"Target>Port"`
	CheckPort   int    `xml:"HealthCheckPort"`
	State       types.TargetHealthStateEnum
	Reason      types.TargetHealthReasonEnum
	Description string
}

// MarshalXML writes the health as an element of its own, whose reason is left
// out where there is none.
func (d targetDescription) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	type target struct {
		ID   string `xml:"Id"`
		Port int
	}
	type health struct {
		State       types.TargetHealthStateEnum
		Reason      types.TargetHealthReasonEnum `xml:",omitempty"`
		Description string                       `xml:",omitempty"`
	}
	return e.EncodeElement(struct {
		Target          target
		HealthCheckPort int
		TargetHealth    health
	}{target{d.ID, d.Port}, d.CheckPort, health{d.State, d.Reason, d.Description}}, start)
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
		s.Balancers.Register(group, targets...)
	case "DeregisterTargets":
		s.Balancers.Deregister(group, targets...)
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
	var answer targetHealthAnswer
	for _, health := range s.Balancers.Health(group) {
		if len(asked) > 0 && !slices.ContainsFunc(asked, func(t loadbalancer.Target) bool { return t.Address == health.Target.Address }) {
			continue
		}
		answer.Descriptions = append(answer.Descriptions, targetDescription{
			ID: health.Target.Address, Port: health.Target.Port, CheckPort: health.Target.Port,
			State: health.State, Reason: health.Reason, Description: health.Description,
		})
	}
	return answer
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
