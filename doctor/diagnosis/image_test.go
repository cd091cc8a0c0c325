package diagnosis

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func TestImages(t *testing.T) {
	examineEach(t, []failure{
		{
			"an image whose digest ECR does not have is missing",
			func(a *account) {
				a.images = map[string]bool{}
				a.fail(ecstypes.TaskStopCodeTaskFailedToStart, "CannotPullContainerError: failed to resolve ref app: not found", ecstypes.Container{})
			},
			[]Kind{ImageMissing}, "ECR: ImageNotFound, Requested image not found",
		},
		{
			"an image whose tag ECR does not have is missing",
			func(a *account) {
				a.definitions[0].ContainerDefinitions[0].Image = aws.String(registryHost + "/app:gone")
			},
			[]Kind{ImageMissing}, "app:1 runs " + registryHost + "/app:gone",
		},
		{
			"an image whose repository was deleted is missing",
			func(a *account) { a.images = nil },
			[]Kind{ImageMissing}, "The repository with name 'app' does not exist",
		},
		{
			"an image of another registry is missing if ECS says so",
			func(a *account) {
				a.definitions[0].ContainerDefinitions[0].Image = aws.String("ghcr.io/app:gone")
				a.fail(ecstypes.TaskStopCodeTaskFailedToStart, "CannotPullContainerError: failed to resolve ref ghcr.io/app:gone: not found", ecstypes.Container{})
			},
			[]Kind{ImageMissing}, "failed to resolve ref ghcr.io/app:gone",
		},
		{
			"a registry that ECS does not reach though nothing is seen to be in the way is unreachable",
			func(a *account) {
				a.fail(ecstypes.TaskStopCodeTaskFailedToStart, "ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth from Amazon ECR: There is a connection issue between the task and Amazon ECR.", ecstypes.Container{})
			},
			[]Kind{RegistryUnreachable}, "There is a connection issue",
		},
	})
}

func TestParseImage(t *testing.T) {
	tests := []struct {
		statement, name string
		want            imageReference
	}{
		{"an image by digest", "host.example/a/b@sha256:1", imageReference{"host.example", "a/b", "", "sha256:1"}},
		{"an image by tag", "host.example/a:1", imageReference{"host.example", "a", "1", ""}},
		{"an image by tag and digest", "host.example/a:1@sha256:1", imageReference{"host.example", "a", "1", "sha256:1"}},
		{"a registry with a port", "localhost:5000/a:1", imageReference{"localhost:5000", "a", "1", ""}},
		{"a registry on this machine", "localhost/a:1", imageReference{"localhost", "a", "1", ""}},
		{"an image of Docker Hub", "library/nginx", imageReference{"", "library/nginx", "latest", ""}},
		{"an image without a tag is the latest", "host.example/a", imageReference{"host.example", "a", "latest", ""}},
	}
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			if got := parseImage(test.name); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}
