package e2e

import (
	"errors"
	"maps"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
)

// symptomLimit is how long it may take until a failure shows, or its mend.
const symptomLimit = time.Minute

// TestDoctor causes failures, reads what the doctor finds, and does what it
// says to mend them.
func TestDoctor(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	p.expectWell(t)
	for _, failure := range []struct {
		statement string
		cause     func(*patient, *testing.T)
		// title is what the first finding is, and evidence is part of it.
		title, evidence string
		mend            func(*patient, *testing.T)
	}{
		{
			"the image was deleted", (*patient).deleteImage,
			"The image of the tasks is not in the repository", "ImageNotFound", (*patient).pushImage,
		},
		{
			"the execution role may not pull", (*patient).forbidPulling,
			"The execution role may not pull the image, read the secrets or write the logs", "IAM: ecr:BatchGetImage on ", (*patient).refresh,
		},
		{
			"the execution role may not write logs", (*patient).forbidLogging,
			"The execution role may not pull the image, read the secrets or write the logs", "IAM: logs:CreateLogStream on ", (*patient).refresh,
		},
		{
			"the log group was deleted", (*patient).deleteLogGroup,
			"The log group of the tasks does not exist", "/ecs/" + project + "-e2e-doctor", (*patient).refresh,
		},
		{
			"the subnets of the tasks have no route to ECR", (*patient).deleteRoutes,
			"Tasks do not reach what they need to start, such as ECR, from their subnets", "has no default route", (*patient).refresh,
		},
		{
			"the subnets of the tasks lead to the internet gateway", (*patient).turnRoutes,
			"Tasks do not reach what they need to start, such as ECR, from their subnets", "takes a public address that the tasks don't have", (*patient).refresh,
		},
		{
			"the app exits at start", (*patient).deployBadLogLevel,
			"The container ends, or can't be started", `LOG_LEVEL is "loud"`, (*patient).deployGoodLogLevel,
		},
		{
			"the health check is on a path that the app does not have", (*patient).checkWrongPath,
			"The app answers on its port, but not with 200 on the health check path", "[404]", (*patient).refresh,
		},
		{
			"the health check is on a port that the app does not listen on", (*patient).checkWrongPort,
			"Nothing in the tasks accepts connections on the port of the health check", "http://<task>:5001/health", (*patient).refresh,
		},
		{
			"the tasks do not admit the load balancer", (*patient).closeTasks,
			"A security group does not let requests get to the tasks", "no ingress rule for TCP port 5000", (*patient).refresh,
		},
		{
			"the load balancer does not admit the internet", (*patient).closeLoadBalancer,
			"A security group does not let requests get to the tasks", "no ingress rule for TCP port 80 from 0.0.0.0/0", (*patient).refresh,
		},
		{
			"the listener was deleted", (*patient).deleteListener,
			"AWS does not have what the stack consists of", "Listener " + project + "-e2e-doctor: its load balancer has no listener ", (*patient).refresh,
		},
		{
			"the desired count is zero", (*patient).stopAll,
			"No task is to run", "has desired count 0", (*patient).startAll,
		},
		{
			"a rule was added by hand", (*patient).addRule,
			"AWS is not as Pulumi's state says", "tcp 22 from 0.0.0.0/0 is in AWS, and not in the state", (*patient).refresh,
		},
	} {
		mended := t.Run(failure.statement, func(t *testing.T) {
			failure.cause(p, t)
			p.expectFinding(t, failure.title, failure.evidence)
			failure.mend(p, t)
			p.expectWell(t)
		})
		if !mended {
			return // it would be found with every failure after it
		}
	}
	// What mends it is tested no further: before the AWS provider makes a service
	// again, it waits for two minutes whether the deleted one comes back.
	t.Run("the service was deleted", func(t *testing.T) {
		p.deleteService(t)
		p.expectFinding(t, "AWS does not have what the stack consists of", "service "+*p.service.ServiceName)
	})
	p.destroy(t)
}

// A patient is a deployment that a doctor looks at. It has one task, so that
// nothing answers while that one does not.
type patient struct {
	*deployment
	*view
	cloud *testCloud
	url   string
}

func newPatient(t *testing.T) *patient {
	t.Helper()
	cloud := newCloud(t)
	settings := maps.Clone(quick)
	settings[project+":minimumTaskCount"] = "1"
	settings[project+":maximumTaskCount"] = "1"
	deployed := newDeployment(t, cloud, "e2e-doctor", settings)
	result := deployed.up(t)
	return &patient{deployed, cloud.account.describe(t, result), cloud, output(t, result, "url")}
}

// examine runs the doctor, and returns what it says and its exit status.
func (p *patient) examine(t *testing.T) (string, int) {
	t.Helper()
	command := p.command(t, p.cloud, machine.doctor, "-stack", p.stack.Name())
	said, err := command.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	t.Logf("doctor says:\n%s", said)
	return string(said), command.ProcessState.ExitCode()
}

// expectWell waits until the URL answers and the doctor finds nothing.
func (p *patient) expectWell(t *testing.T) {
	t.Helper()
	wait(t, symptomLimit, "the app answers", func() bool { return status(t, p.url, answerLimit) == http.StatusOK })
	wait(t, symptomLimit, "the doctor finds nothing", func() bool {
		_, code := p.examine(t)
		return code == 0
	})
}

// expectFinding checks what the doctor finds first.
func (p *patient) expectFinding(t *testing.T, title, evidence string) {
	t.Helper()
	said, code := p.examine(t)
	if code != 1 {
		t.Errorf("doctor exits with %d, want 1", code)
	}
	_, findings, _ := strings.Cut(said, "\n1. ")
	first, _, _ := strings.Cut(findings, "\n2. ")
	if !strings.HasPrefix(first, title) {
		t.Errorf("the first finding is not %q", title)
	}
	for _, want := range []string{"\n  - ", evidence, "\n  To mend it: "} {
		if !strings.Contains(first, want) {
			t.Errorf("the first finding does not say %q", want)
		}
	}
}

// refresh is pulumi up --refresh, as most findings say.
func (p *patient) refresh(t *testing.T) {
	t.Helper()
	_, err := p.stack.Up(t.Context(), optup.Refresh())
	must(t, err)
}

// pushImage builds and pushes the image again.
func (p *patient) pushImage(t *testing.T) {
	t.Helper()
	_, err := p.stack.Up(t.Context(), optup.Replace([]string{"**docker:index/image:Image::*"}))
	must(t, err)
}
