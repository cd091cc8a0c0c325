package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
)

// quick are settings with which a deployment takes no longer than it must.
var quick = map[string]string{
	project + ":shutdownSeconds":         "5",
	project + ":healthCheckGraceSeconds": "10",
}

func TestTraffic(t *testing.T) {
	t.Parallel()
	cloud := newCloud(t)
	aws := cloud.account
	stack := newDeployment(t, cloud, "e2e-traffic", quick)
	result := stack.up(t)
	url := output(t, result, "url")

	t.Run("the app answers, and its health check", func(t *testing.T) {
		for _, path := range []string{"", "/health"} {
			if got := status(t, url+path, answerLimit); got != http.StatusOK {
				t.Errorf("%s answers %d", url+path, got)
			}
		}
	})
	t.Run("the app knows its task and zone", func(t *testing.T) { checkIdentity(t, aws, result) })
	t.Run("tasks are containers as the task definition says", func(t *testing.T) { checkTasks(t, aws, result) })
	t.Run("a task has no way in but the load balancer", func(t *testing.T) { checkIsolation(t, aws, result) })
	t.Run("what the app writes is in its log group", func(t *testing.T) { checkLog(t, aws, result) })
	t.Run("who the load balancer's security group does not admit gets no answer", func(t *testing.T) {
		checkAdmission(t, aws, result)
	})
	stack.destroy(t)
}

// containers returns the containers of a stack's tasks, with all that Docker
// knows of them.
func containers(t *testing.T, a *account, result auto.UpResult) []container.InspectResponse {
	t.Helper()
	docker, err := machine.docker.Client()
	must(t, err)
	defer docker.Close()
	var found []container.InspectResponse
	for _, arn := range a.tasks(t, result) {
		listed, err := docker.ContainerList(t.Context(), container.ListOptions{
			Filters: filters.NewArgs(filters.Arg("label", "com.amazonaws.ecs.task-arn="+arn)),
		})
		must(t, err)
		for _, summary := range listed {
			inspected, err := docker.ContainerInspect(t.Context(), summary.ID)
			must(t, err)
			found = append(found, inspected)
		}
	}
	return found
}

// tasks returns the ARNs of the tasks that run.
func (a *account) tasks(t *testing.T, result auto.UpResult) []string {
	t.Helper()
	listed, err := a.ecs.ListTasks(t.Context(), &ecs.ListTasksInput{
		Cluster: aws.String(output(t, result, "clusterName")), ServiceName: aws.String(output(t, result, "serviceName")),
	})
	must(t, err)
	return listed.TaskArns
}

// checkIdentity compares what the app says of its task with what ECS says.
func checkIdentity(t *testing.T, a *account, result auto.UpResult) {
	answer, err := http.Get(output(t, result, "url"))
	must(t, err)
	defer answer.Body.Close()
	var identity struct{ Task, Zone string }
	must(t, json.NewDecoder(answer.Body).Decode(&identity))
	described, err := a.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{
		Cluster: aws.String(output(t, result, "clusterName")), Tasks: []string{identity.Task},
	})
	must(t, err)
	if len(described.Tasks) != 1 || aws.ToString(described.Tasks[0].AvailabilityZone) != identity.Zone || identity.Zone == "" {
		t.Errorf("the app says it is %+v, ECS says %+v", identity, described.Tasks)
	}
}

func checkTasks(t *testing.T, a *account, result auto.UpResult) {
	apps := 0
	for _, c := range containers(t, a, result) {
		if c.Config.Labels["com.amazonaws.ecs.container-name"] != "app" {
			continue
		}
		apps++
		if c.Config.Image != output(t, result, "imageRef") {
			t.Errorf("container runs %s", c.Config.Image)
		}
		if c.Config.User != "65532:65532" || !c.HostConfig.ReadonlyRootfs || strings.Join(c.HostConfig.CapDrop, " ") != "ALL" {
			t.Errorf("container is user %s, has a read-only root: %v, drops %v", c.Config.User, c.HostConfig.ReadonlyRootfs, c.HostConfig.CapDrop)
		}
		if c.HostConfig.NanoCPUs != 250_000_000 || c.HostConfig.Memory != 512<<20 {
			t.Errorf("container has %d billionths of a processor and %d bytes", c.HostConfig.NanoCPUs, c.HostConfig.Memory)
		}
	}
	if apps != 2 {
		t.Errorf("%d containers run, want the desired count of 2", apps)
	}
}

func checkIsolation(t *testing.T, a *account, result auto.UpResult) {
	for _, c := range containers(t, a, result) {
		mode := string(c.HostConfig.NetworkMode)
		if mode != "none" && !strings.HasPrefix(mode, "container:") {
			t.Errorf("container %s has the network %s", c.Name, mode)
		}
		if len(c.HostConfig.PortBindings) > 0 || c.HostConfig.PublishAllPorts {
			t.Errorf("container %s publishes ports: %v", c.Name, c.HostConfig.PortBindings)
		}
		for name, network := range c.NetworkSettings.Networks {
			if network.IPAddress != "" || network.GlobalIPv6Address != "" {
				t.Errorf("container %s has the address %s in network %s", c.Name, network.IPAddress, name)
			}
		}
	}
}

func checkLog(t *testing.T, a *account, result auto.UpResult) {
	group := output(t, result, "logGroupName")
	streams, err := a.logs.DescribeLogStreams(t.Context(), &cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: &group})
	must(t, err)
	if len(streams.LogStreams) != 2 {
		t.Errorf("there are %d log streams, want one a task", len(streams.LogStreams))
	}
	for _, stream := range streams.LogStreams {
		events, err := a.logs.GetLogEvents(t.Context(), &cloudwatchlogs.GetLogEventsInput{LogGroupName: &group, LogStreamName: stream.LogStreamName, StartFromHead: aws.Bool(true)})
		must(t, err)
		if len(events.Events) == 0 || !strings.Contains(*events.Events[0].Message, `"msg":"listening"`) {
			t.Errorf("log %s begins with %v", *stream.LogStreamName, events.Events)
		}
	}
}

// checkAdmission takes away the rule that lets the internet in, and gives it
// back.
func checkAdmission(t *testing.T, a *account, result auto.UpResult) {
	group := a.describe(t, result).groups["load-balancer"]
	rule := []ec2types.IpPermission{fromRange(80, internet)}
	_, err := a.ec2.RevokeSecurityGroupIngress(t.Context(), &ec2.RevokeSecurityGroupIngressInput{GroupId: group.GroupId, IpPermissions: rule})
	must(t, err)
	time.Sleep(time.Second) // rules are taken over at once, but not within the same moment
	if got := status(t, output(t, result, "url"), 3*time.Second); got != 0 {
		t.Errorf("without the rule the answer is %d, want none", got)
	}
	_, err = a.ec2.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{GroupId: group.GroupId, IpPermissions: rule})
	must(t, err)
	wait(t, 10*time.Second, "an answer with the rule", func() bool { return status(t, output(t, result, "url"), answerLimit) == http.StatusOK })
}
