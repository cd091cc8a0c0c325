package task

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// tell asks the metadata endpoint of a container, and returns the answer.
func tell(t *testing.T, task *Task, container, path string) (int, map[string]any) {
	t.Helper()
	address, err := url.Parse(task.metadataURI(container) + path)
	if err != nil {
		t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	task.metadataHandler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, address.Path, nil))
	var told map[string]any
	if answer.Code == http.StatusOK {
		if err := json.Unmarshal(answer.Body.Bytes(), &told); err != nil {
			t.Fatal(err)
		}
	}
	return answer.Code, told
}

func TestNobodyElseIsTold(t *testing.T) {
	task := runningTask(t)
	for name, test := range map[string]struct{ container, path string }{
		"a container that the task has not":   {"other", ""},
		"statistics, which nobody keeps here": {"app", "/stats"},
	} {
		if status, _ := tell(t, task, test.container, test.path); status != http.StatusNotFound {
			t.Errorf("%s: got %d", name, status)
		}
	}
}

func TestAContainerFindsItsMetadataInItsEnvironment(t *testing.T) {
	task := runningTask(t)
	want := "ECS_CONTAINER_METADATA_URI_V4=http://127.0.0.1:65535/v4/" + task.id + "-app"
	if got := task.containerConfig(task.definition.ContainerDefinitions[0]).Env; !slices.Contains(got, want) {
		t.Errorf("%s is missing in %v", want, got)
	}
}

func TestTheMetadataEndpointLeavesTheAppItsPorts(t *testing.T) {
	for name, test := range map[string]struct {
		ports []int32
		want  int
	}{
		"an app without ports":             {nil, 65535},
		"an app on a usual port":           {[]int32{5000}, 65535},
		"an app on the highest port":       {[]int32{65535}, 65534},
		"an app on several, in any order":  {[]int32{65534, 5000, 65535}, 65533},
		"an app on one that would be next": {[]int32{65534}, 65535},
	} {
		t.Run(name, func(t *testing.T) {
			task := &Task{definition: types.TaskDefinition{ContainerDefinitions: []types.ContainerDefinition{{}, {}}}}
			for i, port := range test.ports {
				definition := &task.definition.ContainerDefinitions[i%2]
				definition.PortMappings = append(definition.PortMappings, types.PortMapping{ContainerPort: &port})
			}
			if got := task.metadataPort(); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}
