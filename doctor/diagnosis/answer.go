package diagnosis

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// An Answer is what a URL answers to a request.
type Answer struct {
	// URL is what was asked for.
	URL string
	// Status is the HTTP status. It is 0 if there was no answer.
	Status int
	// Err says why there was no answer.
	Err error
}

// OK tells whether the app answers. Whether it has anything under the URL is
// its own matter, so 404 is an answer; an error of a server is none.
func (a Answer) OK() bool {
	return a.Err == nil && a.Status < http.StatusInternalServerError
}

// String says what the answer is, in one line.
func (a Answer) String() string {
	if a.Err != nil {
		return fmt.Sprintf("%s does not answer: %s", a.URL, a.Err)
	}
	return fmt.Sprintf("%s answers %d %s", a.URL, a.Status, http.StatusText(a.Status))
}

// ask asks for the URL of a stack. No certificate is for a load balancer's own
// name, and so any will do for it.
func (e *Examiner) ask(ctx context.Context, stack *Stack) Answer {
	client := e.http
	if stack.hasOwnName() {
		client = e.unverified
	}
	answer := Answer{URL: stack.URL}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, stack.URL, nil)
	if err != nil {
		answer.Err = err
		return answer
	}
	response, err := client.Do(request)
	if err != nil {
		answer.Err = cause(err)
		return answer
	}
	response.Body.Close()
	answer.Status = response.StatusCode
	return answer
}

// lookAtAnswer has the last word, where nothing explains what the URL answers.
func (x *examination) lookAtAnswer(ctx context.Context) error {
	if x.answer == nil || x.answer.OK() || len(x.found) > 0 {
		return nil
	}
	var lines []string
	var err error
	if len(x.running) > 0 {
		lines, err = x.lastLogLines(ctx, x.running[0])
	}
	x.found.add(NoAnswer, append([]string{x.answer.String()}, lines...)...)
	return err
}

// cause returns what is behind an error of an HTTP client, which repeats the
// URL.
func cause(err error) error {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return failed.Err
	}
	return err
}
