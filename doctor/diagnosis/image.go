package diagnosis

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
)

// An imageReference is the name of an image in a task definition, in its parts.
type imageReference struct {
	registry, repository, tag, digest string
}

// parseImage takes an image's name apart. What stands before the first slash
// is a registry only if it looks like a host's name.
// https://github.com/distribution/reference/blob/main/reference.go
func parseImage(name string) imageReference {
	var image imageReference
	name, image.digest, _ = strings.Cut(name, "@")
	if host, rest, ok := strings.Cut(name, "/"); ok && (strings.ContainsAny(host, ".:") || host == "localhost") {
		image.registry, name = host, rest
	}
	image.repository, image.tag, _ = strings.Cut(name, ":")
	if image.tag == "" && image.digest == "" {
		image.tag = "latest"
	}
	return image
}

// id names the image as ECR does, by its digest if that is known.
func (i imageReference) id() ecrtypes.ImageIdentifier {
	if i.digest != "" {
		return ecrtypes.ImageIdentifier{ImageDigest: &i.digest}
	}
	return ecrtypes.ImageIdentifier{ImageTag: &i.tag}
}

// lookAtImages finds images that the account's registry does not have. Other
// registries can't be asked on behalf of the tasks.
func (x *examination) lookAtImages(ctx context.Context) error {
	registry, err := x.registry(ctx)
	if err != nil {
		return err
	}
	for _, definition := range x.definitions {
		for _, container := range definition.ContainerDefinitions {
			image := parseImage(aws.ToString(container.Image))
			if image.registry != registry {
				continue
			}
			missing, err := x.missing(ctx, image)
			if err != nil {
				return err
			}
			if missing != "" {
				x.found.add(ImageMissing,
					fmt.Sprintf("%s runs %s", lastPart(aws.ToString(definition.TaskDefinitionArn)), aws.ToString(container.Image)),
					"ECR: "+missing)
			}
		}
	}
	return nil
}

// registry returns the host of the account's registry. ECR is asked for it,
// since its form differs between partitions and endpoints.
func (x *examination) registry(ctx context.Context) (string, error) {
	output, err := x.ecr.GetAuthorizationToken(ctx, &ecr.GetAuthorizationTokenInput{})
	if err != nil {
		return "", fmt.Errorf("asking ECR for the registry's address: %w", err)
	}
	for _, data := range output.AuthorizationData {
		if _, host, ok := strings.Cut(aws.ToString(data.ProxyEndpoint), "://"); ok {
			return host, nil
		}
	}
	return "", errors.New("asking ECR for the registry's address: it tells none")
}

// missing returns what ECR says of an image that it does not have, and nothing
// of one that it has.
func (x *examination) missing(ctx context.Context, image imageReference) (string, error) {
	output, err := x.ecr.BatchGetImage(ctx, &ecr.BatchGetImageInput{
		RepositoryName: &image.repository,
		ImageIds:       []ecrtypes.ImageIdentifier{image.id()},
	})
	if noRepository, ok := errors.AsType[*ecrtypes.RepositoryNotFoundException](err); ok {
		return noRepository.ErrorMessage(), nil
	}
	if err != nil {
		return "", fmt.Errorf("looking for image %s in ECR: %w", image.repository, err)
	}
	for _, failure := range output.Failures {
		return fmt.Sprintf("%s, %s", failure.FailureCode, aws.ToString(failure.FailureReason)), nil
	}
	return "", nil
}
