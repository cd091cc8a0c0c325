package infra

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecr"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// registryTimeout is enough for one small request to ECR.
const registryTimeout = 30 * time.Second

// manifestTypes are the kinds of image that a tag may stand for.
var manifestTypes = strings.Join([]string{
	"application/vnd.docker.distribution.manifest.v2+json",
	"application/vnd.docker.distribution.manifest.list.v2+json",
	"application/vnd.oci.image.manifest.v1+json",
	"application/vnd.oci.image.index.v1+json",
}, ", ")

// A registry is the account's ECR registry, with a login that ends after
// twelve hours.
type registry struct {
	endpoint string
	user     string
	password string
}

// logIn asks ECR for a login of its own for each deployment.
func logIn(ctx *pulumi.Context, parent pulumi.InvokeOption) (*registry, error) {
	token, err := ecr.GetAuthorizationToken(ctx, &ecr.GetAuthorizationTokenArgs{}, parent)
	if err != nil {
		return nil, fmt.Errorf("logging in to ECR: %w", err)
	}
	return &registry{endpoint: token.ProxyEndpoint, user: token.UserName, password: token.Password}, nil
}

// digest returns the digest of the image that a repository has under a tag,
// and nothing if it has none or does not exist yet.
//
// It asks the registry itself: aws.ecr.getImage fails when there is no such
// image, and the provider reports that as an error of the deployment.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html#registry_auth_http
func (r *registry) digest(ctx context.Context, repository, tag string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, registryTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodHead,
		fmt.Sprintf("%s/v2/%s/manifests/%s", r.endpoint, repository, tag), nil)
	if err != nil {
		return "", err
	}
	request.SetBasicAuth(r.user, r.password)
	request.Header.Set("Accept", manifestTypes)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", fmt.Errorf("looking for image %s:%s: %w", repository, tag, err)
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
		return response.Header.Get("Docker-Content-Digest"), nil
	case http.StatusNotFound:
		return "", nil
	default:
		return "", fmt.Errorf("looking for image %s:%s: %s answers %s; check that you may read from ECR",
			repository, tag, r.endpoint, response.Status)
	}
}
