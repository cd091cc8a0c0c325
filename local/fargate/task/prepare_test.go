package task

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// prepareButPull does all that prepare does but what needs a Docker engine.
func prepareButPull(t *testing.T, task *Task) error {
	t.Helper()
	repositories, err := task.repositories(t.Context())
	if err != nil {
		return err
	}
	if err := task.checkRoles(t.Context()); err != nil {
		return err
	}
	if err := task.checkLogin(t.Context(), len(repositories) > 0); err != nil {
		return err
	}
	if err := task.readSecrets(t.Context()); err != nil {
		return err
	}
	for reference, repository := range repositories {
		if err := task.checkPull(t.Context(), reference, repository); err != nil {
			return err
		}
	}
	return task.checkLogs(t.Context())
}

func TestWhatKeepsATaskFromStartingIsToldAsOnAWS(t *testing.T) {
	tests := []struct {
		name string
		put  func(*fakeCloud)
		want []string // parts of the error, in their order
	}{
		{"nothing", func(*fakeCloud) {}, nil},
		{"an execution role that does not trust ECS", func(f *fakeCloud) { f.distrusting = []string{executionRole} },
			[]string{"unable to assume " + executionRole}},
		{"a task role that does not trust ECS", func(f *fakeCloud) { f.distrusting = []string{taskRole} },
			[]string{"unable to assume " + taskRole}},
		{"no execution role", func(f *fakeCloud) { f.definition.ExecutionRoleArn = nil },
			[]string{"ResourceInitializationError", "no execution role"}},
		{"no way to ECR", func(f *fakeCloud) { f.unreachable = []string{"ecr.api"} },
			[]string{"ResourceInitializationError: unable to pull secrets or registry auth", "api.ecr.eu-central-1.amazonaws.com", "i/o timeout", "Please check your task network configuration", "no route"}},
		{"no permission to log in to ECR", func(f *fakeCloud) { f.forbidden = []string{"ecr:GetAuthorizationToken"} },
			[]string{"ResourceInitializationError: unable to pull secrets or registry auth", "AccessDeniedException: ", "ecr:GetAuthorizationToken"}},
		{"no way to the registry", func(f *fakeCloud) { f.unreachable = []string{"ecr.dkr"} },
			[]string{"failed to do request", "i/o timeout", "no route"}},
		{"no way to the layers", func(f *fakeCloud) { f.unreachable = []string{"s3"} },
			[]string{"failed to do request", "i/o timeout", "no route"}},
		{"no permission to pull", func(f *fakeCloud) { f.forbidden = []string{"ecr:BatchGetImage"} },
			[]string{"unexpected status from HEAD request", "403 Forbidden", "ecr:BatchGetImage"}},
		{"no such image", func(f *fakeCloud) { f.digests = nil },
			[]string{registryName + "/app@sha256:0123: not found"}},
		{"no way to CloudWatch", func(f *fakeCloud) { f.unreachable = []string{"logs"} },
			[]string{"ResourceInitializationError: failed to validate logger args", "https://logs.eu-central-1.amazonaws.com/", "i/o timeout", "no route"}},
		{"no permission to write logs", func(f *fakeCloud) { f.forbidden = []string{"logs:CreateLogStream"} },
			[]string{"ResourceInitializationError: failed to validate logger args", "AccessDeniedException: ", "logs:CreateLogStream"}},
		{"no log group", func(f *fakeCloud) { f.groups = nil },
			[]string{"ResourceInitializationError: failed to validate logger args", "ResourceNotFoundException: The specified log group does not exist.", "/ecs/app"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFakeCloud()
			test.put(f)
			err := prepareButPull(t, f.described(t))
			if (err == nil) != (test.want == nil) {
				t.Fatalf("got %v", err)
			}
			rest := ""
			if err != nil {
				rest = err.Error()
			}
			for _, part := range test.want {
				_, after, found := strings.Cut(rest, part)
				if !found {
					t.Errorf("%q is not in %q, in this order", part, err)
				}
				rest = after
			}
		})
	}
}

func TestTheExecutionRoleNeedsWhatItNeedsOnAWS(t *testing.T) {
	f := newFakeCloud()
	task := f.described(t)
	if err := prepareButPull(t, task); err != nil {
		t.Fatal(err)
	}
	const repository = " arn:aws:ecr:eu-central-1:111122223333:repository/app"
	stream := " arn:aws:logs:eu-central-1:111122223333:log-group:/ecs/app:log-stream:ecs/app/" + task.id
	want := []string{
		executionRole + " ecr:GetAuthorizationToken *",
		executionRole + " ecr:BatchGetImage" + repository,
		executionRole + " ecr:GetDownloadUrlForLayer" + repository,
		executionRole + " ecr:BatchCheckLayerAvailability" + repository,
		executionRole + " logs:CreateLogStream" + stream,
		executionRole + " logs:PutLogEvents" + stream,
	}
	if !slices.Equal(f.asked, want) {
		t.Errorf("asked was\n%s\nwant\n%s", strings.Join(f.asked, "\n"), strings.Join(want, "\n"))
	}
}

func TestAnImageFromElsewhereNeedsNoRole(t *testing.T) {
	f := newFakeCloud()
	f.definition.ExecutionRoleArn, f.definition.TaskRoleArn = nil, nil
	f.definition.ContainerDefinitions[0].Image = aws.String("public.ecr.aws/app:1")
	f.definition.ContainerDefinitions[0].LogConfiguration = nil
	f.forbidden = []string{"ecr:GetAuthorizationToken"}
	f.unreachable = []string{"ecr.api", "logs"}
	if err := prepareButPull(t, f.described(t)); err != nil {
		t.Error(err)
	}
}

func TestRepositoryOf(t *testing.T) {
	for image, want := range map[string]string{
		"app":                                  "app",
		"app:1":                                "app",
		"app@sha256:0123":                      "app",
		"app:1@sha256:0123":                    "app",
		"localhost:4566/app":                   "localhost:4566/app",
		"localhost:4566/app:1":                 "localhost:4566/app",
		"localhost:4566/team/app@sha256:0123":  "localhost:4566/team/app",
		registryName + "/app:1@sha256:01234":   registryName + "/app",
		"docker.io/library/python:3.13-slim":   "docker.io/library/python",
		"localhost:4566/app-2:1@sha256:012345": "localhost:4566/app-2",
	} {
		if got := repositoryOf(image); got != want {
			t.Errorf("of %s it is %s, want %s", image, got, want)
		}
	}
}
