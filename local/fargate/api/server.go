// Package api answers the operations of ECS and Elastic Load Balancing that
// the emulator hands over: those that have to do with tasks that run and with
// traffic that flows.
package api

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"fargate-stack/local/fargate/loadbalancer"
	"fargate-stack/local/fargate/scheduler"
)

// largestRequest is more than a service's settings take.
const largestRequest = 1 << 20

// ECS has the clusters and the task definitions. An [ecs.Client] asks for them.
type ECS interface {
	DescribeClusters(context.Context, *ecs.DescribeClustersInput, ...func(*ecs.Options)) (*ecs.DescribeClustersOutput, error)
	DescribeTaskDefinition(context.Context, *ecs.DescribeTaskDefinitionInput, ...func(*ecs.Options)) (*ecs.DescribeTaskDefinitionOutput, error)
}

// Targets are those of all target groups. [loadbalancer.Balancers] has them.
type Targets interface {
	Register(group string, targets ...loadbalancer.Target)
	Deregister(group string, targets ...loadbalancer.Target)
	Health(group string) []loadbalancer.TargetHealth
}

// A Server is the handler of the operations.
type Server struct {
	Scheduler *scheduler.Scheduler
	Targets   Targets
	ECS       ECS
	Log       *slog.Logger
}

// ServeHTTP answers one operation: of ECS if it has a target, and else of
// Elastic Load Balancing.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largestRequest))
	if err != nil {
		s.fail(w, "", &scheduler.Error{Code: "SerializationException", Message: err.Error()})
		return
	}
	_, operation, isECS := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if !isECS {
		s.balance(w, body)
		return
	}
	answer, err := s.ecs(r.Context(), operation, body)
	if err != nil {
		s.fail(w, operation, err)
		return
	}
	writeJSON(w, http.StatusOK, shape(reflect.ValueOf(answer)))
}

func (s *Server) fail(w http.ResponseWriter, operation string, err error) {
	known := &scheduler.Error{Code: "ServerException", Message: err.Error()}
	status := http.StatusInternalServerError
	if errors.As(err, &known) {
		status = http.StatusBadRequest
	} else {
		s.Log.Error("operation failed", "operation", operation, "error", err)
	}
	writeJSON(w, status, map[string]string{"__type": known.Code, "message": known.Message})
}

// ecs answers an operation of ECS.
func (s *Server) ecs(ctx context.Context, operation string, body []byte) (any, error) {
	answer, known := ecsOperations[operation]
	if !known {
		return nil, &scheduler.Error{Code: "InvalidParameterException", Message: operation + " is not to be had on this machine, where only services run tasks."}
	}
	return answer(s, ctx, body)
}
