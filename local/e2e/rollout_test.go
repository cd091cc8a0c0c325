package e2e

import (
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecr"
)

// requestsDuringUpdate are at least those that an update must answer all of.
const requestsDuringUpdate = 5000

func TestUpdateUnderLoad(t *testing.T) {
	t.Parallel()
	cloud := newCloud(t)
	stack := newDeployment(t, cloud, "e2e-update", quick)
	url := output(t, stack.up(t), "url")
	before, err := version(http.DefaultClient, url)
	must(t, err)

	traffic := startLoad(t, url)
	page := openPage(t, url)
	stack.change(t, "service/home.go", `"fargate-stack"`, `"changed-app"`)
	stack.up(t)
	traffic.expectNoFailure(t, requestsDuringUpdate)
	after, err := version(http.DefaultClient, url)
	must(t, err)
	if after == before || traffic.answers[before] == 0 || traffic.answers[after] == 0 {
		t.Errorf("version was %s and is %s; the answers came from %v", before, after, traffic.answers)
	}
	t.Run("the page shows both versions, and then the new one only", func(t *testing.T) { checkPage(t, page, before, after) })
	stack.destroy(t)
}

func TestBadDeployment(t *testing.T) {
	t.Parallel()
	cloud := newCloud(t)
	stack := newDeployment(t, cloud, "e2e-bad", quick)
	url := output(t, stack.up(t), "url")
	good, err := version(http.DefaultClient, url)
	must(t, err)

	tests := []struct {
		statement              string
		file, old, replacement string
		// wants are what pulumi up says.
		wants []string
	}{
		{"an app that exits at start", "service/main.go", "func main() {",
			"func main() {\n\tfmt.Fprintln(os.Stderr, \"no DATABASE_URL\")\n\tos.Exit(3)\n",
			[]string{"The container ends", "exited with code 3", "no DATABASE_URL"}},
		{"an app that never answers its health check", "service/routes.go", "header := w.Header()",
			"<-r.Context().Done()\n\theader := w.Header()",
			[]string{"health check", "listening"}},
		{"an app that listens on another port", "service/main.go", `fmt.Sprintf(":%d", settings.port)`, `fmt.Sprintf(":%d", settings.port+1)`,
			[]string{"accepts connections on the port of the health check", "listening"}},
	}
	for _, test := range tests {
		t.Run(test.statement+" fails, and the old version goes on answering", func(t *testing.T) {
			traffic := startLoad(t, url)
			stack.change(t, test.file, test.old, test.replacement)
			stack.failingUp(t, append(test.wants, "went back to", "To mend it")...)
			traffic.expectNoFailure(t, requestsPerSecond)
			if len(traffic.answers) != 1 || traffic.answers[good] == 0 {
				t.Errorf("answers came from %v, want %s only", traffic.answers, good)
			}
			stack.change(t, test.file, test.replacement, test.old)
		})
	}
	t.Run("the next good deployment succeeds", func(t *testing.T) {
		stack.change(t, "service/home.go", `"fargate-stack"`, `"mended-app"`)
		stack.up(t)
		if now, err := version(http.DefaultClient, url); err != nil || now == good {
			t.Errorf("version is still %s (%v)", now, err)
		}
	})
	stack.destroy(t)
}

func TestImageThatDoesNotComeToBe(t *testing.T) {
	t.Parallel()
	cloud := newCloud(t)
	stack := newDeployment(t, cloud, "e2e-image", quick)
	first := stack.up(t)
	url := output(t, first, "url")
	before := cloud.account.describe(t, first)

	unchanged := func(t *testing.T, traffic *load) {
		t.Helper()
		traffic.expectNoFailure(t, requestsPerSecond)
		now := cloud.account.describe(t, first)
		if *now.service.TaskDefinition != *before.service.TaskDefinition || len(now.service.Deployments) != 1 {
			t.Errorf("service runs %s in %d deployments", *now.service.TaskDefinition, len(now.service.Deployments))
		}
	}
	t.Run("an app that does not compile touches nothing that runs", func(t *testing.T) {
		traffic := startLoad(t, url)
		stack.change(t, "service/main.go", "func main() {", "func main() { compile this")
		stack.failingUp(t, "main.go:", "syntax error")
		unchanged(t, traffic)
		stack.change(t, "service/main.go", "func main() { compile this", "func main() {")
	})
	t.Run("a registry that refuses the push touches nothing that runs", func(t *testing.T) {
		traffic := startLoad(t, url)
		_, err := cloud.account.ecr.DeleteRepository(t.Context(), &ecr.DeleteRepositoryInput{
			RepositoryName: before.repository.RepositoryName, Force: true,
		})
		must(t, err)
		stack.change(t, "service/home.go", `"fargate-stack"`, `"changed-app"`)
		stack.failingUp(t, "push")
		unchanged(t, traffic)
	})
	t.Run("the deployment after that succeeds", func(t *testing.T) {
		stack.refresh(t)
		stack.up(t)
		if got := status(t, url, answerLimit); got != http.StatusOK {
			t.Errorf("%s answers %d", url, got)
		}
	})
	stack.destroy(t)
}
