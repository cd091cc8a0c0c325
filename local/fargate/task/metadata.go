package task

import (
	"maps"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// taskMetadata is what the endpoint tells of a task, as far as it is known here.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate-response.html
type taskMetadata struct {
	Cluster          string
	ServiceName      string
	TaskARN          string
	Family           string
	Revision         string
	DesiredStatus    string
	KnownStatus      string
	Limits           limits
	PullStartedAt    *time.Time `json:",omitempty"`
	PullStoppedAt    *time.Time `json:",omitempty"`
	AvailabilityZone string
	LaunchType       string
	Containers       []containerMetadata
}

// containerMetadata is what the endpoint tells of a container.
type containerMetadata struct {
	DockerID      string `json:"DockerId"`
	Name          string
	DockerName    string
	Image         string
	ImageID       string `json:",omitempty"`
	Labels        map[string]string
	DesiredStatus string
	KnownStatus   string
	ExitCode      *int32     `json:",omitempty"`
	Limits        limits     `json:",omitzero"`
	CreatedAt     *time.Time `json:",omitempty"`
	StartedAt     *time.Time `json:",omitempty"`
	Type          string
	ContainerARN  string
	LogDriver     string            `json:",omitempty"`
	LogOptions    map[string]string `json:",omitempty"`
	Networks      []networkMetadata
}

// limits are in vCPUs for a task and in CPU units for a container, and in MiB.
type limits struct {
	CPU    float64 `json:",omitempty"`
	Memory int64   `json:",omitempty"`
}

type networkMetadata struct {
	NetworkMode     string
	IPv4Addresses   []string
	AttachmentIndex int
	PrivateDNSName  string
}

// describeTask returns the metadata of the moment.
func (t *Task) describeTask() taskMetadata {
	record := t.Record()
	described := taskMetadata{
		Cluster:          aws.ToString(record.ClusterArn),
		ServiceName:      aws.ToString(t.launch.Service.ServiceName),
		TaskARN:          aws.ToString(record.TaskArn),
		Family:           aws.ToString(t.definition.Family),
		Revision:         strconv.Itoa(int(t.definition.Revision)),
		DesiredStatus:    aws.ToString(record.DesiredStatus),
		KnownStatus:      aws.ToString(record.LastStatus),
		PullStartedAt:    record.PullStartedAt,
		PullStoppedAt:    record.PullStoppedAt,
		AvailabilityZone: aws.ToString(record.AvailabilityZone),
		LaunchType:       string(record.LaunchType),
	}
	if cpu, memory, err := t.size(); err == nil { // else no container starts that could ask
		described.Limits = limits{CPU: float64(cpu) / cpuUnits, Memory: int64(memory)}
	}
	for i, container := range record.Containers {
		described.Containers = append(described.Containers, t.describeContainer(record, container, t.definition.ContainerDefinitions[i]))
	}
	return described
}

func (t *Task) describeContainer(record types.Task, container types.Container, definition types.ContainerDefinition) containerMetadata {
	name := aws.ToString(definition.Name)
	started := t.startOf(name)
	described := containerMetadata{
		DockerID:      aws.ToString(container.RuntimeId),
		Name:          name,
		DockerName:    name,
		Image:         aws.ToString(definition.Image),
		ImageID:       aws.ToString(container.ImageDigest),
		Labels:        t.metadataLabels(record, definition),
		DesiredStatus: aws.ToString(record.DesiredStatus),
		KnownStatus:   aws.ToString(container.LastStatus),
		ExitCode:      container.ExitCode,
		Limits:        limits{CPU: float64(definition.Cpu), Memory: int64(aws.ToInt32(definition.Memory))},
		CreatedAt:     started,
		StartedAt:     started,
		Type:          "NORMAL",
		ContainerARN:  aws.ToString(container.ContainerArn),
		Networks: []networkMetadata{{
			NetworkMode:    string(types.NetworkModeAwsvpc),
			IPv4Addresses:  []string{t.attached.Address.String()},
			PrivateDNSName: t.hostname(),
		}},
	}
	if logs := definition.LogConfiguration; logs != nil {
		described.LogDriver = string(logs.LogDriver)
		described.LogOptions = map[string]string{"awslogs-stream": t.logStream(definition).stream}
		maps.Copy(described.LogOptions, logs.Options)
	}
	return described
}

func (t *Task) metadataLabels(record types.Task, definition types.ContainerDefinition) map[string]string {
	labels := map[string]string{
		"com.amazonaws.ecs.cluster":                 aws.ToString(record.ClusterArn),
		"com.amazonaws.ecs.container-name":          aws.ToString(definition.Name),
		"com.amazonaws.ecs.task-arn":                aws.ToString(record.TaskArn),
		"com.amazonaws.ecs.task-definition-family":  aws.ToString(t.definition.Family),
		"com.amazonaws.ecs.task-definition-version": strconv.Itoa(int(t.definition.Revision)),
	}
	maps.Copy(labels, definition.DockerLabels)
	return labels
}
