package baseimages

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/distribution/reference"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// scratch is the empty image, which every engine has.
const scratch = "scratch"

// A base is an image that a build begins with or copies from.
type base struct {
	name     reference.Named
	platform platform
}

func (b base) String() string { return reference.FamiliarString(b.name) }

// A platform is an operating system and a processor, as in linux/amd64. The
// processor's variant is left out: no engine needs it to run an image.
type platform string

func newPlatform(text string) platform {
	parts := strings.Split(text, "/")
	return platform(strings.Join(parts[:min(2, len(parts))], "/"))
}

func (p platform) system() string {
	system, _, _ := strings.Cut(string(p), "/")
	return system
}

func (p platform) processor() string {
	_, processor, _ := strings.Cut(string(p), "/")
	return processor
}

// A dockerfile is what a build does.
type dockerfile struct {
	stages    []instructions.Stage
	arguments shell.EnvGetter
	lex       *shell.Lex
	target    platform
}

// basesOf returns the images that a Dockerfile's last stage is built from,
// directly or through other stages, in the order of their names.
func basesOf(path string, own, target platform) ([]base, error) {
	d, err := readDockerfile(path, own, target)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	found, visited := map[string]base{}, map[int]bool{}
	if err := d.visit(len(d.stages)-1, visited, found); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return slices.SortedFunc(maps.Values(found), func(a, b base) int { return strings.Compare(a.String(), b.String()) }), nil
}

func readDockerfile(path string, own, target platform) (*dockerfile, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	parsed, err := parser.Parse(file)
	if err != nil {
		return nil, err
	}
	stages, arguments, err := instructions.Parse(parsed.AST, nil)
	if err != nil {
		return nil, err
	}
	if len(stages) == 0 {
		return nil, errors.New("there is no FROM in it")
	}
	d := &dockerfile{stages: stages, lex: shell.NewLex(parsed.EscapeToken), target: target}
	values := []string{
		"BUILDPLATFORM=" + string(own), "BUILDOS=" + own.system(), "BUILDARCH=" + own.processor(),
		"TARGETPLATFORM=" + string(target), "TARGETOS=" + target.system(), "TARGETARCH=" + target.processor(),
	}
	for _, command := range arguments {
		for _, argument := range command.Args {
			d.arguments = shell.EnvsFromSlice(values)
			value, err := d.expand(argument.ValueString())
			if err != nil {
				return nil, err
			}
			// One without a default does not hide a predefined one.
			if argument.Value != nil {
				values = append(values, argument.Key+"="+value)
			}
		}
	}
	d.arguments = shell.EnvsFromSlice(values)
	return d, nil
}

// expand puts in the values of the arguments that come before the first FROM.
func (d *dockerfile) expand(text string) (string, error) {
	expanded, _, err := d.lex.ProcessWord(text, d.arguments)
	return expanded, err
}

// visit adds the images that a stage needs to found.
func (d *dockerfile) visit(index int, visited map[int]bool, found map[string]base) error {
	if visited[index] {
		return nil
	}
	visited[index] = true
	stage := d.stages[index]
	name, err := d.expand(stage.BaseName)
	if err != nil {
		return err
	}
	on := d.target
	if stage.Platform != "" {
		text, err := d.expand(stage.Platform)
		if err != nil {
			return err
		}
		on = newPlatform(text)
	}
	for _, name := range append([]string{name}, sources(stage)...) {
		if err := d.visitSource(name, index, on, visited, found); err != nil {
			return fmt.Errorf("%s: %w", stage.SourceCode, err)
		}
	}
	return nil
}

// visitSource adds what a name in a stage stands for: another stage, or an image.
func (d *dockerfile) visitSource(name string, index int, on platform, visited map[int]bool, found map[string]base) error {
	if number, err := strconv.Atoi(name); err == nil && number >= 0 && number < index {
		return d.visit(number, visited, found)
	}
	if stage, ok := instructions.HasStage(d.stages[:index], name); ok {
		return d.visit(stage, visited, found)
	}
	if strings.EqualFold(name, scratch) {
		return nil
	}
	image, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		return fmt.Errorf("image %q: %w", name, err)
	}
	b := base{name: reference.TagNameOnly(image), platform: on}
	found[b.String()+" "+string(on)] = b
	return nil
}

// sources returns the names that a stage copies or mounts from.
func sources(stage instructions.Stage) []string {
	var names []string
	for _, command := range stage.Commands {
		switch command := command.(type) {
		case *instructions.CopyCommand:
			names = append(names, command.From)
		case *instructions.RunCommand:
			for _, mount := range instructions.GetMounts(command) {
				names = append(names, mount.From)
			}
		}
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == "" })
}
