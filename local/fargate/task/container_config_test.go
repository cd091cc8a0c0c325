package task

import (
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	docker "github.com/docker/docker/api/types/container"
)

func TestWhatTasksHereDontHaveIsRefused(t *testing.T) {
	tests := []struct {
		name   string
		change func(*types.TaskDefinition, *types.ContainerDefinition)
		want   string
	}{
		{"nothing of it", func(*types.TaskDefinition, *types.ContainerDefinition) {}, ""},
		{"bridge mode", func(d *types.TaskDefinition, _ *types.ContainerDefinition) { d.NetworkMode = types.NetworkModeBridge }, "a network mode other than awsvpc"},
		{"a volume", func(d *types.TaskDefinition, _ *types.ContainerDefinition) { d.Volumes = []types.Volume{{}} }, "volumes"},
		{"a proxy", func(d *types.TaskDefinition, _ *types.ContainerDefinition) {
			d.ProxyConfiguration = &types.ProxyConfiguration{}
		}, "a proxy"},
		{"an order of two containers", func(d *types.TaskDefinition, c *types.ContainerDefinition) {
			c.DependsOn = []types.ContainerDependency{{}}
			d.ContainerDefinitions = append(d.ContainerDefinitions, *c)
		}, "dependsOn"},
		{"an order and a file", func(_ *types.TaskDefinition, c *types.ContainerDefinition) {
			c.DependsOn = []types.ContainerDependency{{}}
			c.EnvironmentFiles = []types.EnvironmentFile{{}}
		}, "dependsOn, environmentFiles"},
		{"another registry's login", func(_ *types.TaskDefinition, c *types.ContainerDefinition) {
			c.RepositoryCredentials = &types.RepositoryCredentials{}
		}, "repositoryCredentials"},
		{"Fluent Bit", func(_ *types.TaskDefinition, c *types.ContainerDefinition) {
			c.FirelensConfiguration = &types.FirelensConfiguration{}
			c.LogConfiguration.LogDriver = types.LogDriverAwsfirelens
		}, "firelensConfiguration, a log driver other than awslogs"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFakeCloud()
			test.change(&f.definition, &f.definition.ContainerDefinitions[0])
			err := NewLauncher(f.options()).newTask(launch(), 0).describe(t.Context())
			if test.want == "" && err == nil {
				return
			}
			if err == nil || !strings.HasSuffix(err.Error(), "task-definition/app:1 asks for what tasks on this machine don't have: "+test.want) {
				t.Errorf("got %v, want one about %s", err, test.want)
			}
		})
	}
}

func TestAContainerIsMadeFromItsDefinition(t *testing.T) {
	tests := []struct {
		name       string
		definition types.ContainerDefinition
		// pick returns what is looked at.
		pick func(*docker.Config, *docker.HostConfig) any
		want any
	}{
		{"the image", types.ContainerDefinition{Image: aws.String("app:1")},
			func(c *docker.Config, _ *docker.HostConfig) any { return c.Image }, "app:1"},
		{"the command", types.ContainerDefinition{EntryPoint: []string{"/app"}, Command: []string{"serve", "now"}},
			func(c *docker.Config, _ *docker.HostConfig) any { return append(c.Entrypoint, c.Cmd...) }, append(docker.Config{}.Cmd, "/app", "serve", "now")},
		{"the user and the directory", types.ContainerDefinition{User: aws.String("65532"), WorkingDirectory: aws.String("/data")},
			func(c *docker.Config, _ *docker.HostConfig) any { return c.User + " " + c.WorkingDir }, "65532 /data"},
		{"the environment", types.ContainerDefinition{Environment: []types.KeyValuePair{{Name: aws.String("A"), Value: aws.String("1=2")}, {Name: aws.String("B")}}},
			func(c *docker.Config, _ *docker.HostConfig) any { return c.Env[:2] }, []string{"A=1=2", "B="}},
		{"the labels, of which those that say whose it is are not to be changed",
			types.ContainerDefinition{Name: aws.String("app"), DockerLabels: map[string]string{"team": "a", "owner": "me"}},
			func(c *docker.Config, _ *docker.HostConfig) any {
				delete(c.Labels, "com.amazonaws.ecs.task-arn")
				return c.Labels
			}, map[string]string{"team": "a", "owner": "test", "com.amazonaws.ecs.container-name": "app"}},
		{"the image's own health check, which is not used", types.ContainerDefinition{},
			func(c *docker.Config, _ *docker.HostConfig) any { return c.Healthcheck.Test }, []string{"NONE"}},
		{"a health check with ECS's numbers", types.ContainerDefinition{HealthCheck: &types.HealthCheck{Command: []string{"CMD", "/check"}}},
			func(c *docker.Config, _ *docker.HostConfig) any { return *c.Healthcheck },
			docker.HealthConfig{Test: []string{"CMD", "/check"}, Interval: 30 * time.Second, Timeout: 5 * time.Second, Retries: 3}},
		{"a health check with numbers of its own", types.ContainerDefinition{HealthCheck: &types.HealthCheck{
			Command: []string{"CMD", "/check"}, Interval: aws.Int32(6), Timeout: aws.Int32(2), Retries: aws.Int32(1), StartPeriod: aws.Int32(9)}},
			func(c *docker.Config, _ *docker.HostConfig) any { return *c.Healthcheck },
			docker.HealthConfig{Test: []string{"CMD", "/check"}, Interval: 6 * time.Second, Timeout: 2 * time.Second, Retries: 1, StartPeriod: 9 * time.Second}},
		{"a network that is the interface's only", types.ContainerDefinition{},
			func(_ *docker.Config, h *docker.HostConfig) any { return string(h.NetworkMode) }, "container:interface"},
		{"a file system to read only", types.ContainerDefinition{ReadonlyRootFilesystem: aws.Bool(true)},
			func(_ *docker.Config, h *docker.HostConfig) any { return h.ReadonlyRootfs }, true},
		{"an init process and capabilities", types.ContainerDefinition{LinuxParameters: &types.LinuxParameters{
			InitProcessEnabled: aws.Bool(true), Capabilities: &types.KernelCapabilities{Add: []string{"SYS_PTRACE"}, Drop: []string{"ALL"}}}},
			func(_ *docker.Config, h *docker.HostConfig) any {
				return []any{*h.Init, h.CapAdd[0], h.CapDrop[0]}
			}, []any{true, "SYS_PTRACE", "ALL"}},
		{"the memory of the task, without swap", types.ContainerDefinition{},
			func(_ *docker.Config, h *docker.HostConfig) any { return []int64{h.Memory, h.MemorySwap} }, []int64{512 << 20, 512 << 20}},
		{"memory of its own", types.ContainerDefinition{Memory: aws.Int32(128)},
			func(_ *docker.Config, h *docker.HostConfig) any { return h.Memory }, int64(128 << 20)},
		{"the CPU of the task", types.ContainerDefinition{},
			func(_ *docker.Config, h *docker.HostConfig) any { return h.NanoCPUs }, int64(250_000_000)},
		{"limits", types.ContainerDefinition{Ulimits: []types.Ulimit{{Name: types.UlimitNameNofile, SoftLimit: 10, HardLimit: 20}}},
			func(_ *docker.Config, h *docker.HostConfig) any { return *h.Ulimits[0] }, docker.Ulimit{Name: "nofile", Soft: 10, Hard: 20}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			task := newFakeCloud().described(t)
			task.eni = "interface"
			host, err := task.hostConfig(test.definition)
			if err != nil {
				t.Fatal(err)
			}
			if got := test.pick(task.containerConfig(test.definition), host); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %#v, want %#v", got, test.want)
			}
		})
	}
}

func TestATaskGetsNoMoreCPUThanThereIs(t *testing.T) {
	f := newFakeCloud()
	f.definition.Cpu = aws.String("999424")
	host, err := f.described(t).hostConfig(types.ContainerDefinition{})
	if want := int64(runtime.NumCPU()) * 1e9; err != nil || host.NanoCPUs != want {
		t.Errorf("it gets %d, want %d (%v)", host.NanoCPUs, want, err)
	}
}

func TestATaskWithoutItsSizeIsNotStarted(t *testing.T) {
	for name, take := range map[string]func(*types.TaskDefinition){
		"cpu":    func(d *types.TaskDefinition) { d.Cpu = nil },
		"memory": func(d *types.TaskDefinition) { d.Memory = nil },
	} {
		f := newFakeCloud()
		take(&f.definition)
		_, err := f.described(t).hostConfig(types.ContainerDefinition{})
		if err == nil || !strings.Contains(err.Error(), name+" of the task") {
			t.Errorf("without %s: %v", name, err)
		}
	}
}

func TestContainersHaveTimeToStop(t *testing.T) {
	f := newFakeCloud()
	task := f.described(t)
	short, long := types.ContainerDefinition{StopTimeout: aws.Int32(5)}, types.ContainerDefinition{StopTimeout: aws.Int32(90)}
	if got := []time.Duration{stopTimeout(short), stopTimeout(types.ContainerDefinition{}), stopTimeout(long)}; !reflect.DeepEqual(got, []time.Duration{5 * time.Second, 30 * time.Second, 90 * time.Second}) {
		t.Errorf("they have %v", got)
	}
	task.definition.ContainerDefinitions = []types.ContainerDefinition{short, long}
	if got := task.longestStop(); got != 90*time.Second {
		t.Errorf("the task has %s", got)
	}
}
