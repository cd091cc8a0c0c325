package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakeCLI puts a CLI on PATH that writes down how it was called and what it
// was sent, and then does what the script says.
func fakeCLI(t *testing.T, script string) (calls func() string) {
	t.Helper()
	directory := t.TempDir()
	content := "#!/bin/sh\n{ echo \"$*\"; cat; } >> '" + directory + "/calls'\n" + script
	if err := os.WriteFile(filepath.Join(directory, "pulumi"), []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", directory+string(os.PathListSeparator)+os.Getenv("PATH"))
	return func() string {
		t.Helper()
		content, err := os.ReadFile(filepath.Join(directory, "calls"))
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
}

func TestTheCLIIsCalledForTheStack(t *testing.T) {
	calls := fakeCLI(t, "")
	c := cli{stack: "dev"}
	if _, err := c.export(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.replace(t.Context(), []byte("{}\n")); err != nil {
		t.Fatal(err)
	}
	if err := c.refresh(t.Context(), []string{"a", "b"}); err != nil {
		t.Fatal(err)
	}
	want := `stack export --non-interactive --stack dev
stack import --non-interactive --stack dev
{}
refresh --yes --skip-preview --suppress-outputs --target a --target b --non-interactive --stack dev
`
	if got := calls(); got != want {
		t.Errorf("it was called:\n%s\nwant:\n%s", got, want)
	}
}

func TestRunExitsAsItSays(t *testing.T) {
	for name, test := range map[string]struct {
		arguments []string
		script    string
		code      int
		problem   string
	}{
		"with 0 where nothing was cut off": {[]string{"-stack", "dev"}, `echo '{"version": 3, "deployment": {"manifest": {}}}'`, 0, ""},
		"with 0 for a stack without state": {nil, `echo '{"version": 3, "deployment": null}'`, 0, ""},
		"with 2 if it was called wrongly":  {[]string{"dev"}, "", 2, `recovery: there is nothing to do with ["dev"]`},
		"with 1 and what the CLI said":     {[]string{"-stack", "dev"}, "echo 'error: no stack' >&2; exit 255", 1, "recovery: pulumi stack export --non-interactive --stack dev: exit status 255\nrecovery: error: no stack\n"},
		"with 1 if there is no state":      {nil, "echo none", 1, "recovery: reading the exported stack: "},
	} {
		t.Run(name, func(t *testing.T) {
			fakeCLI(t, test.script)
			var out, problems bytes.Buffer
			if code := run(t.Context(), test.arguments, &out, &problems); code != test.code {
				t.Errorf("it exits with %d, want %d", code, test.code)
			}
			if out.Len() > 0 {
				t.Errorf("it said %q", out.String())
			}
			if !strings.HasPrefix(problems.String(), test.problem) || (test.problem == "") != (problems.Len() == 0) {
				t.Errorf("problems: %q, want %q", problems.String(), test.problem)
			}
		})
	}
}
