package toolchain

import (
	"go/version"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

// The versions that count are those in go.mod, of what the program uses. All
// else that names a version has to name the same: .github/renovate.json5 has
// them changed at once.

const root = "../../" // of this repository

func TestBothModulesRequireOneVersion(t *testing.T) {
	program := direct(module(t, root+"go.mod"))
	for path, got := range direct(module(t, root+"local/go.mod")) {
		if want, both := program[path]; both && got != want {
			t.Errorf("of %s, local/go.mod requires %s, and go.mod %s", path, got, want)
		}
	}
}

func TestTheToolchainIsThatOfTheProgram(t *testing.T) {
	want := map[string]string{"github.com/pulumi/pulumi/sdk/v3": cliVersion}
	for _, p := range plugins {
		major, _, _ := strings.Cut(p.version, ".")
		want["github.com/pulumi/pulumi-"+p.name+"/sdk/v"+major] = "v" + p.version
	}
	program := direct(module(t, root+"go.mod"))
	for path, version := range want {
		if got := program[path]; got != version {
			t.Errorf("the program uses %s %s, the toolchain has %s", path, got, version)
		}
	}
	for _, required := range module(t, "pulumi/go.mod").Require {
		if required.Mod.Path == "github.com/pulumi/pulumi/pkg/v3" && required.Mod.Version != cliVersion {
			t.Errorf("the recipe of the CLI has %s, not %s", required.Mod.Version, cliVersion)
		}
	}
}

// A module's replacements count only where it is the main module.
func TestWhatIsBuiltHasTheReplacementsOfItsModule(t *testing.T) {
	for recipe, path := range map[string]string{
		"pulumi":        "github.com/pulumi/pulumi/pkg/v3",
		bridgeTool.name: "github.com/pulumi/pulumi-terraform-bridge/v3",
	} {
		t.Run(recipe, func(t *testing.T) {
			command := exec.Command("go", "list", "-m", "-f", "{{.GoMod}}", path)
			command.Dir = recipe
			output, err := command.Output()
			if err != nil {
				t.Fatal(err)
			}
			got := replacements(module(t, recipe+"/go.mod"))
			want := replacements(module(t, strings.TrimSpace(string(output))))
			if !maps.Equal(got, want) {
				t.Errorf("the recipe replaces %v, and %s %v", got, path, want)
			}
		})
	}
}

func TestAllModulesAreOfOneGo(t *testing.T) {
	want := module(t, root+"go.mod").Go.Version
	for _, path := range []string{"service/go.mod", "local/go.mod"} {
		if got := module(t, root+path).Go.Version; version.Lang("go"+got) != "go"+want {
			t.Errorf("%s has Go %s, go.mod %s", path, got, want)
		}
	}
}

func TestWhatIsWrittenOfVersionsIsSo(t *testing.T) {
	const number = `(\d+\.\d+\.\d+)`
	aws, awsx, docker := pluginVersion(t, "aws"), pluginVersion(t, "awsx"), pluginVersion(t, "docker")
	goVersion := module(t, root+"go.mod").Go.Version
	for _, test := range []struct{ file, pattern, want string }{
		{"Dockerfile", `golang:(\S+)`, goVersion},
		{".devcontainer/Dockerfile", `devcontainers/go:[\d.]+-([\d.]+)-`, goVersion},
		{".devcontainer/Dockerfile", `pulumi/pulumi-go:(\S+)`, strings.TrimPrefix(cliVersion, "v")},
		{"local/README.md", "pulumi-aws " + number, aws},
		{"local/README.md", "awsx " + number, awsx},
		{"local/README.md", "pulumi-docker " + number, docker},
		{"local/README.md", "terraform-provider-aws " + number, providerVersion},
		{"local/plugins/aws/main.go", "pulumi-aws " + number, aws},
		{"local/plugins/aws/main.go", "terraform-provider-aws " + number, providerVersion},
		{"local/plugins/aws/relay.go", `sdkVersion = "(.+)"`, aws},
		{"local/plugins/aws/types.go", "pulumi-aws " + number, aws},
		{"local/plugins/awsx/main.go", `const version = "(.+)"`, awsx},
		{"local/plugins/awsx/main.go", "awsx " + number, awsx},
		{"local/plugins/docker/main.go", `const version = "(.+)"`, docker},
		{"local/plugins/docker/main.go", "docker " + number, docker},
		// Changed by hand alone, once somebody has looked up that it is still so.
		{"local/toolchain/terraform_provider.go", "pulumi-aws " + number + " is built of", aws},
	} {
		t.Run(test.file+" "+test.pattern, func(t *testing.T) {
			found := regexp.MustCompile(test.pattern).FindAllSubmatch(read(t, root+test.file), -1)
			if len(found) == 0 {
				t.Error("there is none in it")
			}
			for _, match := range found {
				if string(match[1]) != test.want {
					t.Errorf("it has %q, not %s", match[0], test.want)
				}
			}
		})
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func module(t *testing.T, path string) *modfile.File {
	t.Helper()
	file, err := modfile.Parse(path, read(t, path), nil)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// direct are the versions of the modules that a module's own packages import.
func direct(file *modfile.File) map[string]string {
	versions := map[string]string{}
	for _, required := range file.Require {
		if !required.Indirect {
			versions[required.Mod.Path] = required.Mod.Version
		}
	}
	return versions
}

// replacements are those by other modules, not by directories beside it.
func replacements(file *modfile.File) map[string]string {
	modules := map[string]string{}
	for _, replace := range file.Replace {
		if replace.New.Version != "" {
			modules[replace.Old.Path] = replace.New.String()
		}
	}
	return modules
}

func pluginVersion(t *testing.T, name string) string {
	t.Helper()
	for _, p := range plugins {
		if p.name == name {
			return p.version
		}
	}
	t.Fatalf("there is no plugin %s", name)
	return ""
}
