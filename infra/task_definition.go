package infra

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const (
	// containerName is the app's name within its task.
	containerName = "app"

	// appUser is the user and group that the app runs as: nobody's, and not root.
	appUser = "65532:65532"

	// logStreamPrefix comes before the task's id in the name of a log stream.
	logStreamPrefix = "app"

	portVariable            = "PORT"
	healthCheckPathVariable = "HEALTH_CHECK_PATH"
)

// programVariables are the environment variables that the program sets.
var programVariables = []string{portVariable, healthCheckPathVariable}

// A containerDefinition is the part of a task definition that ECS takes as
// JSON, as far as it is used here.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
type containerDefinition struct {
	Name                   string               `json:"name"`
	Image                  string               `json:"image"`
	Essential              bool                 `json:"essential"`
	PortMappings           []portMapping        `json:"portMappings"`
	Environment            []variable           `json:"environment"`
	Secrets                []secretVariable     `json:"secrets,omitempty"`
	User                   string               `json:"user"`
	ReadonlyRootFilesystem bool                 `json:"readonlyRootFilesystem"`
	LinuxParameters        linuxParameters      `json:"linuxParameters"`
	StopTimeout            int                  `json:"stopTimeout"`
	HealthCheck            *containerCheck      `json:"healthCheck,omitempty"`
	LogConfiguration       containerLogSettings `json:"logConfiguration"`
}

type portMapping struct {
	ContainerPort int    `json:"containerPort"`
	HostPort      int    `json:"hostPort"`
	Protocol      string `json:"protocol"`
}

type variable struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// A secretVariable is an environment variable that ECS sets to a secret.
type secretVariable struct {
	Name      string `json:"name"`
	ValueFrom string `json:"valueFrom"`
}

type linuxParameters struct {
	InitProcessEnabled bool         `json:"initProcessEnabled"`
	Capabilities       capabilities `json:"capabilities"`
}

type capabilities struct {
	Drop []string `json:"drop"`
}

// A containerCheck is run by ECS in the container; times are in seconds.
type containerCheck struct {
	Command     []string `json:"command"`
	Interval    int      `json:"interval"`
	Timeout     int      `json:"timeout"`
	Retries     int      `json:"retries"`
	StartPeriod int      `json:"startPeriod"`
}

type containerLogSettings struct {
	LogDriver string            `json:"logDriver"`
	Options   map[string]string `json:"options"`
}

func newTaskDefinition(ctx *pulumi.Context, name string, args *ServiceArgs, roles *roles, logGroup pulumi.StringOutput, parent pulumi.ResourceOption) (*ecs.TaskDefinition, error) {
	config := args.Config
	definitions := pulumi.JSONMarshal(pulumi.All(args.Image.Reference, logGroup).ApplyT(func(v []any) []containerDefinition {
		return []containerDefinition{appContainer(config, args.Account.Region, v[0].(string), v[1].(string))}
	}))
	if config.EnvironmentIsSecret {
		definitions = pulumi.ToSecret(definitions).(pulumi.StringOutput)
	}
	definition, err := ecs.NewTaskDefinition(ctx, name, &ecs.TaskDefinitionArgs{
		Family:                  pulumi.String(name),
		RequiresCompatibilities: pulumi.StringArray{pulumi.String("FARGATE")},
		NetworkMode:             pulumi.String("awsvpc"),
		Cpu:                     pulumi.String(fmt.Sprint(config.CPU)),
		Memory:                  pulumi.String(fmt.Sprint(config.Memory)),
		RuntimePlatform: &ecs.TaskDefinitionRuntimePlatformArgs{
			CpuArchitecture:       pulumi.String(config.Architecture.CPUArchitecture()),
			OperatingSystemFamily: pulumi.String("LINUX"),
		},
		ExecutionRoleArn:     roles.execution.Arn,
		TaskRoleArn:          roles.task.Arn,
		ContainerDefinitions: definitions,
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("task definition: %w", err)
	}
	return definition, nil
}

// appContainer describes the app's container: it may write nowhere, has no
// capabilities and is not root. ECS Exec is the exception: its agent runs in
// the container, and does not start where it can't write.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html#ecs-exec-considerations
func appContainer(config *Config, region, image, logGroup string) containerDefinition {
	return containerDefinition{
		Name:                   containerName,
		Image:                  image,
		Essential:              true,
		PortMappings:           []portMapping{{config.ContainerPort, config.ContainerPort, "tcp"}},
		Environment:            environment(config),
		Secrets:                secretVariables(config),
		User:                   appUser,
		ReadonlyRootFilesystem: !config.ECSExec,
		LinuxParameters: linuxParameters{
			InitProcessEnabled: true, // reaps what the app leaves, and passes signals on
			Capabilities:       capabilities{Drop: []string{"ALL"}},
		},
		StopTimeout: config.ShutdownSeconds,
		HealthCheck: containerHealthCheck(config.ContainerHealthCheckCommand),
		LogConfiguration: containerLogSettings{
			LogDriver: "awslogs",
			Options: map[string]string{
				"awslogs-group":         logGroup,
				"awslogs-region":        region,
				"awslogs-stream-prefix": logStreamPrefix,
			},
		},
	}
}

// environment returns the app's variables, sorted, so that the same ones make
// the same task definition.
func environment(config *Config) []variable {
	values := maps.Clone(config.Environment)
	if values == nil {
		values = map[string]string{}
	}
	values[portVariable] = fmt.Sprint(config.ContainerPort)
	values[healthCheckPathVariable] = config.HealthCheckPath
	variables := make([]variable, 0, len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		variables = append(variables, variable{name, values[name]})
	}
	return variables
}

func containerHealthCheck(command []string) *containerCheck {
	if len(command) == 0 {
		return nil
	}
	return &containerCheck{Command: command, Interval: 10, Timeout: 5, Retries: 3, StartPeriod: 10}
}
