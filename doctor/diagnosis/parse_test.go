package diagnosis

import "testing"

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

func TestTrustsTasks(t *testing.T) {
	tests := []struct {
		statement, policy string
		want              bool
	}{
		{"a service and an action without brackets", `{"Statement":{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}}`, true},
		{"several services and actions", `{"Statement":[{"Effect":"Allow","Principal":{"Service":["ec2.amazonaws.com","ecs-tasks.amazonaws.com"]},"Action":["sts:TagSession","sts:AssumeRole"]}]}`, true},
		{"everybody and all actions", `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*"}]}`, true},
		{"another service", `{"Statement":[{"Effect":"Allow","Principal":{"Service":"ecs.amazonaws.com"},"Action":"sts:AssumeRole"}]}`, false},
		{"an account", `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::1:root"},"Action":"sts:AssumeRole"}]}`, false},
		{"another action", `{"Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:TagSession"}]}`, false},
		{"a statement that denies", `{"Statement":[{"Effect":"Deny","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`, false},
	}
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			got, err := trustsTasks(test.policy)
			if err != nil || got != test.want {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	if _, err := trustsTasks("%7B"); err == nil {
		t.Error("a policy that is no JSON is no error")
	}
}

func TestContains(t *testing.T) {
	tests := []struct {
		outer, inner string
		want         bool
	}{
		{"0.0.0.0/0", "10.0.0.0/16", true},
		{"10.0.0.0/16", "10.0.0.0/16", true},
		{"10.0.0.0/16", "10.0.128.0/20", true},
		{"10.0.128.0/20", "10.0.0.0/16", false},
		{"10.1.0.0/16", "10.0.0.0/20", false},
		{"", "10.0.0.0/20", false},
	}
	for _, test := range tests {
		if got := contains(test.outer, test.inner); got != test.want {
			t.Errorf("%q contains %q: %v", test.outer, test.inner, got)
		}
	}
}

func TestFindingIsWrittenLineByLine(t *testing.T) {
	finding := Finding{Title: "The image is gone", Evidence: []string{"ECR: not found", "task 1 stopped"}, Mend: "push it"}
	const want = "The image is gone\n  - ECR: not found\n  - task 1 stopped\n  To mend it: push it"
	if got := finding.String(); got != want {
		t.Errorf("got %s", got)
	}
}
