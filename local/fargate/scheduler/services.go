package scheduler

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// PlatformVersion is the one of Fargate that LATEST means. All tasks have it.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/platform-fargate.html
const PlatformVersion = "1.4.0"

// An Error is why ECS refuses something, in its words.
type Error struct{ Code, Message string }

func (e *Error) Error() string { return e.Message }

// The errors that ECS has for services.
var (
	ErrNotFound  = &Error{"ServiceNotFoundException", "Service not found."}
	ErrNotActive = &Error{"ServiceNotActiveException", "Service was not ACTIVE."}
	ErrExists    = &Error{"InvalidParameterException", "Creation of service was not idempotent."}
	ErrDraining  = &Error{"InvalidParameterException", "Unable to Start a service that is still Draining."}
	ErrScaled    = &Error{"InvalidParameterException", "The service cannot be stopped while the primary deployment is scaled above 0."}
)

// Create makes a service of an input whose references are resolved: Cluster
// is the cluster's name and TaskDefinition an ARN.
func (s *Scheduler) Create(input *ecs.CreateServiceInput) (types.Service, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	name := aws.ToString(input.ServiceName)
	if former := s.find(*input.Cluster, name); former != nil {
		switch aws.ToString(former.record.Status) {
		case statusActive:
			return types.Service{}, ErrExists
		case statusDraining:
			return types.Service{}, ErrDraining
		}
		s.services = slices.DeleteFunc(s.services, func(v *service) bool { return v == former })
	}
	created := &service{scheduler: s, cluster: *input.Cluster, record: s.newRecord(input)}
	created.deploy()
	s.services = append(s.services, created)
	return created.describe(), nil
}

func (s *Scheduler) newRecord(input *ecs.CreateServiceInput) types.Service {
	now := s.options.Now()
	prefix := fmt.Sprintf("arn:aws:ecs:%s:%s:", s.options.Region, s.options.Account)
	record := types.Service{
		ServiceArn:                    aws.String(prefix + "service/" + *input.Cluster + "/" + *input.ServiceName),
		ServiceName:                   input.ServiceName,
		ClusterArn:                    aws.String(prefix + "cluster/" + *input.Cluster),
		Status:                        aws.String(statusActive),
		CreatedAt:                     &now,
		CreatedBy:                     aws.String(fmt.Sprintf("arn:aws:iam::%s:root", s.options.Account)),
		TaskDefinition:                input.TaskDefinition,
		DesiredCount:                  aws.ToInt32(input.DesiredCount),
		AvailabilityZoneRebalancing:   input.AvailabilityZoneRebalancing,
		CapacityProviderStrategy:      input.CapacityProviderStrategy,
		DeploymentConfiguration:       withDefaults(input.DeploymentConfiguration),
		DeploymentController:          input.DeploymentController,
		EnableECSManagedTags:          input.EnableECSManagedTags,
		EnableExecuteCommand:          input.EnableExecuteCommand,
		HealthCheckGracePeriodSeconds: input.HealthCheckGracePeriodSeconds,
		LaunchType:                    input.LaunchType,
		LoadBalancers:                 input.LoadBalancers,
		NetworkConfiguration:          input.NetworkConfiguration,
		PlacementConstraints:          input.PlacementConstraints,
		PlacementStrategy:             input.PlacementStrategy,
		PlatformFamily:                aws.String("Linux"),
		PlatformVersion:               aws.String(cmp.Or(aws.ToString(input.PlatformVersion), "LATEST")),
		PropagateTags:                 input.PropagateTags,
		RoleArn:                       input.Role,
		SchedulingStrategy:            types.SchedulingStrategyReplica,
		ServiceRegistries:             input.ServiceRegistries,
		Tags:                          input.Tags,
	}
	if record.DeploymentController == nil {
		record.DeploymentController = &types.DeploymentController{Type: types.DeploymentControllerTypeEcs}
	}
	return record
}

// Update changes a service by an input whose references are resolved. Only
// what tasks are made of makes a new deployment.
func (s *Scheduler) Update(input *ecs.UpdateServiceInput) (types.Service, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	updated := s.find(*input.Cluster, *input.Service)
	switch {
	case updated == nil:
		return types.Service{}, ErrNotFound
	case aws.ToString(updated.record.Status) != statusActive:
		return types.Service{}, ErrNotActive
	}
	before := updated.record
	updated.apply(input)
	after := updated.record
	if input.ForceNewDeployment || !reflect.DeepEqual(launchSettings(before), launchSettings(after)) {
		updated.deploy()
	}
	if before.DesiredCount != after.DesiredCount {
		updated.steady = false
	}
	updated.primary().DesiredCount = after.DesiredCount
	return updated.describe(), nil
}

// launchSettings returns the part of a service that its tasks are made of.
func launchSettings(s types.Service) types.Service {
	var settings types.Service
	setLaunchSettings(&settings, s)
	return settings
}

// setLaunchSettings gives a service what the tasks of another version of it
// are made of.
func setLaunchSettings(s *types.Service, version types.Service) {
	s.TaskDefinition = version.TaskDefinition
	s.NetworkConfiguration = version.NetworkConfiguration
	s.LoadBalancers = version.LoadBalancers
	s.CapacityProviderStrategy = version.CapacityProviderStrategy
	s.LaunchType = version.LaunchType
	s.PlatformVersion = version.PlatformVersion
	s.EnableExecuteCommand = version.EnableExecuteCommand
	s.EnableECSManagedTags = version.EnableECSManagedTags
	s.PropagateTags = version.PropagateTags
}

// apply takes over what an input sets.
func (s *service) apply(input *ecs.UpdateServiceInput) {
	set(&s.record.TaskDefinition, input.TaskDefinition)
	set(&s.record.NetworkConfiguration, input.NetworkConfiguration)
	set(&s.record.HealthCheckGracePeriodSeconds, input.HealthCheckGracePeriodSeconds)
	set(&s.record.PlatformVersion, input.PlatformVersion)
	if input.DeploymentConfiguration != nil {
		s.record.DeploymentConfiguration = withDefaults(input.DeploymentConfiguration)
	}
	if input.LoadBalancers != nil {
		s.record.LoadBalancers = input.LoadBalancers
	}
	if input.CapacityProviderStrategy != nil {
		s.record.CapacityProviderStrategy = input.CapacityProviderStrategy
		s.record.LaunchType = launchTypeBeside(input.CapacityProviderStrategy)
	}
	if input.DesiredCount != nil {
		s.record.DesiredCount = *input.DesiredCount
	}
	if input.EnableExecuteCommand != nil {
		s.record.EnableExecuteCommand = *input.EnableExecuteCommand
	}
	if input.EnableECSManagedTags != nil {
		s.record.EnableECSManagedTags = *input.EnableECSManagedTags
	}
	if input.AvailabilityZoneRebalancing != "" {
		s.record.AvailabilityZoneRebalancing = input.AvailabilityZoneRebalancing
	}
	if input.PropagateTags != "" {
		s.record.PropagateTags = input.PropagateTags
	}
}

func set[T any](field **T, value *T) {
	if value != nil {
		*field = value
	}
}

// Delete has a service end: its tasks are stopped, and when they have, it is
// inactive.
func (s *Scheduler) Delete(cluster, name string, force bool) (types.Service, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	deleted := s.find(cluster, name)
	switch {
	case deleted == nil:
		return types.Service{}, ErrNotFound
	case !force && deleted.record.DesiredCount > 0:
		return types.Service{}, ErrScaled
	case aws.ToString(deleted.record.Status) == statusActive:
		deleted.record.Status = aws.String(statusDraining)
		deleted.record.DesiredCount = 0
		deleted.primary().DesiredCount = 0
		deleted.interrupt("The service was deleted.")
	}
	return deleted.describe(), nil
}

// Describe returns a service by the name or the ARN.
func (s *Scheduler) Describe(cluster, reference string) (types.Service, bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	found := s.find(cluster, reference)
	if found == nil {
		return types.Service{}, false
	}
	return found.describe(), true
}

// List returns the services of a cluster that are not inactive.
func (s *Scheduler) List(cluster string) []types.Service {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var listed []types.Service
	for _, v := range s.services {
		if v.cluster == cluster && aws.ToString(v.record.Status) != statusInactive {
			listed = append(listed, v.describe())
		}
	}
	return listed
}

// Deployments returns all deployments of a service, the latest first.
func (s *Scheduler) Deployments(cluster, reference string) []types.ServiceDeployment {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	found := s.find(cluster, reference)
	if found == nil {
		return nil
	}
	var described []types.ServiceDeployment
	for _, d := range found.history {
		described = append(described, d.describe(found))
	}
	return described
}

// Tag changes the tags of the service with an ARN. It tells whether there is one.
func (s *Scheduler) Tag(arn string, change func([]types.Tag) []types.Tag) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, v := range s.services {
		if aws.ToString(v.record.ServiceArn) == arn {
			v.record.Tags = change(v.record.Tags)
			return true
		}
	}
	return false
}

// find returns the service of a cluster with a name or an ARN.
func (s *Scheduler) find(cluster, reference string) *service {
	name := reference[strings.LastIndexByte(reference, '/')+1:]
	i := slices.IndexFunc(s.services, func(v *service) bool {
		return v.cluster == cluster && aws.ToString(v.record.ServiceName) == name
	})
	if i < 0 {
		return nil
	}
	return s.services[i]
}

// newID returns an id in the form of a UUID, as events and tasks have one.
func newID() string {
	var b [16]byte
	rand.Read(b[:])
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
