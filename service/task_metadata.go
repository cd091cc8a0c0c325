package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

const taskMetadataTimeout = 2 * time.Second

// showTask asks once which task this is and in which zone, and makes home show
// it with the rest of about. Where that fails, home stays as it is.
func showTask(ctx context.Context, metadataURI string, home *homePage, about identity, logger *slog.Logger) {
	task, zone, err := fetchTask(ctx, metadataURI)
	if err == nil {
		about.Task, about.Zone = task, zone
		err = home.show(about)
	}
	if err != nil {
		logger.Warn("task and availability zone not known", "error", err.Error())
	}
}

// fetchTask returns the id and the availability zone of the task.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate-response.html
func fetchTask(ctx context.Context, metadataURI string) (id, zone string, err error) {
	ctx, cancel := context.WithTimeout(ctx, taskMetadataTimeout)
	defer cancel()
	body, err := get(ctx, metadataURI+"/task")
	if err != nil {
		return "", "", err
	}
	var task struct {
		TaskARN          string
		AvailabilityZone string
	}
	if err := json.Unmarshal(body, &task); err != nil {
		return "", "", fmt.Errorf("reading task metadata: %w", err)
	}
	// arn:aws:ecs:<region>:<account>:task/<cluster>/<id>
	id = task.TaskARN[strings.LastIndexByte(task.TaskARN, '/')+1:]
	if id == "" {
		return "", "", errors.New("task metadata has no TaskARN")
	}
	if task.AvailabilityZone == "" {
		return "", "", errors.New("task metadata has no AvailabilityZone")
	}
	return id, task.AvailabilityZone, nil
}
