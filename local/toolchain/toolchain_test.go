package toolchain

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fargate-stack/local/progress"
)

// prepare prepares a toolchain and returns it with what was reported.
func prepare(t *testing.T, repository, cache string) (*Toolchain, string) {
	t.Helper()
	var report bytes.Buffer
	prepared, err := Prepare(t.Context(), Options{Cache: cache, Repository: repository, Report: progress.New(&report)})
	if err != nil {
		t.Fatalf("%v\n%s", err, &report)
	}
	return prepared, report.String()
}

// variable returns a variable of a toolchain.
func (tc *Toolchain) variable(name string) string {
	for _, variable := range tc.Environment {
		if value, ok := strings.CutPrefix(variable, name+"="); ok {
			return value
		}
	}
	return ""
}

// installPulumi puts a CLI of a version on PATH, with the language host
// beside it. What it is asked to install it does by the given command.
func installPulumi(t *testing.T, path, version, install string) {
	t.Helper()
	script(t, path, "pulumi", `case "$1" in version) echo `+version+`;; plugin) echo "$*" >> "`+path+`/asked"; `+install+`;; esac`)
	script(t, path, languageHost, "")
}

const (
	downloads = `mkdir -p "$PULUMI_HOME/plugins/resource-$4-v$5"`
	refuses   = `echo "warning: Error downloading plugin: no such host" >&2; echo "error: failed all 5 attempts" >&2; exit 1`
)

func asked(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path, "asked"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

func TestOfficialPluginsAreUsedWhereTheyCanBeDownloaded(t *testing.T) {
	path := emptyMachine(t)
	installPulumi(t, path, cliVersion, downloads)
	cache, folder := t.TempDir(), repository(t)
	for range 2 {
		got, report := prepare(t, folder, cache)
		if got.Pulumi != filepath.Join(path, "pulumi") || !slices.Equal(got.Path, []string{path}) {
			t.Errorf("got the CLI %s, PATH %v", got.Pulumi, got.Path)
		}
		if home := got.variable("PULUMI_HOME"); home != filepath.Join(cache, "homes", "official") {
			t.Errorf("got the home %s", home)
		}
		for _, name := range []string{"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "FARGATE_STACK_TERRAFORM_BRIDGE", providerVariable} {
			if value := got.variable(name); value != "" {
				t.Errorf("%s is %s", name, value)
			}
		}
		if strings.Contains(strings.ReplaceAll(report, "building "+fargateTool.why, ""), "building") {
			t.Errorf("reported\n%s", report)
		}
		for _, program := range []string{got.Fargate.Server, got.Fargate.Interface} {
			if !exists(program) {
				t.Errorf("there is no %s", program)
			}
		}
	}
	var want []string
	for _, p := range plugins {
		want = append(want, "plugin install resource "+p.String())
	}
	if got := asked(t, path); !slices.Equal(got, want) {
		t.Errorf("the CLI was asked %q, want %q once", got, want)
	}
}

func TestStandInsAreBuiltWhereTheOfficialPluginsAreRefused(t *testing.T) {
	path := emptyMachine(t)
	installPulumi(t, path, cliVersion, refuses)
	provider := unpackedMirror(t, filepath.Join(optionalSoftware, "mirror"))
	cache, folder := t.TempDir(), repository(t)
	first, report := prepare(t, folder, cache)
	if !strings.Contains(report, "using the stand-ins") || !strings.Contains(report, "exit status 1: no such host\n") {
		t.Errorf("the reason is not reported:\n%s", report)
	}
	for _, p := range plugins {
		output, err := exec.Command(filepath.Join(p.folder(first.variable("PULUMI_HOME")), p.program())).Output()
		if err != nil || string(output) != p.name {
			t.Errorf("the stand-in for %s said %q, %v", p.name, output, err)
		}
	}
	if output, err := exec.Command(first.variable("FARGATE_STACK_TERRAFORM_BRIDGE")).Output(); err != nil || string(output) != bridgeTool.name {
		t.Errorf("the bridge said %q, %v", output, err)
	}
	if got := first.variable(providerVariable); got != provider {
		t.Errorf("got the provider %s, want %s", got, provider)
	}
	if first.variable("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION") != "true" || first.variable("PULUMI_IGNORE_AMBIENT_PLUGINS") != "true" {
		t.Errorf("got %v", first.Environment)
	}

	second, report := prepare(t, folder, cache)
	if !slices.Equal(first.Environment, second.Environment) || strings.Contains(report, "building") {
		t.Errorf("the second run made\n%v, the first\n%v:\n%s", second.Environment, first.Environment, report)
	}
	if got := asked(t, path); len(got) != 1 {
		t.Errorf("the CLI was asked %q, want once, for the smallest", got)
	}
}

func TestTheOfficialPluginsAreTriedAgainAfterADay(t *testing.T) {
	path := emptyMachine(t)
	installPulumi(t, path, cliVersion, refuses)
	unpackedMirror(t, filepath.Join(optionalSoftware, "mirror"))
	cache, folder := t.TempDir(), repository(t)
	prepare(t, folder, cache)
	installPulumi(t, path, cliVersion, downloads)
	yesterday := time.Now().Add(-25 * time.Hour)
	if err := os.Chtimes(filepath.Join(cache, "official-plugins-refused"), yesterday, yesterday); err != nil {
		t.Fatal(err)
	}
	if got, report := prepare(t, folder, cache); got.variable("PULUMI_HOME") != filepath.Join(cache, "homes", "official") {
		t.Errorf("got %v:\n%s", got.Environment, report)
	}
}

func TestACLIThatFitsIsUsed(t *testing.T) {
	for name, test := range map[string]struct {
		version  string
		noHost   bool
		wantPath bool
	}{
		"as new as the SDK":          {version: cliVersion, wantPath: true},
		"newer":                      {version: "v3.260.1", wantPath: true},
		"older":                      {version: "v3.99.0"},
		"no version":                 {version: "''"},
		"without a Go language host": {version: cliVersion, noHost: true},
	} {
		t.Run(name, func(t *testing.T) {
			path := emptyMachine(t)
			installPulumi(t, path, test.version, downloads)
			if test.noHost {
				if err := os.Remove(filepath.Join(path, languageHost)); err != nil {
					t.Fatal(err)
				}
			}
			b, report := testBuilder(t, repository(t))
			got, err := findCLI(t.Context(), b)
			if err != nil {
				t.Fatal(err)
			}
			if (got == filepath.Join(path, "pulumi")) != test.wantPath {
				t.Errorf("got %s:\n%s", got, report)
			}
			if !isProgram(got) || !exists(filepath.Join(filepath.Dir(got), languageHost)) {
				t.Errorf("%s is no CLI with a language host beside it", got)
			}
		})
	}
}
