package task

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"fargate-stack/local/fargate/eni"
)

// metadataVariable is where a container finds its metadata endpoint.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate.html
const metadataVariable = "ECS_CONTAINER_METADATA_URI_V4"

// metadataLimit is how long a request for metadata may take to come in.
const metadataLimit = 5 * time.Second

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

// metadataPort is the highest port that the task definition does not map, and
// so beyond those that outgoing connections come from. An app that listens on
// all addresses takes its port on that of the endpoint too.
func (t *Task) metadataPort() int {
	port := math.MaxUint16
	for t.maps(port) {
		port--
	}
	return port
}

func (t *Task) maps(port int) bool {
	return slices.ContainsFunc(t.definition.ContainerDefinitions, func(definition types.ContainerDefinition) bool {
		return slices.ContainsFunc(definition.PortMappings, func(mapping types.PortMapping) bool {
			return int(aws.ToInt32(mapping.ContainerPort)) == port
		})
	})
}

// metadataURI is what a container finds in its environment. On Fargate it is on
// 169.254.170.2, which is no address of the network namespace here.
func (t *Task) metadataURI(container string) string {
	return fmt.Sprintf("http://127.0.0.1:%d/v4/%s-%s", t.metadataPort(), t.id, container)
}

// serveMetadata answers the containers until the task has ended.
func (t *Task) serveMetadata() error {
	listening, err := eni.ListenForMetadata(t.directory)
	if err != nil {
		return err
	}
	t.metadata = &http.Server{Handler: t.metadataHandler(), ReadTimeout: metadataLimit}
	go t.metadata.Serve(listening) // always returns an error: that it was closed
	return nil
}

// metadataHandler answers with the metadata of the moment.
func (t *Task) metadataHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v4/{container}", func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.PathValue("container"), t.id+"-")
		described := t.describeTask().Containers
		found := slices.IndexFunc(described, func(c containerMetadata) bool { return c.Name == name })
		if found < 0 {
			http.Error(w, "the task has no container "+name, http.StatusNotFound)
			return
		}
		writeJSON(w, described[found])
	})
	mux.HandleFunc("GET /v4/{container}/task", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, t.describeTask())
	})
	return mux
}

func writeJSON(w http.ResponseWriter, metadata any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(metadata) // fails when nobody reads on
}

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
		described.LogOptions = maps.Clone(logs.Options)
		described.LogOptions["awslogs-stream"] = t.logStream(definition).stream
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
