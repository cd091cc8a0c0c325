package task

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	docker "github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/strslice"
)

const (
	// defaultStopTimeout is what Fargate gives a container to stop.
	// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
	defaultStopTimeout = 30 * time.Second

	// cpuUnits are those of one vCPU.
	cpuUnits = 1024

	// A log's file is only the way to CloudWatch.
	longestLog = "10m"
)

// checkSupported returns an error if the task definition asks for something
// that tasks here don't have: running without it would be another task.
func (t *Task) checkSupported() error {
	var asked []string
	note := func(name string, isAsked bool) {
		if isAsked && !slices.Contains(asked, name) {
			asked = append(asked, name)
		}
	}
	d := t.definition
	note("a network mode other than awsvpc", d.NetworkMode != types.NetworkModeAwsvpc)
	note("volumes", len(d.Volumes) > 0)
	note("a proxy", d.ProxyConfiguration != nil)
	for _, c := range d.ContainerDefinitions {
		note("dependsOn", len(c.DependsOn) > 0)
		note("environmentFiles", len(c.EnvironmentFiles) > 0)
		note("repositoryCredentials", c.RepositoryCredentials != nil)
		note("firelensConfiguration", c.FirelensConfiguration != nil)
		note("a log driver other than awslogs", c.LogConfiguration != nil && c.LogConfiguration.LogDriver != types.LogDriverAwslogs)
	}
	if len(asked) == 0 {
		return nil
	}
	return fmt.Errorf("ResourceInitializationError: the task definition %s asks for what tasks on this machine don't have: %s",
		aws.ToString(d.TaskDefinitionArn), strings.Join(asked, ", "))
}

// containerConfig returns a container as Docker takes it.
func (t *Task) containerConfig(definition types.ContainerDefinition) *docker.Config {
	config := &docker.Config{
		Image:       aws.ToString(definition.Image),
		Entrypoint:  definition.EntryPoint,
		Cmd:         definition.Command,
		User:        aws.ToString(definition.User),
		WorkingDir:  aws.ToString(definition.WorkingDirectory),
		Healthcheck: healthCheck(definition.HealthCheck),
		Labels:      map[string]string{},
	}
	maps.Copy(config.Labels, definition.DockerLabels)
	maps.Copy(config.Labels, t.labels())
	config.Labels["com.amazonaws.ecs.container-name"] = aws.ToString(definition.Name)
	for _, variable := range definition.Environment {
		config.Env = append(config.Env, aws.ToString(variable.Name)+"="+aws.ToString(variable.Value))
	}
	config.Env = append(config.Env, t.secrets[aws.ToString(definition.Name)]...)
	config.Env = append(config.Env, metadataVariable+"="+t.metadataURI(aws.ToString(definition.Name)))
	return config
}

// healthCheck translates a health check. ECS has no use for the one of the
// image, which Docker would run otherwise.
func healthCheck(check *types.HealthCheck) *docker.HealthConfig {
	if check == nil {
		return &docker.HealthConfig{Test: []string{"NONE"}}
	}
	seconds := func(value *int32, otherwise int32) time.Duration {
		if value != nil {
			otherwise = *value
		}
		return time.Duration(otherwise) * time.Second
	}
	retries := 3
	if check.Retries != nil {
		retries = int(*check.Retries)
	}
	return &docker.HealthConfig{
		Test:        check.Command,
		Interval:    seconds(check.Interval, 30),
		Timeout:     seconds(check.Timeout, 5),
		StartPeriod: seconds(check.StartPeriod, 0),
		Retries:     retries,
	}
}

// hostConfig returns the limits of a container. It has no network but that of
// the task's network interface.
func (t *Task) hostConfig(definition types.ContainerDefinition) (*docker.HostConfig, error) {
	resources, err := t.resources(definition)
	if err != nil {
		return nil, err
	}
	config := &docker.HostConfig{
		NetworkMode:    docker.NetworkMode("container:" + t.eni),
		ReadonlyRootfs: aws.ToBool(definition.ReadonlyRootFilesystem),
		LogConfig:      docker.LogConfig{Type: "json-file", Config: map[string]string{"max-size": longestLog}},
		Resources:      resources,
	}
	if linux := definition.LinuxParameters; linux != nil {
		config.Init = linux.InitProcessEnabled
		if linux.Capabilities != nil {
			config.CapAdd = strslice.StrSlice(linux.Capabilities.Add)
			config.CapDrop = strslice.StrSlice(linux.Capabilities.Drop)
		}
	}
	return config, nil
}

// resources returns what a container may use: its own limits or, where it has
// none, the task's. There is no swap on Fargate.
func (t *Task) resources(definition types.ContainerDefinition) (docker.Resources, error) {
	cpu, memory, err := t.size()
	if err != nil {
		return docker.Resources{}, err
	}
	// Docker takes no more than the machine has.
	cpu = min(cpu, runtime.NumCPU()*cpuUnits)
	if definition.Memory != nil {
		memory = int(*definition.Memory)
	}
	limits := docker.Resources{
		NanoCPUs:   int64(cpu) * 1e9 / cpuUnits,
		Memory:     int64(memory) << 20,
		MemorySwap: int64(memory) << 20,
	}
	for _, limit := range definition.Ulimits {
		limits.Ulimits = append(limits.Ulimits, &docker.Ulimit{Name: string(limit.Name), Soft: int64(limit.SoftLimit), Hard: int64(limit.HardLimit)})
	}
	return limits, nil
}

// size returns the CPU units and the MiB of the task.
func (t *Task) size() (cpu, memory int, err error) {
	cpu, err = strconv.Atoi(aws.ToString(t.definition.Cpu))
	if err != nil {
		return 0, 0, fmt.Errorf("ResourceInitializationError: cpu of the task: %w", err)
	}
	memory, err = strconv.Atoi(aws.ToString(t.definition.Memory))
	if err != nil {
		return 0, 0, fmt.Errorf("ResourceInitializationError: memory of the task: %w", err)
	}
	return cpu, memory, nil
}

func stopTimeout(definition types.ContainerDefinition) time.Duration {
	if definition.StopTimeout == nil {
		return defaultStopTimeout
	}
	return time.Duration(*definition.StopTimeout) * time.Second
}

func (t *Task) longestStop() time.Duration {
	longest := defaultStopTimeout
	for _, definition := range t.definition.ContainerDefinitions {
		longest = max(longest, stopTimeout(definition))
	}
	return longest
}
