package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
)

// TestDrift changes by hand what the stack describes. Autoscaling is off: where
// it is on, the number of tasks within its bounds is its own.
func TestDrift(t *testing.T) {
	t.Parallel()
	cloud := newCloud(t)
	stack := newDeployment(t, cloud, "e2e-drift", map[string]string{
		project + ":minimumTaskCount": "1",
		project + ":maximumTaskCount": "1",
		project + ":shutdownSeconds":  "5",
	})
	result := stack.up(t)
	before := cloud.account.describe(t, result)

	for _, name := range []string{"tasks", "load-balancer"} {
		_, err := cloud.account.ec2.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
			GroupId: before.groups[name].GroupId, IpPermissions: []ec2types.IpPermission{fromRange(22, internet)},
		})
		must(t, err)
	}
	cloud.account.scale(t, result, 3)

	t.Run("preview with refresh shows it", func(t *testing.T) {
		said, err := stack.preview(t, optpreview.Refresh(), optpreview.Diff())
		must(t, err)
		for _, want := range []string{"-tasks", "-load-balancer", "ingress", "22", "desiredCount"} {
			if !strings.Contains(said, want) {
				t.Errorf("preview does not say %q:\n%s", want, said)
			}
		}
	})
	t.Run("up with refresh puts it right", func(t *testing.T) {
		_, err := stack.stack.Up(t.Context(), optup.Refresh())
		must(t, err)
		after := cloud.account.describe(t, result)
		for _, name := range []string{"tasks", "load-balancer"} {
			if got, want := ports(after.groups[name].IpPermissions), ports(before.groups[name].IpPermissions); !slices.Equal(got, want) {
				t.Errorf("group %s takes %v, want %v", name, got, want)
			}
		}
		if after.service.DesiredCount != 1 {
			t.Errorf("desired count is %d, want 1", after.service.DesiredCount)
		}
	})
	stack.destroy(t)
}

// TestTwoStacks deploys two stacks into one account, with the same ranges of
// addresses.
func TestTwoStacks(t *testing.T) {
	t.Parallel()
	cloud := newCloud(t)
	before := cloud.account.inventory(t)
	first := newDeployment(t, cloud, "e2e-first", quick)
	second := newDeployment(t, cloud, "e2e-second", quick)
	firstURL := output(t, first.up(t), "url")
	second.change(t, "service/home.go", `"fargate-stack"`, `"second-app"`)
	secondURL := output(t, second.up(t), "url")

	if firstURL == secondURL {
		t.Fatalf("both answer at %s", firstURL)
	}
	traffic := startLoad(t, firstURL)
	second.change(t, "service/home.go", `"second-app"`, `"second-app-changed"`)
	second.up(t)
	second.destroy(t)
	traffic.expectNoFailure(t, requestsPerSecond)
	if len(traffic.answers) != 1 {
		t.Errorf("the first stack answered as %v while the second was changed and destroyed", traffic.answers)
	}
	expectChanges(t, first.up(t), "same")
	first.destroy(t)
	cloud.account.expect(t, before)
}
