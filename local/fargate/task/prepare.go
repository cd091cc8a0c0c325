package task

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/registry"
	"github.com/docker/docker/pkg/jsonmessage"
)

// cannotPull begins what ECS says when it does not get what it takes to pull, or
// what it has to set in containers.
const cannotPull = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "

// prepare does what Fargate does before it starts containers, as the execution
// role and through the network interface of the task: it reads the secrets,
// pulls the images and makes sure of the logs.
func (t *Task) prepare(ctx context.Context) error {
	t.enter(pending)
	repositories, err := t.repositories(ctx)
	if err != nil {
		return err
	}
	if err := t.checkRoles(ctx); err != nil {
		return err
	}
	if err := t.checkLogin(ctx, len(repositories) > 0); err != nil {
		return err
	}
	if err := t.readSecrets(ctx); err != nil {
		return err
	}
	if err := t.pull(ctx, repositories); err != nil {
		return err
	}
	return t.checkLogs(ctx)
}

// repositories returns the ECR repositories of the task's images, by image.
func (t *Task) repositories(ctx context.Context) (map[string]ecrtypes.Repository, error) {
	found := map[string]ecrtypes.Repository{}
	pages := ecr.NewDescribeRepositoriesPaginator(t.launcher.ECR, &ecr.DescribeRepositoriesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("ResourceInitializationError: looking for the repositories of the images: %w", err)
		}
		for _, repository := range page.Repositories {
			for _, definition := range t.definition.ContainerDefinitions {
				if repositoryOf(aws.ToString(definition.Image)) == aws.ToString(repository.RepositoryUri) {
					found[aws.ToString(definition.Image)] = repository
				}
			}
		}
	}
	return found, nil
}

// repositoryOf returns an image's name without its digest and tag.
func repositoryOf(image string) string {
	name, _, _ := strings.Cut(image, "@")
	if colon := strings.LastIndexByte(name, ':'); colon > strings.LastIndexByte(name, '/') {
		name = name[:colon]
	}
	return name
}

// checkRoles makes sure that ECS may assume the roles of the task.
func (t *Task) checkRoles(ctx context.Context) error {
	for _, role := range []string{aws.ToString(t.definition.ExecutionRoleArn), aws.ToString(t.definition.TaskRoleArn)} {
		if role == "" {
			continue
		}
		if err := t.launcher.Roles.CheckTrust(ctx, role, t.launcher.Account, *t.record.TaskArn); err != nil {
			return err // in the words of ECS
		}
	}
	return nil
}

// checkLogin makes sure that there is a role to log in to ECR, read secrets and
// write logs with, and that ECR can be reached.
func (t *Task) checkLogin(ctx context.Context, fromECR bool) error {
	role := aws.ToString(t.definition.ExecutionRoleArn)
	if role == "" && (fromECR || t.hasSecrets() || t.logs()) {
		return errors.New("ResourceInitializationError: the task definition has no execution role, which ECR, secrets and awslogs need")
	}
	if !fromECR {
		return nil
	}
	const problem = cannotPull + "unable to retrieve ecr registry auth: service call has been retried 1 time(s): "
	if err := t.reaches(ctx, "ecr.api"); err != nil {
		return fmt.Errorf(problem+"RequestError: send request failed caused by: Post \"https://api.ecr.%s.amazonaws.com/\": dial tcp: i/o timeout. Please check your task network configuration: %w", t.launcher.Region, err)
	}
	if err := t.launcher.Roles.Check(ctx, role, "*", "ecr:GetAuthorizationToken"); err != nil {
		return fmt.Errorf(problem+"AccessDeniedException: %w", err)
	}
	return nil
}

func (t *Task) reaches(ctx context.Context, service string) error {
	return t.launcher.Network.Reaches(ctx, t.attached, t.launcher.Region, service)
}

// pull pulls the images of the containers.
func (t *Task) pull(ctx context.Context, repositories map[string]ecrtypes.Repository) error {
	begin := time.Now()
	t.change(func(record *types.Task) { record.PullStartedAt = &begin })
	for i, definition := range t.definition.ContainerDefinitions {
		reference := aws.ToString(definition.Image)
		repository, fromECR := repositories[reference]
		var err error
		if fromECR {
			err = t.checkPull(ctx, reference, repository)
		}
		if err == nil {
			err = t.pullImage(ctx, reference, fromECR)
		}
		if err != nil {
			return fmt.Errorf("CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref %s: %w", reference, err)
		}
		if _, digest, ok := strings.Cut(reference, "@"); ok {
			t.change(func(record *types.Task) { record.Containers[i].ImageDigest = &digest })
		}
	}
	end := time.Now()
	t.change(func(record *types.Task) { record.PullStoppedAt = &end })
	return nil
}

// checkPull checks what the Docker engine, which has its own way to the
// registry, does not.
func (t *Task) checkPull(ctx context.Context, reference string, repository ecrtypes.Repository) error {
	for _, service := range []string{"ecr.dkr", "s3"} { // ECR keeps layers in S3
		if err := t.reaches(ctx, service); err != nil {
			return fmt.Errorf("failed to do request: dial tcp: i/o timeout: %w", err)
		}
	}
	err := t.launcher.Roles.Check(ctx, *t.definition.ExecutionRoleArn, *repository.RepositoryArn,
		"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability")
	if err != nil {
		return fmt.Errorf("unexpected status from HEAD request to %s: 403 Forbidden: %w", reference, err)
	}
	return t.checkImage(ctx, reference, repository)
}

// checkImage makes sure that ECR has an image that is named by its digest. The
// Docker engine does not ask a registry for a digest that it knows.
func (t *Task) checkImage(ctx context.Context, reference string, repository ecrtypes.Repository) error {
	_, digest, ok := strings.Cut(reference, "@")
	if !ok {
		return nil
	}
	output, err := t.launcher.ECR.BatchGetImage(ctx, &ecr.BatchGetImageInput{
		RepositoryName: repository.RepositoryName, ImageIds: []ecrtypes.ImageIdentifier{{ImageDigest: &digest}},
	})
	if err != nil {
		return err
	}
	if len(output.Images) == 0 {
		return fmt.Errorf("%s: not found", reference)
	}
	return nil
}

func (t *Task) pullImage(ctx context.Context, reference string, fromECR bool) error {
	options := image.PullOptions{Platform: "linux/amd64"}
	if platform := t.definition.RuntimePlatform; platform != nil && platform.CpuArchitecture == types.CPUArchitectureArm64 {
		options.Platform = "linux/arm64"
	}
	if fromECR {
		login, err := t.logIn(ctx)
		if err != nil {
			return err
		}
		options.RegistryAuth = login
	}
	progress, err := t.launcher.Docker.ImagePull(ctx, reference, options)
	if err != nil {
		return err
	}
	defer progress.Close()
	decoder := json.NewDecoder(progress)
	for {
		var message jsonmessage.JSONMessage
		switch err := decoder.Decode(&message); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case message.Error != nil:
			return message.Error
		}
	}
}

// logIn returns a login to ECR in the form that Docker takes.
func (t *Task) logIn(ctx context.Context) (string, error) {
	output, err := t.launcher.ECR.GetAuthorizationToken(ctx, &ecr.GetAuthorizationTokenInput{})
	if err != nil {
		return "", err
	}
	if len(output.AuthorizationData) == 0 {
		return "", errors.New("ECR gives no authorization token")
	}
	token, err := base64.StdEncoding.DecodeString(aws.ToString(output.AuthorizationData[0].AuthorizationToken))
	if err != nil {
		return "", fmt.Errorf("reading the authorization token of ECR: %w", err)
	}
	user, password, _ := strings.Cut(string(token), ":")
	return registry.EncodeAuthConfig(registry.AuthConfig{Username: user, Password: password})
}
