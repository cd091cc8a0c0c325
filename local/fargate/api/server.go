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
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"fargate-stack/local/fargate/loadbalancer"
	"fargate-stack/local/fargate/scheduler"
)

// largestRequest is more than a service's settings take.
const largestRequest = 1 << 20

// A Server is the handler of the operations.
type Server struct {
	Scheduler *scheduler.Scheduler
	Balancers *loadbalancer.Balancers
	// ECS has the clusters and the task definitions.
	ECS *ecs.Client
	Log *slog.Logger
}

// ServeHTTP answers one operation: of ECS if it has a target, and else of
// Elastic Load Balancing.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largestRequest))
	if err != nil {
		encode(w, http.StatusBadRequest, errorAnswer{Type: "SerializationException", Message: err.Error()})
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
	encode(w, http.StatusOK, answer)
}

// errorAnswer is an error as the AWS JSON protocol has it; the names are
// written as [members] writes them.
type errorAnswer struct {
	Type    string
	Message string
}

func (s *Server) fail(w http.ResponseWriter, operation string, err error) {
	known := &failure{code: "ServerException", message: err.Error()}
	status := http.StatusInternalServerError
	if errors.As(err, &known) {
		status = http.StatusBadRequest
	} else {
		s.Log.Error("operation failed", "operation", operation, "error", err)
	}
	w.Header().Set("X-Amzn-Errortype", known.code)
	encode(w, status, errorAnswer{Type: known.code, Message: known.message})
}

// ecs answers an operation of ECS.
func (s *Server) ecs(ctx context.Context, operation string, body []byte) (any, error) {
	answer, known := ecsOperations[operation]
	if !known {
		return nil, &failure{code: "InvalidParameterException", message: operation + " is not to be had on this machine, where only services run tasks."}
	}
	return answer(s, ctx, body)
}
