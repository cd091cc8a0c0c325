package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

const taskMetadataTimeout = 2 * time.Second

// showZone looks the availability zone up once and makes home show it with the
// rest of about. Where that fails, home stays as it is.
func showZone(ctx context.Context, metadataURI string, home *homePage, about identity, logger *slog.Logger) {
	zone, err := fetchZone(ctx, metadataURI)
	if err == nil {
		about.Zone = zone
		err = home.show(about)
	}
	if err != nil {
		logger.Warn("availability zone not known", "error", err.Error())
	}
}

// fetchZone returns the availability zone of the task.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate-response.html
func fetchZone(ctx context.Context, metadataURI string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, taskMetadataTimeout)
	defer cancel()
	body, err := get(ctx, metadataURI+"/task")
	if err != nil {
		return "", err
	}
	var task struct {
		AvailabilityZone string
	}
	if err := json.Unmarshal(body, &task); err != nil {
		return "", fmt.Errorf("reading task metadata: %w", err)
	}
	if task.AvailabilityZone == "" {
		return "", errors.New("task metadata has no AvailabilityZone")
	}
	return task.AvailabilityZone, nil
}
