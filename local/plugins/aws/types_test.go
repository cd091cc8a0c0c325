package main

import (
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// sdkFolder returns the folder of the Pulumi AWS SDK that the program at the
// top of the repository uses.
func sdkFolder(t *testing.T) string {
	t.Helper()
	command := exec.Command("go", "list", "-m", "-f", "{{.Version}} {{.Dir}}", "github.com/pulumi/pulumi-aws/sdk/v6")
	command.Dir = filepath.Join("..", "..", "..")
	output, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	version, folder, _ := strings.Cut(strings.TrimSpace(string(output)), " ")
	if version != "v"+sdkVersion {
		t.Fatalf("the program uses pulumi-aws %s, this plugin says that it is %s", version, sdkVersion)
	}
	if folder == "" {
		t.Fatal("the module of the SDK is not in the module cache; run: go mod download")
	}
	return filepath.Join(folder, "go", "aws")
}

// sdkTokens returns the tokens that the SDK registers resources or invokes
// functions by.
func sdkTokens(t *testing.T, call string) map[string]bool {
	t.Helper()
	pattern := regexp.MustCompile(call + `\("([^"]+)"`)
	found := map[string]bool{}
	folder := sdkFolder(t)
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(entry.Name(), "pulumiTypes") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, match := range pattern.FindAllStringSubmatch(string(source), -1) {
			found[match[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestEveryTokenOfTheTablesIsOneOfTheSDK(t *testing.T) {
	for _, table := range []struct {
		call   string
		tokens map[string]string
	}{
		{"RegisterResource", resources},
		{"Invoke", functions},
	} {
		known := sdkTokens(t, table.call)
		if len(known) < 100 {
			t.Fatalf("found only %d tokens by %s in the SDK", len(known), table.call)
		}
		for token := range table.tokens {
			if !known[token] {
				t.Errorf("%s is not a token of the SDK", token)
			}
		}
	}
}

func TestDifferencesAreOfTypesInTheTables(t *testing.T) {
	relayed := func(table map[string]string) map[string]bool {
		types := map[string]bool{}
		for typ := range maps.Values(table) {
			types[typ] = true
		}
		return types
	}
	for typ := range resourceProperties {
		if !relayed(resources)[typ] {
			t.Errorf("resourceProperties has %s, resources has not", typ)
		}
	}
	for typ := range autonames {
		if !relayed(resources)[typ] {
			t.Errorf("autonames has %s, resources has not", typ)
		}
	}
	for typ := range deletedBeforeReplaced {
		if !relayed(resources)[typ] {
			t.Errorf("deletedBeforeReplaced has %s, resources has not", typ)
		}
	}
	for typ := range functionProperties {
		if !relayed(functions)[typ] {
			t.Errorf("functionProperties has %s, functions has not", typ)
		}
	}
}
