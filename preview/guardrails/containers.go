package guardrails

import (
	"encoding/json"
	"strings"

	"fargate-stack/preview/plan"
)

// containers are about what the app may do on what it runs on.
var containers = []rule{
	{
		Danger, "The container runs as root, or with more rights than root has in a container.",
		"Give the image a user of its own, and open ports from 1024 up.",
		anyOf(newInContainers(isRoot, "runs as root"), newInContainers(isPrivileged, "is privileged, or gets capabilities")),
	},
	{
		Caution, "The container may write to its file system, and so may whoever breaks into the app.",
		"Turn ecsExec off again when nobody needs it, or write to a volume.",
		anyOf(newInContainers(isWritable, "has a root file system that can be written to")),
	},
	{
		Caution, "People can run commands in the tasks, as root.",
		"Turn ecsExec off again when nobody needs it.",
		anyOf(commandsOn),
	},
}

// A container is what matters of one in a task definition.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
type container struct {
	User                   string
	Privileged             bool
	ReadonlyRootFilesystem bool
	LinuxParameters        struct{ Capabilities struct{ Add []string } }
}

// newInContainers finds task definitions in which something is so of a
// container, and was so of none before.
func newInContainers(so func(container) bool, change string) check {
	return func(s *plan.Step) string {
		if s.Type == taskDefinition && anyContainer(s.After, so) && !anyContainer(s.Before, so) {
			return change
		}
		return ""
	}
}

// anyContainer tells whether something is so of any container. Of containers that
// are secret, or not known yet, nothing is.
func anyContainer(side func(path string) any, so func(container) bool) bool {
	var all []container
	if err := json.Unmarshal([]byte(text(side("containerDefinitions"))), &all); err != nil {
		return false
	}
	for _, c := range all {
		if so(c) {
			return true
		}
	}
	return false
}

// isRoot knows that an image's own user, which nobody sees in a plan, is root if
// it says none.
func isRoot(c container) bool {
	user, _, _ := strings.Cut(c.User, ":")
	return user == "" || user == "0" || user == "root"
}

func isPrivileged(c container) bool {
	return c.Privileged || len(c.LinuxParameters.Capabilities.Add) > 0
}

func isWritable(c container) bool { return !c.ReadonlyRootFilesystem }

func commandsOn(s *plan.Step) string {
	const property = "enableExecuteCommand"
	if s.Type == ecsService && s.After(property) == true && s.Before(property) != true {
		return property + " is turned on"
	}
	return ""
}
