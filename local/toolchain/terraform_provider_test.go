package toolchain

import (
	"archive/zip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const programName = providerName + "_v" + providerVersion + "_x5"

// unpackedMirror puts a provider into a mirror folder and returns its path.
func unpackedMirror(t *testing.T, root string) string {
	t.Helper()
	return script(t, root, filepath.Join(providerAddress, providerVersion, platform(), programName), "")
}

func packedMirror(t *testing.T, root string) {
	t.Helper()
	path := filepath.Join(root, providerAddress, providerName+"_"+providerVersion+"_"+platform()+".zip")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	archive := zip.NewWriter(file)
	for name, content := range map[string]string{"LICENSE.txt": "free", programName: "#!/bin/sh\necho provider\n"} {
		entry, err := archive.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := entry.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestTheTerraformProviderIsLookedForInOrder puts one provider more in each
// step, from the last place to the first, and each time expects the new one.
func TestTheTerraformProviderIsLookedForInOrder(t *testing.T) {
	emptyMachine(t)
	b, _ := testBuilder(t, repository(t))
	home := os.Getenv("HOME")
	configured, cached, ownData := t.TempDir(), t.TempDir(), t.TempDir()
	write(t, home, ".terraformrc", "plugin_cache_dir = \"/nonexistent\"\nprovider_installation {\n  filesystem_mirror {\n    path    = \""+configured+"\"\n    include = [\"*/*\"]\n  }\n  direct {}\n}\n")
	t.Setenv("TF_PLUGIN_CACHE_DIR", cached)
	t.Setenv("XDG_DATA_HOME", ownData)
	for _, place := range []struct{ name, root string }{
		{"optional software", filepath.Join(optionalSoftware, "mirror")},
		{"data of all users", filepath.Join(os.Getenv("XDG_DATA_DIRS"), "terraform", "plugins")},
		{"data of the user", filepath.Join(ownData, "terraform", "plugins")},
		{"the plugin cache at its usual place", filepath.Join(home, ".terraform.d", "plugin-cache")},
		{"the plugins of the user", filepath.Join(home, ".terraform.d", "plugins")},
		{"a mirror in the configuration", configured},
		{"the plugin cache of the environment", cached},
		{"what an earlier run has unpacked", filepath.Join(b.Cache, "terraform-providers")},
	} {
		want := unpackedMirror(t, place.root)
		got, err := findTerraformProvider(t.Context(), b)
		if err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", place.name, got, err, want)
		}
	}
	own := script(t, t.TempDir(), "terraform-provider-aws", "")
	t.Setenv(providerVariable, own)
	if got, err := findTerraformProvider(t.Context(), b); err != nil || got != own {
		t.Errorf("the environment's: got %s, %v, want %s", got, err, own)
	}
}

func TestAnotherVersionOrPlatformIsNotTaken(t *testing.T) {
	emptyMachine(t)
	b, _ := testBuilder(t, repository(t))
	root := filepath.Join(optionalSoftware, "mirror", providerAddress)
	script(t, root, "5.99.0/"+platform()+"/"+programName, "")
	script(t, root, providerVersion+"/plan9_mips/"+programName, "")
	write(t, root, providerVersion+"/"+platform()+"/"+programName+".txt", "not a program")
	if got, err := findTerraformProvider(t.Context(), b); err == nil {
		t.Errorf("took %s", got)
	}
}

func TestAPackedProviderIsUnpackedOnce(t *testing.T) {
	emptyMachine(t)
	b, report := testBuilder(t, repository(t))
	packedMirror(t, filepath.Join(optionalSoftware, "mirror"))
	want := filepath.Join(b.Cache, "terraform-providers", providerAddress, providerVersion, platform(), programName)
	for range 2 {
		got, err := findTerraformProvider(t.Context(), b)
		if err != nil || got != want || !isProgram(got) {
			t.Fatalf("got %s, %v, want the program %s", got, err, want)
		}
	}
	if unpacked := strings.Count(report.String(), "✓ unpacking"); unpacked != 1 {
		t.Errorf("unpacked %d times", unpacked)
	}
}

func TestTerraformDownloadsTheProvider(t *testing.T) {
	path := emptyMachine(t)
	b, report := testBuilder(t, repository(t))
	downloads := t.TempDir()
	packedMirror(t, downloads)
	script(t, path, "terraform", `grep -q '"`+providerVersion+`"' main.tf || exit 3
[ "$1 $2 $3" = "providers mirror -platform=`+platform()+`" ] || exit 4
mkdir -p "$4" && cp -r "`+downloads+`/." "$4"`)
	got, err := findTerraformProvider(t.Context(), b)
	if err != nil || !isProgram(got) {
		t.Fatalf("got %s, %v", got, err)
	}
	if !strings.Contains(report.String(), "✓ downloading the Terraform AWS provider") {
		t.Errorf("reported\n%s", report)
	}
}

func TestAProviderThatIsNowhereIsSaidInOneLine(t *testing.T) {
	for name, test := range map[string]struct {
		arrange func(t *testing.T, path string)
		want    string
	}{
		"no terraform": {func(*testing.T, string) {}, "no terraform on PATH"},
		"terraform can't download it": {func(t *testing.T, path string) {
			script(t, path, "terraform", "echo 'Error: no\n\ncould not connect' >&2; exit 1")
		}, "Error: no could not connect"},
		"terraform leaves none": {func(t *testing.T, path string) { script(t, path, "terraform", "") }, "terraform left none"},
		"the environment's is none": {func(t *testing.T, path string) {
			t.Setenv(providerVariable, "/nonexistent/provider")
		}, "/nonexistent/provider, which is no program"},
	} {
		t.Run(name, func(t *testing.T) {
			path := emptyMachine(t)
			b, _ := testBuilder(t, repository(t))
			test.arrange(t, path)
			_, err := findTerraformProvider(t.Context(), b)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), providerVariable) {
				t.Fatalf("got %v, want an error with %q", err, test.want)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("the error has more than one line: %v", err)
			}
		})
	}
}

func TestTerraformsConfigurationIsRead(t *testing.T) {
	for name, test := range map[string]struct {
		configuration string
		want          string
	}{
		"none":                    {"", ""},
		"a plugin cache":          {`plugin_cache_dir = "/a"`, "/a"},
		"with a variable":         {`plugin_cache_dir = "$MIRROR_ROOT/a"`, "/srv/a"},
		"two mirrors":             {"provider_installation {\n filesystem_mirror {\n path = \"/b\"\n }\n filesystem_mirror {\n path = \"/c\"\n }\n}", "/b /c"},
		"a mirror of the network": {"provider_installation {\n network_mirror {\n url = \"https://example.com/\"\n }\n}", ""},
		"other settings":          {"disable_checkpoint = true\ncredentials \"example.com\" {\n token = \"t\"\n}\nplugin_cache_dir = \"/a\"", "/a"},
		"nonsense":                {"}{", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("MIRROR_ROOT", "/srv")
			path := write(t, t.TempDir(), "terraform.rc", test.configuration)
			if got := strings.Join(configuredMirrors(path), " "); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	if got := configuredMirrors(filepath.Join(t.TempDir(), "missing")); got != nil {
		t.Errorf("a missing file has mirrors %v", got)
	}
}
