package infra

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecr"
	"github.com/pulumi/pulumi-docker/sdk/v4/go/docker"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const (
	// keptImages is how many images stay in the repository to go back to.
	keptImages = 20

	// untaggedDays is how long an image without a tag, left by a push that
	// was cut off, stays.
	untaggedDays = 1
)

// Image is the app's image: built from its Dockerfile and pushed to a
// repository of its own.
type Image struct {
	pulumi.ResourceState

	// RepositoryURL is the repository's address.
	RepositoryURL pulumi.StringOutput
	// RepositoryARN is the repository's ARN.
	RepositoryARN pulumi.StringOutput
	// Reference names the image by digest, so that what was tested is what
	// runs, whatever happens to tags.
	Reference pulumi.StringOutput
}

// ImageArgs says what an [Image] is built from.
type ImageArgs struct {
	// Context is the directory that is sent to Docker.
	Context string
	// Dockerfile is the path of the Dockerfile; it may lie outside Context.
	Dockerfile string
	// Architecture is the processor that the image is for.
	Architecture Architecture
}

// NewImage makes an [Image].
//
// The tag follows from what the image is built from. An app that did not
// change keeps its tag, its image and its deployment; one that went back to
// an earlier state gets the image of that time, which is not built again.
func NewImage(ctx *pulumi.Context, name string, args *ImageArgs, opts ...pulumi.ResourceOption) (*Image, error) {
	i := &Image{}
	if err := ctx.RegisterComponentResource("fargate-stack:infra:Image", name, i, opts...); err != nil {
		return nil, err
	}
	tag, err := contentTag(args.Context, args.Dockerfile, args.Architecture.Platform())
	if err != nil {
		return nil, err
	}
	repository, err := newRepository(ctx, name, pulumi.Parent(i))
	if err != nil {
		return nil, err
	}
	registry, err := logIn(ctx, pulumi.Parent(i))
	if err != nil {
		return nil, err
	}
	pushed, err := registry.digest(ctx.Context(), name, tag)
	if err != nil {
		return nil, err
	}
	image, err := buildImage(ctx, name, tag, args, repository, registry, pushed != "", pulumi.Parent(i))
	if err != nil {
		return nil, err
	}

	i.RepositoryURL = repository.RepositoryUrl
	i.RepositoryARN = repository.Arn
	i.Reference = image.RepoDigest
	if pushed != "" {
		i.Reference = pulumi.Sprintf("%s@%s", repository.RepositoryUrl, pushed)
	}
	return i, ctx.RegisterResourceOutputs(i, pulumi.Map{
		"repositoryUrl": i.RepositoryURL,
		"repositoryArn": i.RepositoryARN,
		"reference":     i.Reference,
	})
}

// newRepository makes the repository. Its name is not made unique by Pulumi:
// the program has to know it to look for an image before it registers one.
func newRepository(ctx *pulumi.Context, name string, parent pulumi.ResourceOption) (*ecr.Repository, error) {
	repository, err := ecr.NewRepository(ctx, name, &ecr.RepositoryArgs{
		Name:               pulumi.String(name),
		ImageTagMutability: pulumi.String("IMMUTABLE"),
		ImageScanningConfiguration: &ecr.RepositoryImageScanningConfigurationArgs{
			ScanOnPush: pulumi.Bool(true),
		},
		EncryptionConfigurations: ecr.RepositoryEncryptionConfigurationArray{
			&ecr.RepositoryEncryptionConfigurationArgs{EncryptionType: pulumi.String("AES256")},
		},
		// ECR refuses to delete a repository that has images otherwise.
		ForceDelete: pulumi.Bool(true),
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("repository: %w", err)
	}
	policy, err := lifecyclePolicy()
	if err != nil {
		return nil, err
	}
	if _, err := ecr.NewLifecyclePolicy(ctx, name, &ecr.LifecyclePolicyArgs{
		Repository: repository.Name,
		Policy:     pulumi.String(policy),
	}, parent); err != nil {
		return nil, fmt.Errorf("lifecycle policy of the repository: %w", err)
	}
	return repository, nil
}

// lifecyclePolicy returns the rules by which ECR deletes images.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
func lifecyclePolicy() (string, error) {
	type selection struct {
		TagStatus   string `json:"tagStatus"`
		CountType   string `json:"countType"`
		CountUnit   string `json:"countUnit,omitempty"`
		CountNumber int    `json:"countNumber"`
	}
	type rule struct {
		Priority    int               `json:"rulePriority"`
		Description string            `json:"description"`
		Selection   selection         `json:"selection"`
		Action      map[string]string `json:"action"`
	}
	expire := map[string]string{"type": "expire"}
	policy, err := json.Marshal(map[string][]rule{"rules": {
		{1, "Remains of pushes that were cut off", selection{"untagged", "sinceImagePushed", "days", untaggedDays}, expire},
		{2, "Images too old to go back to", selection{"any", "imageCountMoreThan", "", keptImages}, expire},
	}})
	return string(policy), err
}

// buildImage builds the image, and pushes it unless that was done before:
// tags are immutable, and two builds of one content need not have one digest.
//
// The resource is named by the image's tag. A new content is so a new
// resource, that is built and pushed under its own tag; and an old one that
// comes back is again a new one, but is found pushed. Under one name, the
// second could only be an update that pushes.
func buildImage(ctx *pulumi.Context, name, tag string, args *ImageArgs, repository *ecr.Repository, registry *registry, pushed bool, parent pulumi.ResourceOption) (*docker.Image, error) {
	opts := []pulumi.ResourceOption{parent}
	if pushed {
		// Having been pushed by this resource is no reason to update it.
		opts = append(opts, pulumi.IgnoreChanges([]string{"skipPush"}))
	}
	image, err := docker.NewImage(ctx, name+"-"+tag, &docker.ImageArgs{
		ImageName: pulumi.Sprintf("%s:%s", repository.RepositoryUrl, tag),
		Build: &docker.DockerBuildArgs{
			Context:    pulumi.String(args.Context),
			Dockerfile: pulumi.String(args.Dockerfile),
			Platform:   pulumi.String(args.Architecture.Platform()),
			Args:       pulumi.StringMap{"VERSION": pulumi.String(tag)},
		},
		Registry: &docker.RegistryArgs{
			Server:   repository.RepositoryUrl,
			Username: pulumi.String(registry.user),
			Password: pulumi.ToSecret(pulumi.String(registry.password)).(pulumi.StringOutput),
		},
		SkipPush: pulumi.Bool(pushed),
	}, opts...)
	if err != nil {
		return nil, fmt.Errorf("image: %w", err)
	}
	return image, nil
}
