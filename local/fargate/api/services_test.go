package api

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func TestAServiceIsToldOfAsItWasCreated(t *testing.T) {
	c := newCloud(t)
	input := &ecs.CreateServiceInput{
		Cluster:        aws.String("main"),
		ServiceName:    aws.String("app"),
		TaskDefinition: aws.String("app:1"),
		DesiredCount:   aws.Int32(0),
		LaunchType:     types.LaunchTypeFargate,
		DeploymentConfiguration: &types.DeploymentConfiguration{
			MinimumHealthyPercent: aws.Int32(50), MaximumPercent: aws.Int32(150),
			DeploymentCircuitBreaker: &types.DeploymentCircuitBreaker{Enable: true, Rollback: true},
		},
		HealthCheckGracePeriodSeconds: aws.Int32(7),
		LoadBalancers: []types.LoadBalancer{{
			TargetGroupArn: aws.String("group"), ContainerName: aws.String("app"), ContainerPort: aws.Int32(8080),
		}},
		NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{
			Subnets: []string{"subnet-1", "subnet-2"}, SecurityGroups: []string{"sg-1"}, AssignPublicIp: types.AssignPublicIpDisabled,
		}},
		PropagateTags:        types.PropagateTagsService,
		EnableECSManagedTags: true,
		Tags:                 []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}},
	}
	before := time.Now().Truncate(time.Millisecond)
	created, err := c.ecs.CreateService(t.Context(), input)
	service := *must(t, created, err).Service
	for name, pair := range map[string][2]any{
		"launch type":              {service.LaunchType, input.LaunchType},
		"deployment configuration": {service.DeploymentConfiguration, input.DeploymentConfiguration},
		"grace":                    {service.HealthCheckGracePeriodSeconds, input.HealthCheckGracePeriodSeconds},
		"load balancers":           {service.LoadBalancers, input.LoadBalancers},
		"network":                  {service.NetworkConfiguration, input.NetworkConfiguration},
		"propagate tags":           {service.PropagateTags, input.PropagateTags},
		"managed tags":             {service.EnableECSManagedTags, input.EnableECSManagedTags},
		"tags":                     {service.Tags, input.Tags},
		"ARN":                      {*service.ServiceArn, serviceARN},
		"cluster":                  {*service.ClusterArn, clusterARN},
		"task definition":          {*service.TaskDefinition, definitionARN + "1"},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%s is %v, want %v", name, pair[0], pair[1])
		}
	}
	if service.CreatedAt.Before(before) || service.CreatedAt.After(time.Now()) {
		t.Errorf("it was created at %s, by its own account", service.CreatedAt)
	}
	described := c.service(types.ServiceFieldTags)
	if !reflect.DeepEqual(described.NetworkConfiguration, service.NetworkConfiguration) || !described.CreatedAt.Equal(*service.CreatedAt) ||
		!reflect.DeepEqual(described.Tags, input.Tags) {
		t.Errorf("DescribeServices tells of %+v", described)
	}
	if tags := c.service().Tags; tags != nil {
		t.Errorf("without being asked, it tells of the tags %v", tags)
	}
}

func TestTheLifeOfAService(t *testing.T) {
	c := newCloud(t)
	c.create(2)
	c.waitUntilStable()
	service := c.service()
	if d := service.Deployments; len(d) != 1 || d[0].RunningCount != 2 || d[0].RolloutState != types.DeploymentRolloutStateCompleted {
		t.Errorf("deployments are %+v", d)
	}
	if latest := service.Events[0]; *latest.Message != "(service app) has reached a steady state." || time.Since(*latest.CreatedAt) > time.Minute {
		t.Errorf("the latest event is %s at %s", *latest.Message, latest.CreatedAt)
	}

	updated, err := c.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{
		Cluster: aws.String("main"), Service: aws.String("app"), TaskDefinition: aws.String("app:2"), DesiredCount: aws.Int32(1),
	})
	if deployments := must(t, updated, err).Service.Deployments; len(deployments) != 2 {
		t.Errorf("after the update, there are %d deployments", len(deployments))
	}
	c.waitUntilStable()
	if service = c.service(); *service.TaskDefinition != definitionARN+"2" || service.RunningCount != 1 {
		t.Errorf("in the end, %d tasks of %s run", service.RunningCount, *service.TaskDefinition)
	}
	listed, err := c.ecs.ListServices(t.Context(), &ecs.ListServicesInput{Cluster: aws.String("main")})
	if arns := must(t, listed, err).ServiceArns; !slices.Equal(arns, []string{serviceARN}) {
		t.Errorf("listed are %v", arns)
	}

	deleted, err := c.ecs.DeleteService(t.Context(), &ecs.DeleteServiceInput{Cluster: aws.String("main"), Service: aws.String("app"), Force: aws.Bool(true)})
	if status := *must(t, deleted, err).Service.Status; status != "DRAINING" {
		t.Errorf("the deleted service is %s", status)
	}
	c.waitUntilInactive()
	listed, err = c.ecs.ListServices(t.Context(), &ecs.ListServicesInput{Cluster: aws.String("main")})
	if arns := must(t, listed, err).ServiceArns; len(arns) != 0 {
		t.Errorf("listed are %v", arns)
	}
}

func TestAServiceThatIsNotThereIsMissing(t *testing.T) {
	c := newCloud(t)
	described, err := c.ecs.DescribeServices(t.Context(), app())
	if failures := must(t, described, err).Failures; len(described.Services) != 0 || len(failures) != 1 ||
		*failures[0].Arn != serviceARN || *failures[0].Reason != "MISSING" {
		t.Errorf("it tells of %+v and %+v", described.Services, failures)
	}
}

// is tells whether an error is of a type of the SDK, and what it says.
func is[E error](message string) func(error) bool {
	return func(err error) bool {
		wanted, ok := errors.AsType[E](err)
		return ok && strings.HasSuffix(wanted.Error(), ": "+message)
	}
}

func TestErrorsAreThoseOfECS(t *testing.T) {
	c := newCloud(t)
	c.create(1)
	main, service, other := aws.String("main"), aws.String("app"), aws.String("other")
	tests := []struct {
		name string
		call func() error
		want func(error) bool
	}{
		{"a cluster that is not there", func() error {
			_, err := c.ecs.CreateService(t.Context(), &ecs.CreateServiceInput{Cluster: other, ServiceName: service, TaskDefinition: aws.String("app:1")})
			return err
		}, is[*types.ClusterNotFoundException]("Cluster not found.")},
		{"a cluster that was deleted", func() error {
			_, err := c.ecs.ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: aws.String("former")})
			return err
		}, is[*types.ClusterNotFoundException]("Cluster not found.")},
		{"no default cluster", func() error {
			_, err := c.ecs.ListServices(t.Context(), &ecs.ListServicesInput{})
			return err
		}, is[*types.ClusterNotFoundException]("Cluster not found.")},
		{"a task definition that is not there", func() error {
			_, err := c.ecs.CreateService(t.Context(), &ecs.CreateServiceInput{Cluster: main, ServiceName: other, TaskDefinition: aws.String("app:4")})
			return err
		}, is[*types.ClientException]("TaskDefinition not found.")},
		{"a task definition that was deregistered", func() error {
			_, err := c.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: main, Service: service, TaskDefinition: aws.String("app:3")})
			return err
		}, is[*types.ClientException]("TaskDefinition is inactive")},
		{"a name that is taken", func() error {
			_, err := c.ecs.CreateService(t.Context(), &ecs.CreateServiceInput{Cluster: main, ServiceName: service, TaskDefinition: aws.String("app:1")})
			return err
		}, is[*types.InvalidParameterException]("Creation of service was not idempotent.")},
		{"an update of a service that is not there", func() error {
			_, err := c.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: main, Service: other})
			return err
		}, is[*types.ServiceNotFoundException]("Service not found.")},
		{"deleting a service that is not there", func() error {
			_, err := c.ecs.DeleteService(t.Context(), &ecs.DeleteServiceInput{Cluster: main, Service: other})
			return err
		}, is[*types.ServiceNotFoundException]("Service not found.")},
		{"deleting a service that has tasks", func() error {
			_, err := c.ecs.DeleteService(t.Context(), &ecs.DeleteServiceInput{Cluster: main, Service: service})
			return err
		}, is[*types.InvalidParameterException]("The service cannot be stopped while the primary deployment is scaled above 0.")},
		{"stopping a task that is not there", func() error {
			_, err := c.ecs.StopTask(t.Context(), &ecs.StopTaskInput{Cluster: main, Task: other})
			return err
		}, is[*types.InvalidParameterException]("The referenced task was not found.")},
		{"tags of a service that is not there", func() error {
			_, err := c.ecs.ListTagsForResource(t.Context(), &ecs.ListTagsForResourceInput{ResourceArn: aws.String(serviceARN + "-2")})
			return err
		}, is[*types.InvalidParameterException]("The specified resource was not found: " + serviceARN + "-2")},
		{"a task without a service", func() error {
			_, err := c.ecs.RunTask(t.Context(), &ecs.RunTaskInput{Cluster: main, TaskDefinition: aws.String("app:1")})
			return err
		}, is[*types.InvalidParameterException]("RunTask is not to be had on this machine, where only services run tasks.")},
		{"an emulator that does not answer", func() error {
			_, err := c.ecs.ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: aws.String("broken")})
			return err
		}, is[*types.ServerException]("looking for cluster broken: the emulator is gone")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := test.call(); !test.want(err) {
				t.Errorf("got %v", err)
			}
		})
	}
	if log := c.log.String(); strings.Count(log, "operation failed") != 1 || !strings.Contains(log, "operation=ListTasks") {
		t.Errorf("logged is %q, want the one that is nobody's mistake", log)
	}
	if _, err := c.ecs.DeleteService(t.Context(), &ecs.DeleteServiceInput{Cluster: main, Service: service, Force: aws.Bool(true)}); err != nil {
		t.Fatal(err)
	}
	c.waitUntilInactive()
	_, err := c.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: main, Service: service})
	if !is[*types.ServiceNotActiveException]("Service was not ACTIVE.")(err) {
		t.Errorf("updating a deleted service: %v", err)
	}
}
