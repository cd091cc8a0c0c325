// Command gh stands in for the command of GitHub of that name, where workflows
// are tested. It knows only gh api, and the requests that the workflows make.
// The issues are in the file that GH_ISSUES names. A filter is left to jq.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"fargate-stack/local/workflows/issues"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "gh:", err)
		os.Exit(1)
	}
}

// A request is what gh api is asked to do.
type request struct {
	method, path, filter string
	silent               bool
	fields               map[string]string
}

func run(arguments []string) error {
	asked, err := parse(arguments)
	if err != nil {
		return err
	}
	file := os.Getenv("GH_ISSUES")
	repository, err := issues.Read(file)
	if err != nil {
		return err
	}
	path, ok := strings.CutPrefix(asked.path, "repos/"+repository.Name)
	if !ok {
		return fmt.Errorf("%s is not in the repository %s", asked.path, repository.Name)
	}
	answer, err := repository.Answer(asked.method, path, asked.fields)
	if err != nil {
		return err
	}
	if err := repository.Write(file); err != nil {
		return err
	}
	return asked.show(answer)
}

// parse reads the arguments. As with gh, those that are no flags may come first.
func parse(arguments []string) (*request, error) {
	if len(arguments) == 0 || arguments[0] != "api" {
		return nil, errors.New("only gh api is known")
	}
	r := &request{fields: map[string]string{}}
	flags := flag.NewFlagSet("gh api", flag.ContinueOnError)
	flags.StringVar(&r.method, "method", "GET", "")
	flags.StringVar(&r.filter, "jq", "", "")
	flags.BoolVar(&r.silent, "silent", false, "")
	flags.Bool("paginate", false, "")
	flags.Func("field", "", r.addFile)
	flags.Func("raw-field", "", r.addText)
	for rest := arguments[1:]; len(rest) > 0; rest = flags.Args() {
		if !strings.HasPrefix(rest[0], "-") {
			r.path, rest = rest[0], rest[1:]
		}
		if err := flags.Parse(rest); err != nil {
			return nil, err
		}
	}
	if os.Getenv("GH_TOKEN") == "" {
		return nil, errors.New("GH_TOKEN is not set")
	}
	return r, nil
}

// addFile adds a field whose value is in a file.
func (r *request) addFile(field string) error {
	name, path, ok := strings.Cut(field, "=@")
	if !ok {
		return errors.New("only files are known, as name=@path")
	}
	content, err := os.ReadFile(path)
	r.fields[name] = string(content)
	return err
}

// addText adds a field whose value is a text.
func (r *request) addText(field string) error {
	name, value, ok := strings.Cut(field, "=")
	if !ok {
		return errors.New("want name=value")
	}
	r.fields[name] = value
	return nil
}

// show prints what is asked for of an answer.
func (r *request) show(answer any) error {
	if r.silent {
		return nil
	}
	content, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	filter := exec.Command("jq", "--raw-output", r.filter)
	filter.Stdin = bytes.NewReader(content)
	filter.Stdout, filter.Stderr = os.Stdout, os.Stderr
	if err := filter.Run(); err != nil {
		return fmt.Errorf("jq: %w", err)
	}
	return nil
}
