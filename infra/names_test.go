package infra

import (
	"regexp"
	"strings"
	"testing"
)

func TestBaseName(t *testing.T) {
	tests := []struct{ statement, project, stack, want string }{
		{"short names stay as they are", "fargate-stack", "dev", "fargate-stack-dev"},
		{"capitals become small and are marked", "fargate-stack", "Dev", "fargate-stack-dev-"},
		{"dots and underscores become hyphens", "shop", "feature_a.b", "shop-feature-a-b-"},
		{"a load balancer's name may not begin with internal-", "internal", "dev", "internaldev-"},
		{"a security group's name may not begin with sg-", "sg", "dev", "sgdev-"},
		{"long names are cut", "a-project-with-a-very-long-name", "production", "a-project-with-a-"},
	}
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			if got := baseName(test.project, test.stack); !strings.HasPrefix(got, test.want) {
				t.Errorf("got %s, want a name that begins with %s", got, test.want)
			}
		})
	}
}

func TestBaseNameIsLegalEverywhere(t *testing.T) {
	legal := regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)
	long := strings.Repeat("x", 100)
	for _, stack := range []string{"dev", "Dev", long, "a.b_c", strings.Repeat("-", 30), "0", "__", "ü"} {
		name := baseName(testProject, stack)
		if !legal.MatchString(name) || len(name) > longestBaseName || strings.Contains(name, "--") {
			t.Errorf("stack %q makes the name %q", stack, name)
		}
	}
}

func TestStacksDoNotShareABaseName(t *testing.T) {
	names := map[string]string{}
	long := strings.Repeat("x", 50)
	for _, stack := range []string{"dev", "Dev", "DEV", "de.v", "de-v", "de_v", long + "1", long + "2"} {
		name := baseName(testProject, stack)
		if other, taken := names[name]; taken {
			t.Errorf("stacks %s and %s share the name %s", other, stack, name)
		}
		names[name] = stack
	}
}

func TestLongNamesStayWithinLoadBalancerNames(t *testing.T) {
	e := &engine{}
	if err := e.deploy(t, strings.Repeat("p", 60), strings.Repeat("s", 60), nil); err != nil {
		t.Fatal(err)
	}
	const added = len("-1a2b3c4") // by the provider, to make the name unique
	for _, typ := range []string{loadBalancerType, targetGroupType} {
		if name := e.stack.one(t, typ, "").name; len(name)+added > 32 {
			t.Errorf("%s is named %s, %d characters too long", typ, name, len(name)+added-32)
		}
	}
}
