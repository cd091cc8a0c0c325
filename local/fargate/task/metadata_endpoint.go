package task

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
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
	return fmt.Sprintf("http://127.0.0.1:%d/v4/%s", t.metadataPort(), t.metadataID(container))
}

// metadataID is what the endpoint knows a container by.
func (t *Task) metadataID(container string) string { return t.id + "-" + container }

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
		asked := r.PathValue("container")
		described := t.describeTask().Containers
		found := slices.IndexFunc(described, func(c containerMetadata) bool { return t.metadataID(c.Name) == asked })
		if found < 0 {
			http.Error(w, "the task has no container "+asked, http.StatusNotFound)
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
