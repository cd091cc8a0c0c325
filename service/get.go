package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
)

// maxAnswerBytes is more than task metadata or a health check takes.
const maxAnswerBytes = 1 << 20

// direct asks servers on this machine: no proxy, and no way to elsewhere.
var direct = &http.Client{
	Transport: &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	},
}

// get returns the body of url, whose status must be 200.
func get(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := direct.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("GET %s answered %s and not 200", url, response.Status)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes))
	if err != nil {
		return nil, fmt.Errorf("reading the answer of GET %s: %w", url, err)
	}
	return body, nil
}
